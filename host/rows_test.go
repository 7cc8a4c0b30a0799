package main_test

import (
	_ "embed"
	"strings"
	"testing"
)

// promises are the rows: what the guides of the products promise, and the host for all of them. Each line is an id and a promise.
//
//go:embed testdata/rows.tsv
var promises string

// row plays one promise. Rows that move the time, kill the host or change what is secret have a rig to themselves, on this clock; the others
// share one, each with its own postings and candidates.
type row struct {
	play func(*scene)
	own  string // "virtual" or "real"; empty: the shared rig
}

// rows are the promises that have a test so far.
var rows = map[string]row{
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
	"X1":   {play: onceThroughKills, own: "real"},
	"X2":   {play: onceThroughFaults, own: "virtual"},
	"X3":   {play: completedBeforeStarted, own: "virtual"},
	"X5":   {play: onePersonTwice},
	"X6":   {play: whyNot},
	"X7":   {play: badRequests, own: "virtual"},
}

// TestRows plays every row; those without a test are pending. `make rows` prints them as a table.
func TestRows(t *testing.T) {
	known := 0
	shared := newRig(t, "virtual")
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
				t.Skip("pending")
			}
			t.Parallel()
			s := &scene{T: t, row: id, rig: shared}
			if r.own != "" {
				s.rig = newRig(t, r.own)
			}
			r.play(s)
		})
	}
	if known != len(rows) {
		t.Errorf("%d rows have a test, but only %d of them stand in testdata/rows.tsv", len(rows), known)
	}
}
