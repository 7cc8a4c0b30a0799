# Who is connected. Each block is one account of one product; pairings name it as ats.lever or vendor.alva. Delete what you do not use,
# here and among the pairings beside this file.
#
# Secrets never stand in this folder: env("NAME") reads an environment variable, file("name") a file beside this one, such as a mounted
# secret. A second argument of env stands for a variable that is not set; null leaves the setting out.
#
# Further settings of a connection:
#   plugin = "lever"   # which plugin it runs, if that is not the label: two Lever accounts are ats "lever_eu" and ats "lever_us"
#   rate   = 5         # requests a second at most, if less than the product allows
#   timeout = "60s"    # how long one call may take; what becomes of one that takes longer is found out
#   settle  = "5s"     # how long after such a call the product may still show what it made

ats "lever" {
  api_key = env("LEVER_API_KEY") # Lever: Settings > Integrations and API
  # Or, instead of api_key, an OAuth app that Lever has registered: client_id and client_secret. Then `patchbay connect lever` prints the
  # page where a Super Admin gives access, and the permissions that the rules need.

  # Lever shows the tokens when its webhooks are made; until then every webhook is refused. Two while a token is being replaced.
  # With register_webhooks = true Patchbay makes the webhooks itself and keeps their tokens.
  signing_tokens = [
    env("LEVER_SIGNING_TOKEN", null),
    env("LEVER_SIGNING_TOKEN_NEXT", null),
  ]

  perform_as = env("LEVER_PERFORM_AS", null) # id of the Lever user who is shown as the author; feedback and files need one

  base_url = env("LEVER_URL", null) # a sandbox or a proxy; Lever itself if left out
}

ats "greenhouse" {
  # Greenhouse calls with this key for tests: one of your own, or what `patchbay key create greenhouse` makes and keeps. Greenhouse support
  # is told it, and two are valid while it is being replaced.
  partner_keys = [
    env("GREENHOUSE_PARTNER_KEY", null),
    env("GREENHOUSE_PARTNER_KEY_NEXT", null),
  ]

  # Webhooks: Greenhouse > Configure > Dev Center > Webhooks. Each has the secret key and the header X-Organisation with this very name.
  webhook_secrets = [env("GREENHOUSE_WEBHOOK_SECRET", null)]
  organisation    = env("GREENHOUSE_ORGANISATION", null)

  # Harvest: without it applications are not read and no custom field is set.
  client_id        = env("GREENHOUSE_CLIENT_ID", null)
  client_secret    = env("GREENHOUSE_CLIENT_SECRET", null)
  grant            = "client"                                 # the credential is the customer's own: nobody is asked for consent
  on_behalf_of     = env("GREENHOUSE_ON_BEHALF_OF", null)     # id of the user who acts in Harvest: a Site Admin
  integration_user = env("GREENHOUSE_INTEGRATION_USER", null) # e-mail address of a user for Patchbay, which is made if need be

  base_url  = env("GREENHOUSE_URL", null)
  token_url = env("GREENHOUSE_TOKEN_URL", null)
}

vendor "alooba" {
  api_key         = env("ALOOBA_API_KEY")      # Alooba: Organisation Settings
  organisation    = env("ALOOBA_ORGANISATION") # the Organisation Name there, to the letter
  webhook_secrets = [env("ALOOBA_WEBHOOK_SECRET", null)]
  base_url        = env("ALOOBA_URL", null)
}

vendor "alva" {
  api_key         = env("ALVA_API_KEY")                # Alva: Settings > Integrations > New API key
  webhook_secrets = [env("ALVA_WEBHOOK_SECRET", null)] # Alva shows it when the webhook is made
  base_url        = env("ALVA_URL", null)
}

vendor "apriora" {
  api_key         = env("APRIORA_API_KEY") # Apriora: Settings > Integrations
  webhook_secrets = [env("APRIORA_WEBHOOK_SECRET", null)]
  base_url        = env("APRIORA_URL", null)
}

vendor "hired" {
  api_key         = env("HIRED_API_KEY") # your account manager at Hired Assessments has it
  webhook_secrets = [env("HIRED_WEBHOOK_SECRET", null)]
  base_url        = env("HIRED_URL", null)
}
