// Package connect is the talk in which an operator makes a product and Patchbay known to each other.
//
// [Talk] says what to do at the product, and waits for a consent if the connection needs one; [Key] shows a key that was just made.
package connect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/host/admin"
	"github.com/patchbay-dev/patchbay/host/key"
	"github.com/patchbay-dev/patchbay/host/oauth"
	"github.com/patchbay-dev/patchbay/sdk"
)

// Host is the one that runs, as [admin.Client] asks it.
type Host interface {
	Ask(ctx context.Context, method, path string, in, out any) error
}

// pause is between two questions whether somebody has consented.
const pause = 300 * time.Millisecond

// Path is that of a connection in the host's API.
func Path(conn string) string { return "/connections/" + url.PathEscape(conn) }

// Talk tells how a connection stands. One that needs a consent is given the chance first: when it has none, when what was granted is not
// enough for the rules in use, or when again asks for it.
func Talk(ctx context.Context, h Host, w io.Writer, conn string, again bool) error {
	var l admin.Link
	if err := h.Ask(ctx, http.MethodGet, Path(conn), nil, &l); err != nil {
		return err
	}
	if a := l.Access; a != nil && a.Consents && (again || !a.Connected || len(a.Missing) > 0) {
		if err := consent(ctx, h, w, l.Name); err != nil {
			return err
		}
		if err := h.Ask(ctx, http.MethodGet, Path(l.Name), nil, &l); err != nil {
			return err
		}
	}
	tell(w, l)
	return nil
}

// consent has a person open the product's page, and waits for what comes of it.
func consent(ctx context.Context, h Host, w io.Writer, conn string) error {
	var c oauth.Consent
	if err := h.Ask(ctx, http.MethodPost, Path(conn)+"/consents", nil, &c); err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: open this address in a browser, and allow what it asks for:\n\n  %s\n\n", conn, c.URL)
	fmt.Fprintln(w, "The rules in use need these permissions:")
	for _, scope := range c.Scopes {
		fmt.Fprintf(w, "  %s\n", scope)
	}
	fmt.Fprintf(w, "\nThe product sends you back to %s, which the app must be registered with.\n", c.Redirect)
	fmt.Fprintf(w, "Waiting until %s …\n", c.Until.Local().Format("15:04"))
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for !c.Done {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("not waited for: what you allow at the product still counts; ask again how it stands with patchbay connect " + conn)
		}
		if err := h.Ask(ctx, http.MethodGet, "/consents/"+url.PathEscape(c.ID), nil, &c); err != nil && ctx.Err() == nil {
			return err
		}
	}
	if c.Error != "" {
		return fmt.Errorf("%s is not connected: %s", conn, c.Error)
	}
	fmt.Fprint(w, "\nConnected.\n\n")
	return nil
}

// tell says what to do at the product.
func tell(w io.Writer, l admin.Link) {
	fmt.Fprintf(w, "%s: send its webhooks to\n\n  %s\n\n", l.Name, l.URL)
	for _, outcome := range slices.Sorted(maps.Keys(l.Webhooks)) {
		fmt.Fprintf(w, "Webhooks: last %s at %s.\n", outcome, moment(l.Webhooks[outcome]))
	}
	if l.Webhooks == nil {
		fmt.Fprintln(w, "Webhooks: none has come since the host was started.")
	}
	for _, k := range l.Keys {
		fmt.Fprintf(w, "Key %s, made %s: is valid.\n", k.ID, moment(k.Made))
	}
	if len(l.Keys) == 0 && slices.Contains(l.Verbs, sdk.VerbReport) {
		fmt.Fprintf(w, "Key: it calls us with one. Unless it is configured, make it with patchbay key create %s.\n", l.Name)
	}
	if l.Access != nil && l.Access.Connected && l.Access.Consents {
		fmt.Fprintf(w, "Access: Connected since %s.\n", moment(l.Access.Given))
	}
	if l.Access != nil {
		problems(w, l.Access.Problems())
	}
	if l.State == "disconnected" {
		fmt.Fprintf(w, "- It is disconnected: %s\n", l.Error)
	}
	for _, notice := range slices.Sorted(maps.Keys(l.Notices)) {
		fmt.Fprintf(w, "- %s, last at %s\n", notice, moment(l.Notices[notice]))
	}
	problems(w, l.Problems)
	if len(l.Problems) == 0 && l.State != "disconnected" {
		fmt.Fprintln(w, "Its plugin finds nothing else that is missing.")
	}
}

func problems(w io.Writer, all []sdk.Problem) {
	for _, p := range all {
		fmt.Fprintf(w, "- %s\n  %s\n", p.Summary, p.Fix)
	}
}

// Key shows a key that was just made. Nothing shows it again.
func Key(w io.Writer, conn string, m key.Made) {
	fmt.Fprintf(w, "Key %s for %s, shown only now:\n\n  %s\n\n", m.ID, conn, m.Secret)
	fmt.Fprintln(w, "Give it to the product, as its user name or API key towards us; the password stays empty.")
	fmt.Fprintf(w, "A key that was there before stays valid until you retire it: patchbay key retire %s ID.\n", conn)
}

// Keys lists the keys that are valid.
func Keys(w io.Writer, keys []key.Info) {
	if len(keys) == 0 {
		fmt.Fprintln(w, "It has no key.")
	}
	for _, k := range keys {
		fmt.Fprintf(w, "%s  made %s\n", k.ID, moment(k.Made))
	}
}

func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }
