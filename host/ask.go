package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/host/admin"
	"github.com/patchbay-dev/patchbay/host/connect"
	"github.com/patchbay-dev/patchbay/host/key"
	"github.com/patchbay-dev/patchbay/host/rule"
)

// The commands of this file ask the host that runs on a state file, or the file itself when none does.

// asking is the flags that all of them share.
type asking struct {
	state  string
	asJSON bool
}

func (a *asking) flags(c *cobra.Command) *cobra.Command {
	c.Flags().StringVar(&a.state, "state", defaultState, "the state `file`")
	c.Flags().BoolVar(&a.asJSON, "json", false, "print JSON, for machines")
	return c
}

// client asks the host that runs, or the state file if none does; ends closes it.
func (a *asking) client(ctx context.Context) (client admin.Client, ends func(), err error) {
	if client, ok := admin.Dial(ctx, a.state); ok {
		return client, func() {}, nil
	}
	m, err := openMemory(ctx, a.state, false)
	if err != nil {
		return client, nil, err
	}
	return admin.Offline(&admin.Server{Journal: m.journal}), m.close, nil
}

// ask makes one request and prints the answer, by show or as it came.
func ask[T any](c *cobra.Command, a *asking, method, path string, in any, show func(io.Writer, T)) error {
	client, ends, err := a.client(c.Context())
	if err != nil {
		return err
	}
	defer ends()
	var out T
	if err := client.Ask(c.Context(), method, path, in, &out); err != nil {
		return err
	}
	if a.asJSON {
		enc := json.NewEncoder(c.OutOrStdout())
		enc.SetIndent("", "  ")
		return enc.Encode(out)
	}
	show(c.OutOrStdout(), out)
	return nil
}

func newWhyCmd() *cobra.Command {
	var a asking
	return a.flags(&cobra.Command{
		Use:   "why CANDIDATE",
		Short: "Tell the story of one candidate: each event, each rule that held or did not, each write",
		Long:  "CANDIDATE is an application's id, an e-mail address, or a part of the name.",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c, &a, http.MethodGet, "/why?q="+url.QueryEscape(args[0]), nil, func(w io.Writer, stories []admin.Story) {
				if len(stories) == 0 {
					fmt.Fprintf(w, "Nothing is known of %q: no event has come for such an application.\n", args[0])
				}
				for _, s := range stories {
					showStory(w, s)
				}
			})
		},
	})
}

// showStory tells one application's story, the oldest line first. What a rule saw stands below its line, whole.
func showStory(w io.Writer, s admin.Story) {
	c := s.Case
	fmt.Fprintf(w, "%s\n", heading(c))
	for _, v := range c.Invitations {
		fmt.Fprintf(w, "  invitation %d by %s is %s %s\n", v.Attempt, v.Vendor, v.State, v.URL)
	}
	if len(c.Invitations) == 0 {
		fmt.Fprintln(w, "  not invited")
	}
	for _, e := range s.Entries {
		outcome := strings.ReplaceAll(strings.TrimSpace(e.Verdict+" "+e.Reason), "_", " ")
		switch {
		case e.Reason == rule.ReasonWhen:
			outcome = "does not apply"
		case e.What == "decision" && (e.Verdict == string(rule.Invited) || e.Verdict == string(rule.Written)):
			outcome = "decided: " + outcome // what came of it has a line of its own
		}
		line := fmt.Sprintf("  %s  %-34s  %-24s  %s", moment(e.At), e.Name, outcome, e.Place)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
		if e.Detail != "" {
			fmt.Fprintf(w, "%23s%s\n", "", strings.ReplaceAll(lines(e.Detail), "\n", "\n"+strings.Repeat(" ", 23)))
		}
	}
	fmt.Fprintln(w)
}

// heading says who it is, as far as the ATS has let us know.
func heading(c admin.Summary) string {
	if c.Read.IsZero() {
		return fmt.Sprintf("Application %s at %s, which could not be read: perhaps it is confidential or gone", c.Application, c.ATS)
	}
	head := clip(c.Name)
	if c.Posting != "" {
		head += ", for " + clip(c.Posting)
	}
	if c.Stage != "" {
		head += ", in stage " + clip(c.Stage)
	}
	return fmt.Sprintf("%s (%s %s, read %s)", head, c.ATS, c.Application, moment(c.Read))
}

func newCasesCmd() *cobra.Command {
	var a asking
	return a.flags(&cobra.Command{
		Use:   "cases",
		Short: "List the applications that events have come for, the latest first",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c, &a, http.MethodGet, "/cases", nil, func(w io.Writer, cases []admin.Summary) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				fmt.Fprintln(t, "CANDIDATE\tPOSTING\tSTAGE\tINVITATION\tWAITING\tPARKED\tAPPLICATION")
				for _, s := range cases {
					state := "none"
					if n := len(s.Invitations); n > 0 {
						state = string(s.Invitations[n-1].State)
					}
					fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n", clip(s.Name), clip(s.Posting), clip(s.Stage), state, s.Waiting, s.Parked, s.Application)
				}
				_ = t.Flush()
			})
		},
	})
}

