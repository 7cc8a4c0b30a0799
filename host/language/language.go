// Package language is the words of the rules: checks and evaluates their expressions; no I/O.
//
// A [Reader] reads the expressions of one pairing: it finds what each reads, through locals too, and, when all are read, checks each as on
// the events on which it will be evaluated, into the file's own functions. What it leaves is an [Evaluator], whose [Scope] evaluates an
// [Expression] on the [Facts] of one event. Which variables there are, of what type, on which event, and whether they may be null, is one
// table in this file: it feeds the check at load, the values at run time, and what people read of it, so what passes the one cannot
// surprise the other.
//
// # Why
//
// An expression is evaluated at load with unknown values, and again for each way that something may be null or empty. HCL drops the
// mistakes in the arms of a conditional whose condition is unknown, and in the body of a for over an unknown list; arms.go goes there by
// itself, or a misspelt name would wait for the first candidate.
package language

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Event is one word that may follow "on". Events of an ATS decide whom to invite, those of an invitation what to write.
type Event struct {
	ATS       bool
	Variables []string // what expressions may read, in the order of the alphabet
	About     string   // what it means
}

var (
	ofApplication = []string{"application", "assessments", "candidate", "event", "posting"}
	ofRequest     = []string{"assessments", "candidate", "event"} // what a snapshot tells
	ofInvitation  = []string{"application", "candidate", "event", "invitation", "posting"}
	ofResult      = []string{"application", "candidate", "event", "invitation", "posting", "result"}
)

// Events is the closed list of what rules can wait for.
var Events = map[sdk.Kind]Event{
	sdk.KindApplied:   {ATS: true, Variables: ofApplication, About: "somebody applied"},
	sdk.KindMoved:     {ATS: true, Variables: ofApplication, About: "the application entered another stage"},
	sdk.KindFound:     {ATS: true, Variables: ofApplication, About: "a search, made at intervals, found a tag"},
	sdk.KindRequested: {ATS: true, Variables: ofRequest, About: "somebody asks for an assessment that the ATS lists because of this rule"},
	sdk.KindInvited:   {Variables: ofInvitation, About: "the vendor has sent it"},
	sdk.KindFailed:    {Variables: ofInvitation, About: "it could not be sent; event.reason says why"},
	sdk.KindBounced:   {Variables: ofInvitation, About: "its mail came back"},
	sdk.KindStarted:   {Variables: ofInvitation, About: "the candidate began; only if the vendor tells so"},
	sdk.KindSubmitted: {Variables: ofInvitation, About: "the candidate has finished; once an attempt"},
	sdk.KindScored:    {Variables: ofResult, About: "a result, or another revision of it, partial or final"},
	sdk.KindCompleted: {Variables: ofResult, About: "its first final result is there, or none will come; once an attempt"},
	sdk.KindExpired:   {Variables: ofInvitation, About: "its time ran out"},
	sdk.KindDeclined:  {Variables: ofInvitation, About: "the candidate will not take part"},
	sdk.KindCancelled: {Variables: ofInvitation, About: "the employer took it back"},
}

// attribute is one attribute of a variable. One without a name is the variable itself.
type attribute struct {
	name  string
	typ   cty.Type
	in    []sdk.Kind // the events that have it; nil: all
	null  nullness   // nil: never
	about string
	read  func(*Facts) any // string, bool, int, *float64, []string, time.Time or []sdk.Score; nil and zero times are null
}

// Terms is what holds of every invitation of a pairing.
type Terms struct {
	Named    bool // it has an assessment
	Snapshot bool // of its application no more may be known than what an event told: the candidate
}

// variables is what expressions may read on an event.
func (t Terms) variables(kind sdk.Kind) []string {
	e := Events[kind]
	if !t.Snapshot || e.ATS {
		return e.Variables
	}
	return slices.DeleteFunc(slices.Clone(e.Variables), func(v string) bool { return v == "application" || v == "posting" })
}

// nullness tells whether an attribute may be null on an event. Where it may not, a text that is missing is empty.
type nullness func(kind sdk.Kind, t Terms) bool

func always(sdk.Kind, Terms) bool             { return true }
func untilSent(kind sdk.Kind, _ Terms) bool   { return kind == sdk.KindFailed }
func unlessNamed(kind sdk.Kind, t Terms) bool { return kind == sdk.KindFailed || !t.Named }

// Facts is what the variables of one evaluation are read from.
type Facts struct {
	Event       sdk.Event
	Application sdk.Application
	Invitation  invitation.Invitation
	Result      sdk.Result
	Assessments []sdk.Assessment
}

var (
	texts    = cty.List(cty.String)
	scores   = cty.List(cty.Object(map[string]cty.Type{"name": cty.String, "score": cty.Number}))
	troubled = []sdk.Kind{sdk.KindFailed, sdk.KindBounced}
)

