pairing "tests" {
  ats    = ats.lever
  vendor = vendor.hired

  locals {
    tests = {
      "Phone Screen" = "General Programming"
      "Take-home"    = null
    }
    own   = [for t in application.own_tags : t if contains(assessments, t)]
    role  = [for t in posting.tags : t if contains(assessments, t)]
    named = length(local.own) > 0 ? local.own : local.role
    test  = coalesce(first(local.named), lookup(local.tests, application.stage, null))
  }

  guard "several tests" {
    deny = length(local.named) > 1
    fail = "No test sent: several tags name tests: ${join(", ", local.named)}."
  }
  guard "no test" {
    deny = event.kind == "moved" && local.test == null
    fail = "No test sent: stage ${application.stage} has no default test and no tag names one."
  }
  guard "agency" {
    deny = application.origin == "agency"
  }

  on moved {
    to = keys(local.tests)
    invite { assessment = local.test }
  }
  on applied {
    invite { assessment = after("Assessment - ", posting.tags) }
  }

  tags "status" {
    failed  = "Error"
    invited = ["Sent", "Sent to ${candidate.name}"]
  }
  tags "assessment" {
    invited = "Assessment - ${invitation.assessment}"
  }

  on failed {
    note { text = event.detail }
  }
  on completed {
    note "score" {
      text  = "Done"
      score = result.score == null ? null : min(4, floor(result.score / 25) + 1)
    }
    note "passed" {
      text = result.score == null ? null : result.score >= coalesce(invitation.passing_score, 50) ? "passed" : "failed"
    }
  }
  on completed {
    when = result.url != null
    link { url = result.url }
  }
}
