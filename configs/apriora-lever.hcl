# Interviews by Alex, Apriora's AI interviewer, for Lever.

pairing "apriora-lever" {
  ats    = ats.lever
  vendor = vendor.apriora

  locals {
    trigger_stage   = "On-site Interview"
    application_tag = "Alex - On Application" # of a posting: whoever applies is invited
  }

  guard "confidential candidate" { deny = application.confidential }

  # Alex makes the interview from the posting's title, description and salary.
  on moved {
    to = local.trigger_stage
    invite {}
  }
  on applied {
    when = tagged(local.application_tag, posting.tags)
    invite {}
  }

  tags "status" {
    invited   = "Alex - Invite Sent"
    failed    = "Alex - Invite Failed"
    submitted = "Alex - Interview Complete"
    expired   = []
    cancelled = []
  }

  on failed {
    note { text = "Alex could not send the interview invitation: ${event.detail}" }
  }

  # The note's own score: 4 from 75, 3 from 50, 2 from 25, else 1.
  on completed {
    note {
      score = result.score == null ? null : min(4, floor(result.score / 25) + 1)
      text  = <<-EOT
        Alex's score: ${result.score == null ? "none" : result.score} of 100
        ${result.summary}
        Full report: ${result.url == null ? "not available" : result.url}
      EOT
    }
    file {
      name = "Alex interview report.pdf"
      from = "report_pdf"
    }
  }

  mirror {
    deletions = true
  }
}