// variables is what expressions may read.
var variables = map[string][]attribute{
	"event": {
		{name: "kind", typ: cty.String, about: "which event it is", read: func(f *Facts) any { return string(f.Event.Kind) }},
		{name: "at", typ: cty.String, about: "in RFC 3339", read: func(f *Facts) any { return f.Event.At.UTC().Format(time.RFC3339) }},
		{name: "reason", typ: cty.String, in: troubled, about: "missing_email, invalid_email, unknown_assessment, refused, or a guard's label",
			read: func(f *Facts) any { return f.Event.Reason }},
		{name: "detail", typ: cty.String, in: troubled, about: "the reason in words", read: func(f *Facts) any { return f.Event.Detail }},
		{name: "tag", typ: cty.String, in: []sdk.Kind{sdk.KindFound}, about: "the tag", read: func(f *Facts) any { return f.Event.Tag }},
		{name: "assessment", typ: cty.String, in: []sdk.Kind{sdk.KindRequested}, about: "the id of the assessment that is to be sent",
			read: func(f *Facts) any { return f.Event.Assessment }},
	},
	"application": {
		{name: "stage", typ: cty.String, about: "the name of its stage",
			read: func(f *Facts) any { return strings.TrimSpace(f.Application.Stage.Name) }},
		{name: "stage_since", typ: cty.String, null: always, about: "since when; null if made there",
			read: func(f *Facts) any { return f.Application.StageSince }},
		{name: "origin", typ: cty.String, about: "such as sourced or referred", read: func(f *Facts) any { return f.Application.Origin }},
		{name: "tags", typ: texts, about: "all tags", read: func(f *Facts) any { return f.Application.Tags }},
		{name: "own_tags", typ: texts, about: "without the posting's", read: func(f *Facts) any { return f.Application.OwnTags }},
		{name: "confidential", typ: cty.Bool, about: "for few to see", read: func(f *Facts) any { return f.Application.Confidential }},
		{name: "active", typ: cty.Bool, about: "not archived, rejected or hired", read: func(f *Facts) any { return f.Application.Active }},
	},
	"candidate": {
		{name: "name", typ: cty.String, about: "the name", read: func(f *Facts) any { return f.Application.Candidate.Name }},
		{name: "email", typ: cty.String, null: always, about: "where the invitation goes",
			read: func(f *Facts) any { return given(f.Application.Candidate.Email) }},
	},
	"posting": {
		{name: "name", typ: cty.String, about: "its title", read: func(f *Facts) any { return f.Application.Posting.Name }},
		{name: "team", typ: cty.String, about: "its team", read: func(f *Facts) any { return f.Application.Posting.Team }},
		{name: "tags", typ: texts, about: "its tags", read: func(f *Facts) any { return f.Application.Posting.Tags }},
	},
	"assessments": {
		{typ: texts, about: "the names of the vendor's assessments", read: func(f *Facts) any { return Names(f.Assessments) }},
	},
	"invitation": {
		{name: "assessment", typ: cty.String, null: unlessNamed, about: "as the rule named it; where every invite does, null on failed only",
			read: func(f *Facts) any { return given(f.Invitation.Assessment) }},
		{name: "url", typ: cty.String, null: untilSent, about: "its page", read: func(f *Facts) any { return given(f.Invitation.URL) }},
		{name: "passing_score", typ: cty.Number, null: always, about: "percent, as when invited",
			read: func(f *Facts) any { return f.Invitation.PassingScore }},
		{name: "attempt", typ: cty.Number, about: "1, then one more a retry", read: func(f *Facts) any { return f.Invitation.Attempt }},
	},
	"result": {
		{name: "score", typ: cty.Number, null: always, about: "percent", read: func(f *Facts) any { return f.Result.Score }},
		{name: "points", typ: cty.Number, null: always, about: "as the vendor counts", read: func(f *Facts) any { return f.Result.Points }},
		{name: "max", typ: cty.Number, null: always, about: "the most points there are", read: func(f *Facts) any { return f.Result.Max }},
		{name: "final", typ: cty.Bool, about: "false while some marking is open", read: func(f *Facts) any { return f.Result.Final }},
		{name: "revision", typ: cty.String, about: "which of the results", read: func(f *Facts) any { return f.Result.Revision }},
		{name: "url", typ: cty.String, null: always, about: "the report", read: func(f *Facts) any { return given(f.Result.URL) }},
		{name: "summary", typ: cty.String, about: "the result in words", read: func(f *Facts) any { return f.Result.Summary }},
		{name: "tests", typ: scores, about: "its parts; a score may be null", read: func(f *Facts) any { return f.Result.Tests }},
		{name: "skills", typ: scores, about: "by skill; a score may be null", read: func(f *Facts) any { return f.Result.Skills }},
	},
}

// attributesOn is what a variable has on an event.
func attributesOn(variable string, kind sdk.Kind) []attribute {
	var out []attribute
	for _, a := range variables[variable] {
		if a.in == nil || slices.Contains(a.in, kind) {
			out = append(out, a)
		}
	}
	return out
}

// KindsWhere is the events that match, in the order of the alphabet.
func KindsWhere(match func(sdk.Kind, Event) bool) []sdk.Kind {
	var out []sdk.Kind
	for _, k := range Sorted(Events) {
		if match(k, Events[k]) {
			out = append(out, k)
		}
	}
	return out
}

// Words is events or verbs as words.
func Words[W ~string](all []W) []string {
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = string(w)
	}
	return out
}

// Names is the names of the assessments.
func Names(all []sdk.Assessment) []string {
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = a.Name
	}
	return names
}

// unique gives every score a name of its own: the second "Logic" is "Logic (2)", unless there is one of that name.
func unique(all []sdk.Score) []sdk.Score {
	taken := map[string]bool{}
	for _, s := range all {
		taken[s.Name] = true
	}
	seen := map[string]int{}
	out := slices.Clone(all)
	for i, s := range out {
		for seen[s.Name]++; seen[s.Name] > 1; seen[s.Name]++ {
			if name := fmt.Sprintf("%s (%d)", s.Name, seen[s.Name]); !taken[name] {
				out[i].Name, taken[name] = name, true
				break
			}
		}
	}
	return out
}

// Sorted is the keys of a map in order.
func Sorted[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
