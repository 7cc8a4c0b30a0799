# Blocks and arguments. ERROR and WARNING stand at the end of the line that the diagnostic points at.

ats "lever" {}
vendor "alva" {}

ats "lever" {} # ERROR: PB208 Duplicate name: Another ats "lever" stands at
vendor "Alva Labs" {} # ERROR: PB210 Invalid name: A connection's name is small letters, digits and _
ats "eu" {
  plugin = "../lever" # ERROR: PB210 Invalid name: A plugin's name
  rate   = 0 # ERROR: PB405 Invalid rate: more than 0
}
ats "us" {
  rate = "fast" # ERROR: PB309 Wrong type: rate is a number.
  timeout = "soon" # ERROR: PB408 Invalid duration: timeout is a length of time
  settle = "1h" # ERROR: PB408 Invalid duration: of at most "5m"
  webhook { # ERROR: PB206 Unexpected "webhook" block
  }
}
ats "se" {
  plugin = local.x # ERROR: Variables not allowed
}

pairing "frame" { # ERROR: PB203 Missing required argument: The argument "vendor" is required
  ats  = ats.levr # ERROR: PB212 Unknown connection: There is no block ats "levr". Did you mean "lever"?
  mode = "live" # ERROR: PB214 Unknown word: mode is a word without quotes: live, shadow, off.
  stage = "x" # ERROR: PB202 Unsupported argument: An argument named "stage" is not expected here
}
pairing "modes" {
  ats    = "lever" # ERROR: PB211 Not a connection: Name a connection here: ats.NAME, without quotes.
  vendor = ats.lever # ERROR: PB211 Not a connection: vendor.NAME
  mode   = rehearsal # ERROR: PB214 Unknown word: "rehearsal" is no mode known here. Known here: live, shadow, off.
}
pairing "later" {
  ats    = ats.lever
  vendor = vendor.alva

  limits { # ERROR: PB201 Unsupported block type: Did you mean "limit"?
  }
  retry { # ERROR: PB201 Unsupported block type: Known here: assert, function, guard, limit, locals, mirror, moved, on, tags.
  }
  gard "x" { # ERROR: PB201 Unsupported block type: Did you mean "guard"?
    deny = true
  }
  guard { # ERROR: PB204 Missing why for guard
    deny = true
  }
  guard "x" "y" { # ERROR: PB205 Extraneous label for guard
    deny = true
  }
  guard "no deny" { # ERROR: PB203 Missing required argument: The argument "deny" is required
  }
}

locals { most = 100 }

pairing "asserted" {
  ats    = ats.lever
  vendor = vendor.alva

  locals {
    pass = 80
    fail = null
  }
  assert "fail lies below pass" { holds = local.fail == null || local.fail < local.pass }
  assert "pass can be reached" {
    holds = local.pass <= local.most
  }
  assert "fail is set" {
    holds = local.fail != null # ERROR: PB218 Assertion fails: It does not hold that fail is set.
  }
  assert "it is null" {
    holds = local.fail == null ? null : true # ERROR: PB309 Wrong type: A condition must be true or false; this is null.
  }
  assert "it is a number" {
    holds = local.pass # ERROR: PB309 Wrong type: this is number.
  }
  assert "it is an event's" {
    holds = application.active # ERROR: PB310 Not known at load: holds must be known when the file is read, so it may not read application.
  }
  assert "it compares with null" {
    holds = local.fail < local.pass # ERROR: PB317 Operation failed: argument must not be null
  }
  assert "it holds nothing" { # ERROR: PB203 Missing required argument: The argument "holds" is required
  }
  assert { # ERROR: PB204 Missing sentence for assert
    holds = true
  }
}

pairing "limited" {
  ats    = ats.lever
  vendor = vendor.alva
  limit {
    per_hour = 1.5 # ERROR: PB220 Invalid limit: per_hour is how many invitations are sent an hour: a whole number from 1
  }
  limit { # ERROR: PB209 Duplicate block: A pairing has one limit
    per_hour = 20
  }
}
pairing "limited to nothing" {
  ats    = ats.lever
  vendor = vendor.alva
  limit {
    per_hour = 0 # ERROR: PB220 Invalid limit
  }
}
pairing "limited by a word" {
  ats    = ats.lever
  vendor = vendor.alva
  limit {
    per_hour = "many" # ERROR: PB309 Wrong type: A number is needed here; this is string.
  }
}

pairing "renamed" {
  ats    = ats.lever
  vendor = vendor.alva

  moved {
    from = pairing.first
    to   = pairing.second
  }
  moved {
    from = pairing.second
    to   = pairing.renamed
  }
  moved { # ERROR: PB219 Not a rename: pairing "limited" is still there.
    from = pairing.limited
    to   = pairing.third
  }
  moved {
    from = note["why not"]
    to   = note.failed
  }
  moved { # ERROR: PB209 Duplicate block: It was told already what became of it, at
    from = note["why not"]
    to   = note.other
  }
  moved { # ERROR: PB219 Not a rename: note "failed" is still there.
    from = note.failed
    to   = note.bounced
  }
  moved { # ERROR: PB219 Not a rename: It leads to no feedback that is here: "result".
    from = feedback.score
    to   = feedback.result
  }
  moved { # ERROR: PB219 Not a rename: A note cannot become a feedback.
    from = note.score
    to   = feedback.score
  }
  moved {
    from = "score" # ERROR: PB219 Not a rename: Name a pairing or a slot here, without quotes: WHAT.NAME, where WHAT is one of pairing, note, feedback, alert.
    to   = link.score # ERROR: PB219 Not a rename: WHAT.NAME
  }
  on failed {
    note { text = "x" }
  }
  on bounced {
    note { text = "x" }
  }
}
