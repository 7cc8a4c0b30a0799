package hook

import "testing"

// TestSignature is the test vector of sheet 5.2.
func TestSignature(t *testing.T) {
	got := Sign("00112233445566778899aabbccddeeff0011223344556677", "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718", 1767225600123)
	if want := "acd77a222fd751c9712f0b8d5f4b66cdadc7292f9b50c346d81f7a52789135e2"; got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
}