func newParkedCmd() *cobra.Command {
	parked := &cobra.Command{Use: "parked", Short: "Show and settle the writes that wait for a person"}
	var a asking
	parked.AddCommand(a.flags(&cobra.Command{
		Use:   "list",
		Short: "List them, with the reason and what to look for at the product",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c, &a, http.MethodGet, "/parked", nil, showParked)
		},
	}))
	for _, act := range []struct{ name, short string }{
		{"retry", "Try it again: what may have arrived is looked for first"},
		{"confirm", "It is there: you have seen it at the product"},
		{"deny", "It is not there: you have looked at the product, so it is done again"},
		{"drop", "It is no longer wanted"},
	} {
		parked.AddCommand(newActCmd(act.name, act.short))
	}
	return parked
}

func showParked(w io.Writer, parked []admin.Parked) {
	if len(parked) == 0 {
		fmt.Fprintln(w, "Nothing waits for a person.")
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "KEY\tSTATE\tWRITE\tTO\tCANDIDATE\tREASON\tLOOK FOR\tSINCE")
	for _, p := range parked {
		fmt.Fprintf(t, "%.12s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			p.Key, p.State, p.Verb, p.Connection, clip(p.Name), clip(strings.TrimSpace(p.Reason+" "+p.Detail)), p.Marker, moment(p.Since))
	}
	_ = t.Flush()
	fmt.Fprintln(w, "\nSettle one with patchbay parked retry|confirm|deny|drop KEY --reason \"…\".")
}

func newActCmd(name, short string) *cobra.Command {
	var a asking
	var act admin.Act
	c := a.flags(&cobra.Command{
		Use:   name + " KEY",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path := "/parked/" + url.PathEscape(args[0]) + "/" + name
			return ask(c, &a, http.MethodPost, path, act, func(w io.Writer, now admin.Acted) { fmt.Fprintf(w, "Taken: the write is now %s.\n", now.State) })
		},
	})
	c.Flags().StringVar(&act.Reason, "reason", "", "why, for whoever asks later (required)")
	_ = c.MarkFlagRequired("reason")
	if name == "confirm" {
		c.Flags().StringVar(&act.Remote, "id", "", "the product's `id` of what is there")
	}
	return c
}

func newPluginsCmd() *cobra.Command {
	plugins := &cobra.Command{Use: "plugins", Short: "Show the plugins that run"}
	var a asking
	plugins.AddCommand(a.flags(&cobra.Command{
		Use:   "list",
		Short: "List the connections with their plugins and what each can do",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c, &a, http.MethodGet, "/connections", nil, func(w io.Writer, links []admin.Link) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				fmt.Fprintln(t, "CONNECTION\tPLUGIN\tVERSION\tSTATE\tPID\tRESTARTS\tVERBS")
				for _, l := range links {
					fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n", l.Name, l.Plugin, l.Version, strings.TrimSpace(l.State+" "+l.Error), l.PID, l.Restarts, strings.Trim(fmt.Sprint(l.Verbs), "[]"))
				}
				_ = t.Flush()
			})
		},
	}))
	return plugins
}

func newConnectCmd() *cobra.Command {
	var a asking
	var again bool
	c := a.flags(&cobra.Command{
		Use:   "connect CONNECTION",
		Short: "Make a product and Patchbay known to each other: asks for consent where one is needed, and says what to do",
		Long: "CONNECTION is as in the configuration: ats.lever, or lever alone. Where the product gives access by consent, prints the address to open and\n" +
			"waits until somebody has answered there. Then prints the address for webhooks, which is a secret, and what is missing at the product.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if a.asJSON {
				return ask(c, &a, http.MethodGet, connect.Path(args[0]), nil, func(io.Writer, admin.Link) {})
			}
			client, ends, err := a.client(c.Context())
			if err != nil {
				return err
			}
			defer ends()
			return connect.Talk(c.Context(), client, c.OutOrStdout(), args[0], again)
		},
	})
	c.Flags().BoolVar(&again, "again", false, "ask for consent although there is one")
	return c
}

func newKeyCmd() *cobra.Command {
	keys := &cobra.Command{Use: "key", Short: "Make and retire the keys with which a product calls us"}
	var create, list, retire asking
	keys.AddCommand(
		create.flags(&cobra.Command{
			Use: "create CONNECTION", Short: "Make a key, shown only this once; the one before it stays valid", Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				return ask(c, &create, http.MethodPost, connect.Path(args[0])+"/keys", nil, func(w io.Writer, m key.Made) { connect.Key(w, args[0], m) })
			},
		}),
		list.flags(&cobra.Command{
			Use: "list CONNECTION", Short: "List the keys that are valid", Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				return ask(c, &list, http.MethodGet, connect.Path(args[0])+"/keys", nil, connect.Keys)
			},
		}),
		retire.flags(&cobra.Command{
			Use: "retire CONNECTION ID", Short: "Make a key invalid, for good", Args: cobra.ExactArgs(2),
			RunE: func(c *cobra.Command, args []string) error {
				path := connect.Path(args[0]) + "/keys/" + url.PathEscape(args[1])
				return ask(c, &retire, http.MethodDelete, path, nil, func(w io.Writer, _ struct{}) { fmt.Fprintln(w, "Retired.") })
			},
		}),
	)
	return keys
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// clip keeps a text that somebody else wrote to one line of a terminal.
func clip(s string) string {
	s = strings.Join(strings.Fields(visible(s)), " ")
	if r := []rune(s); len(r) > 100 {
		return string(r[:99]) + "…"
	}
	return s
}

// lines is a text that somebody else wrote, whole, line by line.
func lines(s string) string {
	all := strings.Split(s, "\n")
	for i, l := range all {
		all[i] = visible(l)
	}
	return strings.Join(all, "\n")
}
