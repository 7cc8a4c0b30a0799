package main_test

import (
	_ "embed"
	"maps"
	"strings"
	"sync"
	"testing"
)

// promises are the rows: what the guides of the products promise, and the host for all of them. Each line is an id and a promise.
//
//go:embed testdata/rows.tsv
var promises string

// row plays one promise. Rows that move the time, kill the host or change what is secret have a rig to themselves, on this clock; the others
// share one, each with its own postings and candidates. Rows of a house play between all products, with all five pairings.
type row struct {
	play  func(*scene)
	own   string // "virtual" or "real"; empty: the shared rig
	house bool
}

// rows are the promises that have a test so far.
var rows = gathered(rowsLV, rowsLA, rowsLX, rowsLH, rowsGA, rowsX)

func gathered(parts ...map[string]row) map[string]row {
	all := map[string]row{}
	for _, p := range parts {
		maps.Copy(all, p)
	}
	return all
}

var rowsLV = map[string]row{
	"LV2":  {play: oneURLForFourEvents, own: "virtual"},
	"LV3":  {play: signingTokens, own: "virtual"},
	"LV4":  {play: triggerStageInvites},
	"LV5":  {play: completedMovesForward, own: "virtual"},
	"LV6":  {play: blockedOrigins},
	"LV7":  {play: appliedSyncsPosting},
	"LV8":  {play: deletedIsRemoved},
	"LV9":  {play: hiredIsHired},
	"LV10": {play: results},
	"LV11": {play: screeningInvitesAtOnce},
	"LV12": {play: skipNeverInvites},
	"LV13": {play: statusTags},
	"LV14": {play: roleFitTags},
	"LV15": {play: sendTestsOverrides, own: "virtual"},
	"LV16": {play: missingEmail},
	"LV17": {play: invalidEmail},
	"LV18": {play: reentryInvitesAgain},
	"LV19": {play: postingsFollow, own: "virtual"},
	"LV20": {play: confidentialIsNeverAdded, own: "virtual"},
	"LV21": {play: bouncedMail},
	"LV22": {play: earlierResults},
}

var rowsX = map[string]row{
	"X1": {play: onceThroughKills, own: "real", house: true},
	"X2": {play: onceThroughFaults, own: "virtual", house: true},
	"X3": {play: completedBeforeStarted, own: "virtual"},
	"X4": {play: brokenPlugins, own: "virtual", house: true},
	"X5": {play: onePersonTwice, house: true},
	"X6": {play: whyNot},
	"X7": {play: badRequests, own: "virtual"},
	"X8": {play: shadowBeforeLive, own: "virtual"},
	"X9": {play: strangersPlugin},
}

// TestRows plays every row; one without a test fails. `make rows` prints them as a table.
func TestRows(t *testing.T) {
	known := 0
	shared := sync.OnceValue(func() *rig { return newRig(t, "virtual") })
	house := sync.OnceValue(func() *rig { return newHouse(t, "virtual") })
	for line := range strings.Lines(promises) {
		id, promise, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			t.Fatalf("testdata/rows.tsv: %q is not an id and a promise", line)
		}
		r, tested := rows[id]
		if tested {
			known++
		}
		t.Run(id, func(t *testing.T) {
			t.Attr("promise", promise)
			if !tested {
				t.Fatal("nothing tests this promise")
			}
			t.Parallel()
			s := &scene{T: t, row: id}
			switch {
			case r.house && r.own != "":
				s.rig = newHouse(t, r.own)
			case r.house:
				s.rig = house()
			case r.own != "":
				s.rig = newRig(t, r.own)
			default:
				s.rig = shared()
			}
			r.play(s)
		})
	}
	if known != len(rows) {
		t.Errorf("%d rows have a test, but only %d of them stand in testdata/rows.tsv", len(rows), known)
	}
}
