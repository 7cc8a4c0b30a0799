# Who is connected. Each block is one account of one product; pairings name it as ats.lever or vendor.alva.
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

  # Lever shows the tokens when its webhooks are made; until then every webhook is refused. Two while a token is being replaced.
  signing_tokens = [
    env("LEVER_SIGNING_TOKEN", null),
    env("LEVER_SIGNING_TOKEN_NEXT", null),
  ]

  base_url = env("LEVER_URL", null) # a sandbox or a proxy; Lever itself if left out
}

vendor "alva" {
  api_key         = env("ALVA_API_KEY")                # Alva: Settings > Integrations > New API key
  webhook_secrets = [env("ALVA_WEBHOOK_SECRET", null)] # Alva shows it when the webhook is made
  base_url        = env("ALVA_URL", null)
}
