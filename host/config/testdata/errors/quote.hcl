# One quote is missing: of what the parser makes of the rest only the first is told.

ats "lever" {
  api_key = env("LEVER_API_KEY) # ERROR: PB100 Invalid multi-line string
}
vendor "alva" {
  api_key = env("ALVA_API_KEY")
}
pairing "x" {
  ats    = ats.lever
  vendor = vendor.alva
  on moved {
    to = "Assessment"
    invite {}
  }
}
