# Tests by Hired Assessments for Lever: each trigger stage has its default test, and a tag that is a test's name overrides it.

pairing "hired-lever" {
  ats    = ats.lever
  vendor = vendor.hired

  locals {
    tests = { # trigger stage = its default test, or null
      "Phone Screen" = "General Programming"
      "Take-home"    = null
    }
    pass = 80 # null: no threshold
    fail = 40

    # The candidate's own tags count before those that the posting hands down.
    own   = [for t in application.own_tags : t if contains(assessments, t)]
    role  = [for t in posting.tags : t if contains(assessments, t)]
    named = length(local.own) > 0 ? local.own : local.role
    test  = coalesce(first(local.named), lookup(local.tests, application.stage, null))
  }

  assert "the fail threshold lies below the pass threshold" {
    holds = local.pass == null || local.fail == null || local.fail < local.pass
  }

  guard "confidential candidate" { deny = application.confidential }
  guard "several tests" {
    deny = length(local.named) > 1
    fail = "No test sent: several tags name tests: ${join(", ", local.named)}."
  }
  guard "no test" {
    deny = local.test == null
    fail = "No test sent: stage ${application.stage} has no default test and no tag names one."
  }

  on moved {
    to = keys(local.tests)
    invite { assessment = local.test }
  }

  tags "status" {
    failed    = "Hired Assessments - Error"
    invited   = "Hired Assessments - Sent"
    started   = "Hired Assessments - In Progress"
    submitted = "Hired Assessments - Needs Review"
    scored = (
      !result.final || result.score == null ? null :
      local.pass != null && result.score >= local.pass ? "Hired Assessments - Pass" :
      local.fail != null && result.score <= local.fail ? "Hired Assessments - Fail" :
      null
    )
    expired   = []
    cancelled = []
  }

  # Among what fails are the two guards above: the note says which.
  on failed {
    note { text = event.detail }
  }
  on scored {
    link {
      title = "Hired Assessments report"
      url   = result.url
    }
  }
}
