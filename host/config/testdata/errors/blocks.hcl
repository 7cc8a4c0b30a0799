# Blocks and arguments. ERROR and WARNING stand at the end of the line that the diagnostic points at.

ats "lever" {}
vendor "alva" {}

ats "lever" {} # ERROR: PB208 Duplicate name: Another ats "lever" stands at
vendor "Alva Labs" {} # ERROR: PB210 Invalid name: A connection's name is small letters, digits and _
ats "eu" {
  plugin = "../lever" # ERROR: PB210 Invalid name: A plugin's name
  rate   = 0 # ERROR: PB405 Invalid rate: more than 0
}
ats "us" {
  rate = "fast" # ERROR: PB309 Wrong type: rate is a number.
  timeout = "soon" # ERROR: PB408 Invalid duration: timeout is a length of time
  settle = "1h" # ERROR: PB408 Invalid duration: of at most "5m"
  webhook { # ERROR: PB206 Unexpected "webhook" block
  }
}
ats "se" {
  plugin = local.x # ERROR: Variables not allowed
}

pairing "frame" { # ERROR: PB203 Missing required argument: The argument "vendor" is required
  ats  = ats.levr # ERROR: PB212 Unknown connection: There is no block ats "levr". Did you mean "lever"?
  mode = "live" # ERROR: PB214 Unknown word: mode is a word without quotes: live, off.
  stage = "x" # ERROR: PB202 Unsupported argument: An argument named "stage" is not expected here
}
pairing "modes" {
  ats    = "lever" # ERROR: PB211 Not a connection: Name a connection here: ats.NAME, without quotes.
  vendor = ats.lever # ERROR: PB211 Not a connection: vendor.NAME
  mode   = shadow # ERROR: PB214 Unknown word: "shadow" is no mode known here. Known here: live, off.
}
pairing "later" {
  ats    = ats.lever
  vendor = vendor.alva

  limit { # ERROR: PB201 Unsupported block type: Blocks of type "limit" are not expected here. Known here: guard, locals, mirror, on, tags.
    per_hour = 20
  }
  assert "x" { # ERROR: PB201 Unsupported block type
    holds = true
  }
  moved { # ERROR: PB201 Unsupported block type
    from = "a"
  }
  gard "x" { # ERROR: PB201 Unsupported block type: Did you mean "guard"?
    deny = true
  }
  guard { # ERROR: PB204 Missing why for guard
    deny = true
  }
  guard "x" "y" { # ERROR: PB205 Extraneous label for guard
    deny = true
  }
  guard "no deny" { # ERROR: PB203 Missing required argument: The argument "deny" is required
  }
}
