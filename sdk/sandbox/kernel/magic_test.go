package kernel

import "testing"

func TestReadMagic(t *testing.T) {
	for address, want := range map[string]Magic{
		"bounce+1@b.test":          {Word: "bounce"},
		"Soft+1@B.test":            {Word: "soft"},
		"decline+@b.test":          {Word: "decline"},
		"slow+1@b.test":            {Word: "slow"},
		"noshow+1@b.test":          {Word: "noshow"},
		"score-73+1@b.test":        {Word: "score", Final: 73},
		"score-0.5+1@b.test":       {Word: "score", Final: 0.5},
		"score-730+1@b.test":       {Word: "score", Final: 100},
		"manual-40-65.5+1@b.test":  {Word: "manual", Partial: 40, Final: 65.5},
		"score+1@b.test":           {},
		"score-+1@b.test":          {},
		"score-40-65+1@b.test":     {},
		"manual-40+1@b.test":       {},
		"bounce@b.test":            {},
		"bounced+1@b.test":         {},
		"re-bounce+1@b.test":       {},
		"cy@b.test":                {},
		"cy+bounce+1@b.test":       {},
		"slow-5+1@b.test":          {},
		"score-99999999999+1@b.te": {Word: "score", Final: 100},
	} {
		if got := ReadMagic(address); got != want {
			t.Errorf("%s asks for %+v, want %+v", address, got, want)
		}
	}
}
