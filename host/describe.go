package main

import (
	"context"
	"crypto/rand"
	"iter"
	"log/slog"
	"time"

	"github.com/patchbay-dev/patchbay/host/config"
	"github.com/patchbay-dev/patchbay/host/exchange"
	"github.com/patchbay-dev/patchbay/host/language"
	"github.com/patchbay-dev/patchbay/host/line"
	"github.com/patchbay-dev/patchbay/sdk"
)

// describe opens the connections of a folder to see what they can do; online it asks every product whether it answers.
func describe(ctx context.Context, plugins string, folder *config.Folder, online bool) (described, error) {
	dir, err := exchange.Dir(rand.Text())
	if err != nil {
		return described{}, err
	}
	x, diags, err := exchange.Open(ctx, exchange.Options{
		Dir: dir, Plugins: plugins, Folder: folder, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	got := described{diags: diags, verbs: x.Verbs(), could: x.Optional(), stages: map[string][]sdk.Stage{}}
	if err != nil {
		x.Close()
		return got, err
	}
	defer x.Close()
	if !online {
		return got, nil
	}
	for _, c := range folder.Connections {
		l := x.Lines[c.Name]
		if l == nil {
			continue // why it does not open is in the diagnostics
		}
		stages, err := catalogue(ctx, l)
		switch {
		case err != nil:
			got.diags = append(got.diags, language.Problem(c.Range, "Connection not open", "%s does not answer as it should: %v.", c.Name, err))
		case stages != nil:
			got.stages[c.Name] = stages
		}
	}
	return got, nil
}

// catalogue asks a product something that changes nothing there: an ATS for its stages, a vendor for an assessment, which is not kept.
// Stages are nil where they cannot be listed.
func catalogue(ctx context.Context, l *line.Line) (stages []sdk.Stage, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	verbs := l.Verbs()
	if _, ok := verbs[sdk.VerbStages]; ok {
		stages = []sdk.Stage{}
		for s, err := range l.Stages(ctx) {
			if err != nil {
				return nil, err
			}
			stages = append(stages, s)
		}
	}
	if _, ok := verbs[sdk.VerbAssessments]; ok {
		first, stop := iter.Pull2(l.Assessments(ctx))
		defer stop()
		_, err, _ = first()
	}
	return stages, err
}
