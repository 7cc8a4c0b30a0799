# Rules, groups and mirror.

ats "lever" {}
vendor "alva" {}

pairing "events" {
  ats    = ats.lever
  vendor = vendor.alva

  locals { only = "Assessment" }
  on aplied { # ERROR: PB213 Unknown event: No rule can wait for "aplied". Did you mean "applied"?
    when = application.stage == local.only
    invite {}
  }
  on hired { # ERROR: PB213 Unknown event: No rule can wait for "hired". What follows it is said in mirror.
    invite {}
  }
  on requested { # ERROR: PB213 Unknown event: No rule can wait for "requested".
    invite {}
  }
  on applied { # ERROR: PB215 Nothing to do: This rule has no action that is known here: invite.
  }
  on applied {
    invit {} # ERROR: PB201 Unsupported block type: Did you mean "invite"?
  }
  on applied {
    to = "x" # ERROR: PB202 Unsupported argument: An argument named "to" is not expected here
    invite {}
  }
  on moved { # ERROR: PB203 Missing required argument: The argument "to" is required
    invite {}
  }
  on moved {
    to = [] # ERROR: PB217 Missing value: to names no stage.
    invite {}
  }
  on moved {
    to = application.stage # ERROR: PB310 Not known at load: to must be known when the file is read, so it may not read application.
    invite {}
  }
  on moved {
    to = null # ERROR: PB217 Missing value: to must not be null.
    invite {}
  }
  on found {
    tag   = " " # ERROR: PB217 Missing value: tag is empty.
    every = "hourly" # ERROR: PB216 Not a duration: every is a time of at least 1m0s
    invite {}
  }
  on found {
    tag   = ["a"] # ERROR: PB309 Wrong type: A text is needed here; this is tuple.
    every = "1s" # ERROR: PB216 Not a duration
    invite {}
  }
  on applied {
    note { # ERROR: PB201 Unsupported block type: Blocks of type "note" are not expected here. Known here: invite.
      text = "x"
    }
  }
  on invited {
    invite {} # ERROR: PB201 Unsupported block type: Blocks of type "invite" are not expected here. Known here: link, move, note.
  }
  on scored {
    feedback { # ERROR: PB201 Unsupported block type: Blocks of type "feedback" are not expected here
      score = 1
    }
    file {} # ERROR: PB201 Unsupported block type
    fields {} # ERROR: PB201 Unsupported block type
    report {} # ERROR: PB201 Unsupported block type
    alert {} # ERROR: PB201 Unsupported block type
    lnk {} # ERROR: PB201 Unsupported block type: Did you mean "link"?
  }
  on failed {
    note { text = "one" }
    note { text = "two" } # ERROR: PB209 Duplicate block: tell them apart by labels: note "why" { … }.
  }
  on failed {
    note { text = "three" } # ERROR: PB209 Duplicate block: Another note of this event stands at
    note "other" { text = "four" }
  }
  on applied {
    invite { assessment = "a" }
    invite { assessment = "b" } # ERROR: PB209 Duplicate block: name several assessments in a list.
  }
  on bounced {
    link { title = "x" } # ERROR: PB203 Missing required argument: The argument "url" is required
    note {
      text  = "x"
      score = 5 # ERROR: PB309 Wrong type: A score is 1, 2, 3 or 4.
    }
  }
}

pairing "groups" {
  ats    = ats.lever
  vendor = vendor.alva

  tags "status" {
    invitd = "x" # ERROR: PB213 Unknown event: No invitation is ever "invitd". Did you mean "invited"?
    moved  = "x" # ERROR: PB213 Unknown event: No invitation is ever "moved".
    failed = { a = "b" } # ERROR: PB309 Wrong type: A text or a list of texts is needed here; this is object.
  }
  tags "status" { # ERROR: PB208 Duplicate name: Another group "status" stands at
    invited = "x"
  }
  tags "empty" { # ERROR: PB215 Nothing to do: This group has no tags.
  }
  guard "a" { deny = false }
  guard "a" { deny = false } # ERROR: PB208 Duplicate name: Another guard "a" stands at
  mirror {
    postings  = "24" # ERROR: PB216 Not a duration
    outcomes  = [hired, fired] # ERROR: PB214 Unknown word: "fired" is no outcome known here. Did you mean "hired"?
    deletions = "yes" # ERROR: PB309 Wrong type: A condition must be true or false; this is string.
    anonymizations = true # ERROR: PB202 Unsupported argument
  }
  mirror { # ERROR: PB209 Duplicate block: A pairing has one mirror
    outcomes = hired
  }
}
pairing "outcomes" {
  ats    = ats.lever
  vendor = vendor.alva
  mirror {
    outcomes = "hired" # ERROR: PB309 Wrong type: outcomes is a list of events
  }
}
