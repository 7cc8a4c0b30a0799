package rule

import (
	"fmt"
	"time"

	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/sdk"
)

// TagFact is the trigger fact of one appearance of a tag. One that no read has counted yet is the first.
func TagFact(tag string, appearance int) string {
	return fmt.Sprintf("tag:%s#%d", tag, max(1, appearance))
}

// Before returns the trigger facts of an application that lie before a moment of the ATS's time.
func Before(app sdk.Application, at time.Time) []string {
	var facts []string
	if !app.StageSince.IsZero() && app.StageSince.Before(at) {
		facts = append(facts, stageFact(app))
	}
	if !app.Applied.IsZero() && app.Applied.Before(at) {
		facts = append(facts, appliedFact(app))
	}
	return facts
}

// triggers is every trigger fact that is true now.
func (p *Pairing) triggers(ev sdk.Event, k Known) []string {
	var facts []string
	if ev.Kind == sdk.KindRequested {
		facts = append(facts, requestFact(ev))
	}
	app := k.Application
	if !app.StageSince.IsZero() {
		facts = append(facts, stageFact(app))
	}
	if !app.Applied.IsZero() {
		facts = append(facts, appliedFact(app))
	}
	for _, s := range p.needs.Scans {
		if language.Tagged(s.Tag, app.Tags) {
			facts = language.With(facts, TagFact(s.Tag, k.Appearances[s.Tag]))
		}
	}
	return facts
}

// trigger is the fact that a rule looks at.
func (d *decider) trigger(r *on) string {
	switch r.kind {
	case sdk.KindMoved:
		return stageFact(d.Application)
	case sdk.KindFound:
		return TagFact(r.scan.Tag, d.Appearances[r.scan.Tag])
	case sdk.KindRequested:
		return requestFact(d.event)
	}
	return appliedFact(d.Application)
}

// requestFact is the trigger fact of a request: its sender gives every repeat of it one ID.
func requestFact(ev sdk.Event) string { return "requested:" + ev.ID }

func stageFact(app sdk.Application) string {
	return fmt.Sprintf("stage:%s@%d", app.Stage.ID, app.StageSince.UnixMilli())
}

func appliedFact(app sdk.Application) string {
	return fmt.Sprintf("applied@%d", app.Applied.UnixMilli())
}
