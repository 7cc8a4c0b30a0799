# Alooba assessments for Lever: whoever applies is invited at once; the posting's tags name the assessments.

pairing "alooba-lever" {
  ats    = ats.lever
  vendor = vendor.alooba

  locals {
    assessment_tag = "Alooba Assessment - " # "Alooba Assessment - Data Analyst" sends the assessment named exactly "Data Analyst"
    template       = "Alooba Assessment"    # the feedback form in Lever; it is made when it is missing
  }

  guard "confidential candidate" { deny = application.confidential }

  on applied {
    invite { assessment = after(local.assessment_tag, posting.tags) }
  }

  # A name that no assessment has invites nobody. Alooba mails its account's owner.
  on failed {
    when = event.reason == "unknown_assessment"
    alert { text = "${candidate.name} was not invited: ${event.detail}" }
  }

  tags "status" {
    invited   = "Alooba - Invited"
    started   = "Alooba - In Progress"
    submitted = "Alooba - Completed"
    expired   = []
    cancelled = []
  }
  tags "assessment" {
    invited = "${local.assessment_tag}${invitation.assessment}"
  }

  on invited {
    link {
      title = "Alooba"
      url   = invitation.url
    }
  }

  # A partial score is shown when it comes, the final one again once marking is done.
  on scored {
    feedback {
      template = local.template
      score    = result.score
      rating   = rating(result.score, invitation.passing_score) # 3 and 4 passed
      text     = result.final ? "Final score" : "Partial score: some answers are still being evaluated"
    }
  }
}
