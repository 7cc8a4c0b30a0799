# What nothing reads is told of only where nothing else is wrong: the rule that reads it may not have been understood.

ats "lever" {}
vendor "alva" {}

pairing "unused" {
  ats    = ats.lever
  vendor = vendor.alva

  locals {
    unused = application.tgas # WARNING: PB307 Unused local: Nothing in this pairing reads local.unused.
  }
  on applied {
    invite {}
  }
}
