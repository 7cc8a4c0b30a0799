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
  on anonymized { # ERROR: PB213 Unknown event: No rule can wait for "anonymized". What follows it is said in mirror.
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
    invite {} # ERROR: PB201 Unsupported block type: Blocks of type "invite" are not expected here. Known here: alert, feedback, fields, file, link, move, note, report.
  }
  on scored {
    feedback { # ERROR: PB203 Missing required argument: The argument "template" is required
      score = result.points
    }
    feedback "typed" {
      template = "T"
      score    = result.summary # ERROR: PB309 Wrong type: A number is needed here; this is string.
      rating   = 5 # ERROR: PB309 Wrong type: It must be 1, 2, 3 or 4.
      text     = result.tests # ERROR: PB309 Wrong type: A text is needed here; this is list of object.
    }
    feedback "template" {
      template = result.summary # ERROR: PB310 Not known at load: template must be known when the file is read, so it may not read result.
    }
    feedback "no template" {
      template = null # ERROR: PB217 Missing value: template must not be null.
    }
    feedback "rated" {
      template = "T"
      rating   = rating(result.summary, invitation.passing_score) # ERROR: PB312 Invalid function argument: a number is required
    }
    file { # ERROR: PB203 Missing required argument: The argument "from" is required
      name = "report.pdf"
    }
    file {
      name = ["report.pdf"] # ERROR: PB309 Wrong type: A text is needed here; this is tuple.
      from = "report_pdf"
    }
    file "labelled" { # ERROR: PB205 Extraneous label for file
      name = "report.pdf"
      from = "report_pdf"
    }
    fields {
      values = result.score # ERROR: PB309 Wrong type: A map of texts and numbers is needed here; this is number.
    }
    fields {
      values = { "Tests" = result.tests } # ERROR: PB309 Wrong type: in this one is list of object.
    }
    fields {
      values = { for t in result.tests : "test" => t.score } # ERROR: PB326 Duplicate object key
    }
    report {
      scores = result.score # ERROR: PB202 Unsupported argument: Did you mean "score"?
    }
    report {
      score = result.final # ERROR: PB309 Wrong type: A number is needed here; this is bool.
      url   = result.url
    }
    alert {} # ERROR: PB203 Missing required argument: The argument "text" is required
    alert { text = "again" } # ERROR: PB209 Duplicate block: tell them apart by labels: alert "why" { … }.
    alert "attempt" { text = "${candidate.name} has ${invitation.url} and ${result.url}" } # ERROR: PB311 Invalid template interpolation value: That is so when result.url is null.
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
      score = 5 # ERROR: PB309 Wrong type: It must be 1, 2, 3 or 4.
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
    anonymizations = "no" # ERROR: PB309 Wrong type: A condition must be true or false; this is string.
    anonymisations = true # ERROR: PB202 Unsupported argument: Known here: anonymizations, deletions, outcomes, postings.
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

# Of whom a test is requested for, the ATS may tell the candidate alone.
pairing "requests" {
  ats    = ats.lever
  vendor = vendor.alva

  guard "confidential" { deny = application.confidential } # ERROR: PB303 Not on this event: On "requested" there is no application.
  on requested {
    when = contains(posting.tags, "x") # ERROR: PB303 Not on this event: On "requested" there is no posting.
    invite { assessment = event.assessment }
  }
  on requested {
    invite {} # ERROR: PB203 Missing required argument: assessment = event.assessment.
  }
  on requested {
    when = event.tag == "x" # ERROR: PB303 Not on this event: On "requested" the event has no tag. It has one on found.
    invite { assessment = event.assessment }
  }
  on completed {
    note { text = "${candidate.name} in ${application.stage}" } # ERROR: PB303 Not on this event: On "completed" there is no application. Of whom a test is requested for, no more may be known than the candidate.
  }
}
