package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/sdk"
)

// Application reads an application, its candidate and its stays in stages in one call each; its job and the job's stages come from what was
// read lately. Nothing is embedded in Harvest's answers, so fewer calls there are not.
func (h *harvest) Application(ctx context.Context, named string) (sdk.Application, error) {
	a, err := h.application(ctx, named)
	if err != nil {
		return sdk.Application{}, err
	}
	c, ok, err := first[candidate](ctx, h, "candidates", url.Values{"ids": {string(a.CandidateID)}})
	if err != nil {
		return sdk.Application{}, err
	}
	if !ok {
		return sdk.Application{}, hidden("the candidate of application "+named, "she may be private: the acting user needs the right to that")
	}
	out := sdk.Application{
		ID:           string(a.ID),
		Person:       string(c.ID),
		Candidate:    sdk.Candidate{Name: fullName(c.FirstName, c.LastName), Email: c.email()},
		Stage:        sdk.Stage{Index: -1},
		Applied:      a.CreatedAt.Time,
		Tags:         c.Tags,
		OwnTags:      c.Tags,
		Confidential: c.Private,
		Active:       a.active(),
		URL:          fmt.Sprintf("https://app.greenhouse.io/people/%s?application_id=%s", c.ID, a.ID),
	}
	if a.JobID == "" {
		return out, nil
	}
	j, err := h.job(ctx, a.JobID)
	if err != nil {
		return sdk.Application{}, err
	}
	out.Posting = sdk.Posting{ID: string(j.ID), Name: j.Name}
	out.Confidential = c.Private || j.Confidential
	out.Stage, out.StageSince, err = h.stage(ctx, a)
	return out, err
}

// application reads one application. A list without it can mean that it is gone, or that we see nothing at all, which is what Greenhouse
// shows to an acting user who is not Site Admin (trap 10): only if it shows others is this one gone.
func (h *harvest) application(ctx context.Context, named string) (application, error) {
	if !idForm.MatchString(named) {
		return application{}, fmt.Errorf("application %q: no number: %w", named, sdk.ErrNotFound)
	}
	a, ok, err := first[application](ctx, h, "applications", url.Values{"ids": {named}})
	if err != nil || ok && string(a.ID) == named {
		return a, err
	}
	for _, err := range list[application](ctx, h, "applications", url.Values{"per_page": {"1"}, "fields": {"id"}}) {
		if err != nil {
			return application{}, err
		}
		return application{}, fmt.Errorf("application %s: %w", named, sdk.ErrNotFound)
	}
	return application{}, hidden("application "+named, "Greenhouse shows no applications at all: the acting user may not be Site Admin")
}

func hidden(what, why string) error {
	return sdk.Refuse("not_visible", fmt.Sprintf("%s is not shown by Harvest; %s", what, why))
}

func (h *harvest) job(ctx context.Context, named id) (job, error) {
	return h.jobs.Get(ctx, string(named), func(ctx context.Context) (job, error) {
		j, ok, err := first[job](ctx, h, "jobs", url.Values{"ids": {string(named)}})
		if err == nil && !ok {
			err = hidden("job "+string(named), "it may be confidential: the acting user needs the right to it")
		}
		return j, err
	})
}

// stage is where the application is, and since when. Some accounts' answers lack the stage's id: then its name is looked for in the plan.
// A finished application is in none.
func (h *harvest) stage(ctx context.Context, a application) (sdk.Stage, time.Time, error) {
	if a.StageID == "" && a.StageName == "" {
		return sdk.Stage{Index: -1}, time.Time{}, nil
	}
	plan, err := h.stages.Get(ctx, string(a.JobID), func(ctx context.Context) ([]jobStage, error) {
		return collect[jobStage](ctx, h, "job_interview_stages", url.Values{"job_ids": {string(a.JobID)}})
	})
	if err != nil {
		return sdk.Stage{}, time.Time{}, err
	}
	at := slices.IndexFunc(plan, func(s jobStage) bool {
		return s.ID == a.StageID || a.StageID == "" && s.Name == a.StageName && s.Active
	})
	if at < 0 {
		return sdk.Stage{ID: string(a.StageID), Name: a.StageName, Index: -1}, time.Time{}, nil
	}
	visits, err := collect[visit](ctx, h, "application_stages", url.Values{"application_ids": {string(a.ID)}})
	return plan[at].translate(), entered(visits, plan[at].ID), err
}

func (s jobStage) translate() sdk.Stage {
	return sdk.Stage{ID: string(s.ID), Name: s.Name, Index: s.Order}
}

// entered is when the present stay began. The first of all stays began when the application was made: that is no entry.
func entered(visits []visit, stage id) time.Time {
	now := slices.IndexFunc(visits, func(v visit) bool { return v.Current && v.StageID == stage })
	if now < 0 || !slices.ContainsFunc(visits, func(v visit) bool { return v.EnteredAt.Before(visits[now].EnteredAt.Time) }) {
		return time.Time{}
	}
	return visits[now].EnteredAt.Time
}

// Stages yields the stages of all jobs' plans, of which each has its own: all first ones before all second ones.
func (h *harvest) Stages(ctx context.Context) iter.Seq2[sdk.Stage, error] {
	return func(yield func(sdk.Stage, error) bool) {
		all, err := collect[jobStage](ctx, h, "job_interview_stages", url.Values{"active": {"true"}})
		if err != nil {
			yield(sdk.Stage{}, err)
			return
		}
		slices.SortStableFunc(all, func(a, b jobStage) int { return cmp.Compare(a.Order, b.Order) })
		for _, s := range all {
			if !yield(s.translate(), nil) {
				return
			}
		}
	}
}

// overlap is how far a walk of changes goes back beyond what was asked: fresh rows may be missing for minutes (section 4).
const overlap = 5 * time.Minute

// Changed yields the ids of applications changed since. Deleted ones are not among them.
func (h *harvest) Changed(ctx context.Context, since time.Time) iter.Seq2[string, error] {
	from := since.Add(-overlap).UTC().Format("2006-01-02T15:04:05Z")
	return h.ids(ctx, url.Values{"updated_at": {"gte|" + from}})
}

// mostIDs is how many ids a filter takes.
const mostIDs = 50

// Tagged yields the ids of active applications of candidates who carry the tag and are not private: tags are the person's.
func (h *harvest) Tagged(ctx context.Context, tag string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		people, err := collect[candidate](ctx, h, "candidates", url.Values{"tag": {tag}, "fields": {"id,private,tags"}})
		if err != nil {
			yield("", err)
			return
		}
		var ids []string
		for _, c := range people {
			if !c.Private && slices.Contains(c.Tags, tag) {
				ids = append(ids, string(c.ID))
			}
		}
		for some := range slices.Chunk(ids, mostIDs) {
			for a, err := range h.ids(ctx, url.Values{"candidate_ids": {strings.Join(some, ",")}, "status": {"active"}}) {
				if !yield(a, err) || err != nil {
					return
				}
			}
		}
	}
}

// ids walks applications, prospects left out.
func (h *harvest) ids(ctx context.Context, query url.Values) iter.Seq2[string, error] {
	query.Set("fields", "id,prospect")
	return func(yield func(string, error) bool) {
		for a, err := range list[application](ctx, h, "applications", query) {
			if err == nil && a.Prospect {
				continue
			}
			if !yield(string(a.ID), err) || err != nil {
				return
			}
		}
	}
}
