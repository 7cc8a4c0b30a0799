# What the folder itself cannot have.

functions "rating" { # ERROR: PB201 Unsupported block type: Did you mean "function"?
}
assert "x" { # ERROR: PB201 Unsupported block type: Blocks of type "assert" are not expected here. Known here: ats, function, guard, locals, pairing, vendor.
  holds = true
}
paring "x" { # ERROR: PB201 Unsupported block type: Did you mean "pairing"?
}
answer = 42 # ERROR: PB202 Unsupported argument
pairing { # ERROR: PB204 Missing name for pairing
}
