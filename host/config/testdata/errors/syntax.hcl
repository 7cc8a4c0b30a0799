pairing "x" {
  ats = ats.lever
  vendor = # ERROR: PB100 Invalid expression
}
