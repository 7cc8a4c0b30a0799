# Expressions, on every event where they are evaluated, with everything that may be null.

ats "lever" {}
vendor "alva" {}

pairing "names" {
  ats    = ats.lever
  vendor = vendor.alva

  locals {
    twice  = "x"
    round  = local.about
    about  = local.round # ERROR: PB305 Locals in a circle: local.round reads itself.
    unused = application.tgas
    later  = application.tgas # ERROR: PB302 Unknown attribute: application has no attribute "tgas". Did you mean "tags"?
    broken = lower(posting) # ERROR: PB312 Invalid function argument
  }
  locals {
    twice = "y" # ERROR: PB208 Duplicate name: Another local "twice" stands at
  }

  on applied {
    when = contains(posting.tagz, "x") # ERROR: PB302 Unknown attribute: posting has no attribute "tagz". Did you mean "tags"?
    invite {}
  }
  on applied {
    when = candidat.name == "x" # ERROR: PB301 Unknown variable: There is no variable "candidat". Did you mean "candidate"?
    invite {}
  }
  on applied {
    when = result.final # ERROR: PB303 Not on this event: On "applied" there is no result. It is there on completed, scored.
    invite {}
  }
  on applied {
    when = event.tag == "x" # ERROR: PB303 Not on this event: On "applied" the event has no tag. It has one on found.
    invite {}
  }
  on applied {
    when = local.twise == local.twice # ERROR: PB304 Unknown local: There is no local "twise". Did you mean "twice"?
    invite {}
  }
  on applied {
    when = length(local) > 1 # ERROR: PB304 Unknown local: Name one of the locals
    invite {}
  }
  on applied {
    when = taged("x", posting.tags) # ERROR: PB308 Unknown function: There is no function "taged". Did you mean "tagged"?
    invite {}
  }
  on applied {
    when = local.round == "x"
    invite { assessment = local.broken }
  }
  on applied {
    when = contains(local.later, "x")
    invite {}
  }
}

pairing "types" {
  ats    = ats.lever
  vendor = vendor.alva

  guard "not a condition" { deny = application.stage } # ERROR: PB309 Wrong type: A condition must be true or false; this is string.
  guard "null" { deny = null } # ERROR: PB309 Wrong type: A condition must be true or false; this is null.
  guard "may be null" { deny = candidate.email == null ? null : true } # ERROR: PB309 Wrong type: this is null. That is so when candidate.email is null.
  guard "only found has a tag" { deny = event.tag == "x" } # ERROR: PB303 Not on this event: On "applied" the event has no tag.

  on applied {
    when = tagged(posting.tags) # ERROR: PB313 Not enough function arguments
    invite {}
  }
  on applied {
    when = tagged("a", "b") # ERROR: PB312 Invalid function argument
    invite {}
  }
  on applied {
    when = posting.tags[0] == "x" # ERROR: PB322 Invalid index: That is so when lists are empty.
    invite {}
  }
  on applied {
    when = lower(candidate.email) == "x" # ERROR: PB312 Invalid function argument: argument must not be null. That is so when candidate.email is null.
    invite {}
  }
  on applied {
    when = application.active && posting.name.first == "x" # ERROR: PB321 Unsupported attribute
    invite {}
  }
  on applied {
    when = contains([for t in posting.tags : t.name], "x") # ERROR: PB321 Unsupported attribute
    invite {}
  }
  on applied {
    when = application.active ? lower(posting.tags) == "x" : true # ERROR: PB312 Invalid function argument
    invite {}
  }
  on applied {
    when = application.active || 1 # ERROR: PB316 Invalid operand
    invite { assessment = { a = "b" } } # ERROR: PB309 Wrong type: A text or a list of texts is needed here; this is object.
  }
  on failed {
    note { text = "See ${invitation.url}" } # ERROR: PB311 Invalid template interpolation value: That is so when invitation.url is null.
  }
  on invited {
    note { text = "Sent: ${invitation.assessment}" } # ERROR: PB311 Invalid template interpolation value: That is so when invitation.assessment is null.
  }
  on bounced {
    note { text = posting } # ERROR: PB309 Wrong type: A text is needed here; this is object.
  }
  on scored {
    note "null" { text = "${null}" } # ERROR: PB311 Invalid template interpolation value: What stands in ${…} is null.
    note "score" { text = "Score ${result.score}" } # ERROR: PB311 Invalid template interpolation value: That is so when result.score is null.
    note "within" { text = join(", ", [for t in result.tests : "${t.name}: ${t.score}"]) } # ERROR: PB311 Invalid template interpolation value: That is so when result.tests.score is null.
    note "within for" { text = join(", ", [for t in result.tests : t.nam]) } # ERROR: PB321 Unsupported attribute: "nam"
    note "if" { text = "%{if result.score > 50}good%{endif}" } # ERROR: PB317 Operation failed: argument must not be null
    note "arms" { text = result.final ? "a" : ["b"] } # ERROR: PB320 Inconsistent conditional result types
    note "guarded" { text = result.score == null ? "none" : "${result.score} of ${result.max == null ? 100 : result.max}" }
  }
  tags "fit" {
    scored    = result.score >= 50 ? "good" : "bad" # ERROR: PB317 Operation failed: That is so when result.score is null.
    completed = result.final ? "done" : null
    started   = result.final ? "x" : null # ERROR: PB303 Not on this event: On "started" there is no result.
  }
}

pairing "folder's" {
  ats    = ats.lever
  vendor = vendor.alva
  guard "its own" { deny = contains(local.blocked, application.origin) }
  on applied {
    when = application.origin == env("PATCHBAY_TEST_UNSET") # ERROR: PB403 Environment variable not set: PATCHBAY_TEST_UNSET is not set
    invite {}
  }
  on applied {
    when = env(application.origin) == "x" # ERROR: PB312 Invalid function argument: the name must be known when the file is read
    invite {}
  }
  on applied {
    when = file("missing.txt") == "x" # ERROR: PB315 Error in function call: there is no file
    invite {}
  }
}

locals {
  blocked = ["sourced"]
}
guard "of the folder" {
  deny = aplication.confidential # ERROR: PB301 Unknown variable: There is no variable "aplication". Did you mean "application"?
}
