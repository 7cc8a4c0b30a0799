# Alooba assessments for Greenhouse: a recruiter presses Send Test in the Alooba stage, and reads the score in the interview kit.
# Greenhouse's webhooks and Harvest are optional: without the ones nothing is mirrored, without the other no field is set.

pairing "alooba-greenhouse" {
  ats    = ats.greenhouse
  vendor = vendor.alooba

  # Each assessment in Alooba can be chosen for the stage.
  on requested {
    invite { assessment = event.assessment }
  }

  # The interview kit shows the score and View Report once all marking is done.
  on completed {
    report {
      score = result.score
      url   = result.url
    }
  }

  # Rests until Harvest is connected: scores as custom fields, to filter candidates by.
  on completed {
    fields {
      values = merge(
        { "Alooba score" = result.score },
        { for t in result.tests : "Alooba test: ${t.name}" => t.score },
        { for s in result.skills : "Alooba skill: ${s.name}" => s.score },
      )
    }
  }

  mirror {
    outcomes       = [hired, unhired, rejected, unrejected]
    deletions      = true
    anonymizations = true
  }
}
