package kernel

import (
	"regexp"
	"strconv"
	"strings"
)

// Magic is what a candidate's e-mail address asks to become of her (section 0.4). Most addresses ask for nothing: the zero Magic.
type Magic struct {
	Word    string  // bounce, soft (a bounce, the first time), decline, slow, noshow, score or manual
	Partial float64 // of manual: the score, in percent, until somebody has marked the rest
	Final   float64 // of score and manual, in percent
}

var magicAddress = regexp.MustCompile(
	`^(?:(bounce|soft|decline|slow|noshow)|(score)-(\d+(?:\.\d+)?)|(manual)-(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?))\+`)

// ReadMagic reads an address. A score is 100 at the most.
func ReadMagic(email string) Magic {
	m := magicAddress.FindStringSubmatch(strings.ToLower(email))
	if m == nil {
		return Magic{}
	}
	return Magic{Word: m[1] + m[2] + m[4], Partial: percent(m[5]), Final: percent(m[3] + m[6])}
}

func percent(digits string) float64 {
	n, _ := strconv.ParseFloat(digits, 64) // 0 where there are none
	return min(n, 100)
}
