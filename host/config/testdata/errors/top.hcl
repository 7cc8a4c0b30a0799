# What the folder itself cannot have.

function "rating" { # ERROR: PB201 Unsupported block type: Blocks of type "function" are not expected here. Known here: ats, guard, locals, pairing, vendor.
  params = [x]
}
paring "x" { # ERROR: PB201 Unsupported block type: Did you mean "pairing"?
}
answer = 42 # ERROR: PB202 Unsupported argument
pairing { # ERROR: PB204 Missing name for pairing
}
