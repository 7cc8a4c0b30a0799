package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/host/config"
	"github.com/patchbay-dev/patchbay/host/invitation"
	"github.com/patchbay-dev/patchbay/host/rule"
	"github.com/patchbay-dev/patchbay/sdk"
)

// happening is the file that explain reads: an event, and what is known when it comes.
type happening struct {
	Event       sdk.Event               `json:"event"`
	Application sdk.Application         `json:"application"`
	Invitations []invitation.Invitation `json:"invitations"`
	Assessments []sdk.Assessment        `json:"assessments"`
	Appearances map[string]int          `json:"appearances"` // of tags that are scanned for
	Used        []string                `json:"used"`        // facts that are the baseline
}

// explanation is what one pairing makes of it.
type explanation struct {
	Pairing   string          `json:"pairing"`
	Note      string          `json:"note,omitempty"` // why there is nothing else
	Decisions []rule.Decision `json:"decisions"`
	Invites   []rule.Invite   `json:"invites,omitempty"`
	Writes    []rule.Write    `json:"writes,omitempty"`
	Tags      []string        `json:"tags,omitempty"`
	Near      []rule.Near     `json:"near,omitempty"`
}

// exampleEvent is configs/moved.json.
const exampleEvent = `{
  "event": {"kind": "moved"},
  "application": {
    "stage": {"name": "Assessment"}, "stage_since": "2026-01-31T09:00:00Z",
    "origin": "referred", "tags": [], "posting": {"tags": []}
  }
}`

func newExplainCmd() *cobra.Command {
	var (
		folder string
		asJSON bool
	)
	c := &cobra.Command{
		Use:   "explain EVENT.json",
		Short: "Show what the rules make of an event: each guard and rule with its line, and what would be done",
		Long: "EVENT.json holds {event, application, invitations, assessments}, as the SDK writes them; - reads standard input. What\n" +
			"is left out is empty. configs/moved.json is one to copy and change. An event of an invitation is about the one whose\n" +
			"remote it names, or the only one. Nothing is sent anywhere.\n\n" +
			"The rules are those of the folder configs if it is there, else of the present one, unless --config names another.",
		Example: "  patchbay explain configs/moved.json\n\n" + exampleEvent,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			h, err := readHappening(c.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			f, diags := config.Read(folder)
			if diags.HasErrors() {
				config.Print(c.ErrOrStderr(), f, diags)
				return errFindings
			}
			var all []explanation
			for _, p := range f.Pairings {
				x, err := explain(p, h)
				if err != nil {
					return err
				}
				all = append(all, x)
			}
			if asJSON {
				enc := json.NewEncoder(c.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(all)
			}
			return tell(c.OutOrStdout(), h, all)
		},
	}
	c.Flags().StringVar(&folder, "config", configFolder(nil), "the `folder` of the configuration")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, for machines")
	return c
}

func readHappening(stdin io.Reader, name string) (happening, error) {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return happening{}, err
		}
		defer f.Close()
		in = f
	}
	var h happening
	dec := json.NewDecoder(in)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&h); err != nil {
		return h, fmt.Errorf("%s: %w", name, err)
	}
	if !rule.Told(h.Event.Kind) {
		return h, fmt.Errorf("%s: event.kind %q is none of the events that an ATS or a vendor tells", name, h.Event.Kind)
	}
	return h, nil
}

// explain asks one pairing. An event that it makes nothing of has no decisions.
func explain(p *rule.Pairing, h happening) (explanation, error) {
	x := explanation{Pairing: p.Label}
	mine := h.Invitations[:0:0]
	for _, inv := range h.Invitations {
		if (inv.ATS == "" || inv.ATS == p.ATS) && (inv.Vendor == "" || inv.Vendor == p.Vendor) {
			mine = append(mine, inv)
		}
	}
	if rule.OfATS(h.Event.Kind) {
		plan := p.Decide(h.Event, rule.Known{
			Application: h.Application, Invitations: mine, Assessments: h.Assessments, Appearances: h.Appearances, Used: h.Used,
		})
		x.Decisions, x.Invites, x.Near = plan.Decisions, plan.Invites, plan.Near
		return x, nil
	}
	i, err := about(h.Event, mine)
	if err != nil {
		return x, err
	}
	if i < 0 {
		x.Note = fmt.Sprintf("%q is an event of an invitation, and the file has none of this pairing: put it into invitations", h.Event.Kind)
		return x, nil
	}
	after, steps := mine[i].Apply(h.Event)
	mine[i] = after
	for _, step := range steps {
		plan := p.Follow(step, after, h.Application)
		x.Decisions, x.Writes = append(x.Decisions, plan.Decisions...), append(x.Writes, plan.Writes...)
	}
	tags, shown := p.Tags(h.Application, mine)
	x.Tags, x.Decisions = tags, append(x.Decisions, shown...)
	return x, nil
}

