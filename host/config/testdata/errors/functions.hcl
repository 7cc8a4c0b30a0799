# Functions of the file's own.

ats "lever" {}
vendor "alva" {}

function "twice" {
  params = [text]
  result = "${text}${text}"
}
function "twice" { # ERROR: PB208 Duplicate name: Another function "twice" stands at
  params = [text]
  result = text
}
function "lower" { # ERROR: PB208 Duplicate name: There is a function "lower" already.
  params = [text]
  result = text
}
function "a b" { # ERROR: PB210 Invalid name: A function's name is letters, digits
  params = []
  result = 1
}
function "itself" {
  params = [n]
  result = n == 0 ? 0 : itself(n - 1) # ERROR: PB308 Unknown function: There is no function "itself".
}
function "outside" {
  params = [stage]
  result = stage == aplication.stage # ERROR: PB301 Unknown variable: A function reads its parameters alone. Known here: stage.
}
function "misspelt" {
  params = [list]
  result = lst # ERROR: PB301 Unknown variable: A function reads its parameters alone. Did you mean "list"?
}
function "quoted" {
  params = ["text"] # ERROR: PB210 Invalid name: A parameter is a name without quotes, and each another.
  result = 1
}
function "named twice" { # ERROR: PB210 Invalid name
  params = []
  result = 1
}
function "doubled" {
  params = [a, a] # ERROR: PB210 Invalid name: A parameter
  result = a
}
function "listed" {
  params = text # ERROR: PB100
  result = 1
}
function "wrong" {
  params = [on]
  result = on ? lower("a", "b") : "x" # ERROR: PB314 Too many function arguments
}
function "arms" {
  params = [on, score]
  result = on ? score + 1 : 0
}
function "guarded" {
  params = [on, score]
  result = on && score != null ? score + 1 : 0
}
function "unfinished" { # ERROR: PB203 Missing required argument: The argument "result" is required
  params = [text]
}

pairing "calls" {
  ats    = ats.lever
  vendor = vendor.alva

  function "thrice" {
    params = [text]
    result = join("", [twice(text), text])
  }
  function "twice" { # ERROR: PB208 Duplicate name: There is a function "twice" already.
    params = []
    result = 1
  }

  on scored {
    note "sound" { text = thrice(result.summary) }
    note "null" { text = twice(result.url) } # ERROR: PB315 Error in function call: main.hcl:8: Invalid template interpolation value. That is so when result.url is null.
    note "arms" { text = arms(result.final, result.score) } # ERROR: PB315 Error in function call: Operation failed. That is so when result.score is null.
    note "guarded" { text = guarded(result.final, result.score) }
    note "type" { text = arms(result.final, result.tests) } # ERROR: PB315 Error in function call: Invalid operand
    note "few" { text = twice() } # ERROR: PB313 Not enough function arguments
    note "misspelt" { text = twise(result.summary) } # ERROR: PB308 Unknown function: There is no function "twise". Did you mean "twice"?
  }
}
pairing "does not call" {
  ats    = ats.lever
  vendor = vendor.alva
  on scored {
    note { text = thrice(result.summary) } # ERROR: PB308 Unknown function: There is no function "thrice".
  }
}
