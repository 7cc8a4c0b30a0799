pairing "actions" {
  ats    = ats.lever
  vendor = vendor.alooba

  function "percent" {
    params = [n, of]
    result = of == 0 ? 0 : floor(100 * n / of)
  }
  limit { per_hour = 20 }
  moved {
    from = pairing.oldest
    to   = pairing.older
  }
  moved {
    from = pairing.older
    to   = pairing.actions
  }
  moved {
    from = note["first word"]
    to   = note.word
  }
  moved {
    from = note.word
    to   = note.result
  }

  tags "status" {
    submitted = "Done"
  }
  on applied {
    invite { assessment = ["Go"] }
  }
  on scored {
    note "result" { text = "${percent(coalesce(result.points, 0), coalesce(result.max, 0))} percent" }
    feedback {
      template = "Result"
      score    = result.score
    }
    feedback "second" {
      template = "Result"
      rating   = rating(result.score, 50)
      text     = result.summary
    }
    file {
      name = "report of ${candidate.name}.pdf"
      from = result.final ? "report_pdf" : null
    }
  }
  on scored {
    when = result.final
    file {
      name = "again.pdf"
      from = "report_pdf"
    }
  }
  on scored {
    fields {
      values = { "Score" = result.score, "Attempt" = invitation.attempt, "Summary" = result.summary, "Final" = result.final }
    }
  }
  on scored {
    fields {
      values = { "Score" = 0, "Page" = invitation.url, "Points" = result.points }
    }
    alert { text = result.url == null ? null : "look: ${result.url}" }
    report {}
  }
}