// about is which invitation an event is about; -1 if the pairing has none.
func about(ev sdk.Event, invs []invitation.Invitation) (int, error) {
	for i, inv := range invs {
		if ev.Invitation != "" && inv.Remote == ev.Invitation {
			return i, nil
		}
	}
	switch {
	case len(invs) == 0:
		return -1, nil
	case len(invs) == 1 && ev.Invitation == "":
		return 0, nil
	}
	return 0, fmt.Errorf("event.invitation %q is the remote of none of the %d invitations", ev.Invitation, len(invs))
}

// tell shows explanations to a person.
func tell(w io.Writer, h happening, all []explanation) error {
	var b strings.Builder
	for _, x := range all {
		fmt.Fprintf(&b, "pairing %q, event %s\n", x.Pairing, h.Event.Kind)
		columns := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, d := range x.Decisions {
			fmt.Fprintf(columns, "  %s:%d\t%s\t%s", d.File, d.Line, d.Rule, strings.TrimSpace(string(d.Verdict)+" "+d.Reason))
			if d.Detail != "" {
				fmt.Fprintf(columns, "\t%s", d.Detail)
			}
			fmt.Fprintln(columns)
		}
		columns.Flush()
		if len(x.Decisions) == 0 {
			fmt.Fprintf(&b, "  %s\n", cmp.Or(x.Note, "no rule waits for it"))
		}
		x.tellPlan(&b)
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (x explanation) tellPlan(b *strings.Builder) {
	for _, in := range x.Invites {
		fmt.Fprintf(b, "  would invite, attempt %d", in.Attempt)
		if in.Assessment != "" {
			fmt.Fprintf(b, ", to %q", in.Assessment)
		}
		if in.Failed != nil {
			fmt.Fprintf(b, "; it fails at once: %s: %s", in.Failed.Reason, in.Failed.Detail)
		}
		b.WriteString("\n")
	}
	for _, write := range x.Writes {
		fmt.Fprintf(b, "  would %s\n", words(write))
	}
	if len(x.Tags) > 0 {
		fmt.Fprintf(b, "  tags then: %s\n", strings.Join(x.Tags, ", "))
	}
	for _, n := range x.Near {
		fmt.Fprintf(b, "  note: the tag %q is nearly %q, but does not match\n", n.Tag, n.Wanted)
	}
}

// words is what a rule writes, as people say it.
func words(planned rule.Write) string {
	w := planned.Write
	named := func(verb sdk.Verb) string { return strings.TrimPrefix(planned.Slot, string(verb)+" ") }
	switch {
	case w.Link != nil:
		return "link to " + w.Link.URL + said(", as %q", w.Link.Title)
	case w.Note != nil:
		return fmt.Sprintf("write the note %q", named(sdk.VerbNote)) + said(", with the score %d", w.Note.Score) + below(w.Note.Text)
	case w.Feedback != nil:
		return fmt.Sprintf("fill in the feedback form %q", w.Feedback.Template) + percent(w.Feedback.Score) +
			said(", rating %d", w.Feedback.Rating) + below(w.Feedback.Text)
	case w.Fields != nil:
		var values strings.Builder
		for _, f := range w.Fields.Values {
			fmt.Fprintf(&values, "%s = %s\n", f.Name, fieldValue(f))
		}
		return "set the fields" + below(values.String())
	case w.File != nil:
		return fmt.Sprintf("attach the vendor's %s as %q, once it is there", w.File.Role, w.File.Name)
	case w.Report != nil && planned.Report != nil:
		return "report the test complete" + percent(planned.Report.Score) + said(", with the link %s", planned.Report.URL)
	case w.Move != nil:
		return fmt.Sprintf("move to %q", w.Move.Stage)
	case w.Alert != nil:
		return fmt.Sprintf("have the vendor alert its account's owner, as %q", named(sdk.VerbAlert)) + below(w.Alert.Text)
	}
	return "write " + planned.Slot
}

// said is words about a value; none if it is not there.
func said[T comparable](format string, value T) string {
	var none T
	if value == none {
		return ""
	}
	return fmt.Sprintf(format, value)
}

func percent(score *float64) string {
	if score == nil {
		return ""
	}
	return fmt.Sprintf(", %v percent", *score)
}

func fieldValue(f sdk.Field) string {
	if f.Number != nil {
		return fmt.Sprint(*f.Number)
	}
	return fmt.Sprintf("%q", f.Text)
}

// below is a text of several lines under the line that says what it is.
func below(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		b.WriteString("\n" + strings.TrimRight("    "+line, " \n"))
	}
	return said(":%s", b.String())
}
