pairing "x" {
  ats = ats.lever
  ats = ats.lever # ERROR: PB207 Attribute redefined
}
