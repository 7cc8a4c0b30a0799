package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
)

// sight is what all products show at one time, by application, a line for each thing.
type sight struct{ atATS, atVendors map[string][]string }

// widths are those of the table's columns.
var widths = []int{28, 46, 38, 36}

// Show prints what the products show of each candidate. It fails if that is not what should have become of her.
func (t *Stage) Show(ctx context.Context, out io.Writer) error {
	seen := sight{map[string][]string{}, map[string][]string{}}
	for _, look := range []func(context.Context, sight) error{t.lookAtLever, t.lookAtGreenhouse, t.lookAtVendors} {
		if err := look(ctx, seen); err != nil {
			return err
		}
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "\nWHO\tTHE ATS SHOWS\tTHE VENDORS SHOW\tWHY NOT")
	var wrong []error
	for _, r := range t.cast {
		why, err := t.host.Refusals(ctx, r.id)
		if err != nil {
			return err
		}
		row(w, []string{r.name, r.about}, seen.atATS[r.id], seen.atVendors[r.id], why)
		for _, cell := range []struct {
			whose     string
			got, want []string
		}{
			{"the ATS shows", seen.atATS[r.id], r.atATS}, {"the vendors show", seen.atVendors[r.id], r.atVendors}, {"the host refused by", why, r.why},
		} {
			if !slices.Equal(cell.got, cell.want) {
				wrong = append(wrong, fmt.Errorf("%s: %s %q, and it should be %q", r.name, cell.whose, cell.got, cell.want))
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(table.String()) {
		if _, err := fmt.Fprintln(out, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return errors.Join(wrong...)
}

// row prints cells of several lines, and an empty line below.
func row(w io.Writer, cells ...[]string) {
	for i, c := range cells {
		cells[i] = fold(c, widths[i])
	}
	for line := 0; ; line++ {
		text, more := make([]string, len(cells)), false
		for i, c := range cells {
			if line < len(c) {
				text[i], more = c[line], true
			}
		}
		fmt.Fprintln(w, strings.Join(text, "\t"))
		if !more {
			return
		}
	}
}

// fold breaks lines between words, and indents what goes on.
func fold(lines []string, width int) (folded []string) {
	for _, text := range lines {
		line := ""
		for word := range strings.FieldsSeq(text) {
			if len(line)+1+len(word) > width && strings.TrimSpace(line) != "" {
				folded, line = append(folded, line), " "
			}
			line += " " + word
		}
		folded = append(folded, line)
	}
	for i := range folded {
		folded[i] = strings.TrimPrefix(folded[i], " ")
	}
	return folded
}

// marker is what the host leaves in what it writes: another one each time.
var marker = regexp.MustCompile(`[ (]*ref:[A-Z2-7-]+\)?`)

func (t *Stage) lookAtLever(ctx context.Context, seen sight) error {
	var all []struct {
		ID       string
		Stage    string
		Archived *struct{ Reason string }
		OwnTags  []string `json:"own_tags"`
		Links    []string
		Notes    []struct{ Text string }
		Feedback []struct{ Fields map[string]any }
		Files    []struct{ Name string }
	}
	if err := t.products["lever"].state(ctx, "opportunities", &all); err != nil {
		return err
	}
	for _, o := range all {
		lines := []string{"in " + o.Stage}
		if o.Archived != nil {
			lines[0] = "archived: " + o.Archived.Reason
		}
		slices.Sort(o.OwnTags)
		for _, name := range o.OwnTags {
			lines = append(lines, "tag "+name)
		}
		for range o.Links {
			lines = append(lines, "link")
		}
		for _, n := range o.Notes {
			first, _, _ := strings.Cut(n.Text, "\n")
			lines = append(lines, "note "+first)
		}
		for _, f := range o.Feedback {
			var values []string
			for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
				first, _, _ := strings.Cut(fmt.Sprint(f.Fields[name]), "\n")
				values = append(values, first)
			}
			lines = append(lines, "feedback "+strings.Join(values, "; "))
		}
		for _, f := range o.Files {
			lines = append(lines, "file "+f.Name)
		}
		for i := range lines {
			lines[i] = marker.ReplaceAllString(lines[i], "")
		}
		seen.atATS[o.ID] = lines
	}
	return nil
}

func (t *Stage) lookAtGreenhouse(ctx context.Context, seen sight) error {
	var all []struct {
		ID, Email, Stage string
		Kit              struct {
			Test, Status, Report string
			Score                *float64
		}
	}
	if err := t.products["greenhouse"].state(ctx, "applications", &all); err != nil {
		return err
	}
	for _, a := range all {
		lines := []string{"in " + a.Stage, fmt.Sprintf("test %s: %s", a.Kit.Test, a.Kit.Status)}
		if a.Kit.Score != nil {
			lines = append(lines, fmt.Sprintf("score %v", *a.Kit.Score))
		}
		if a.Kit.Report != "" {
			lines = append(lines, "View Report")
		}
		if a.Email == "" {
			lines = append(lines, "anonymized")
		}
		seen.atATS[a.ID] = lines
	}
	return nil
}

// views is where the vendors' sandboxes show what they have of an application, and what of it is to be told.
var views = []struct {
	vendor, list string
	told         [][2]string // a word, and where its value lies
}{
	{"alooba", "participants", [][2]string{{"", "status"}, {"score ", "result.score"}, {"mails ", "mails"}}},
	{"alooba", "alerts", [][2]string{{"told its owner: ", "text"}}},
	{"alva", "candidates", [][2]string{{"", "invitation.status"}, {"score ", "role_fit.score"}, {"stage ", "stage"}, {"mails ", "mails"}}},
	{"apriora", "invites", [][2]string{{"", "status"}, {"mails ", "mails"}}},
	{"hired", "invitations", [][2]string{{"", "status"}, {"score ", "result.score"}, {"mails ", "mails"}}},
}

func (t *Stage) lookAtVendors(ctx context.Context, seen sight) error {
	for _, v := range views {
		var all []map[string]any
		if err := t.products[v.vendor].state(ctx, v.list, &all); err != nil {
			return err
		}
		for _, one := range all {
			var said []string
			for _, told := range v.told {
				if value := dig(one, told[1]); value != nil {
					said = append(said, fmt.Sprintf("%s%v", told[0], value))
				}
			}
			named, _ := one["external"].(map[string]any) // the ATS's ids
			for _, r := range t.cast {
				if slices.Contains(slices.Collect(maps.Values(named)), any(r.id)) {
					seen.atVendors[r.id] = append(seen.atVendors[r.id], v.vendor+": "+strings.Join(said, ", "))
				}
			}
		}
	}
	return nil
}

// dig finds what lies under names with dots between them; nil if it is not there.
func dig(in any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		object, _ := in.(map[string]any)
		in = object[name]
	}
	return in
}
