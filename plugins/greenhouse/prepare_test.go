package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

// alooba is what the pairing of Greenhouse and Alooba needs of Greenhouse.
var alooba = sdk.Needs{
	HookURL: "https://patchbay.example/hooks/greenhouse/5ec2e7",
	Events: []sdk.Kind{
		sdk.KindRequested, sdk.KindHired, sdk.KindUnhired, sdk.KindRejected, sdk.KindUnrejected, sdk.KindDeleted, sdk.KindAnonymized,
	},
	Verbs:  []sdk.Verb{sdk.VerbReport, sdk.VerbFields},
	Fields: []string{"Alooba score"},
}

const (
	userURI    = "GET /users?per_page=500&primary_email=p%40example.org"
	usersURI   = "GET /users?per_page=1"
	newUserURI = "POST /users"
	hooksURI   = "GET /webhooks?per_page=500"
)

// ready is a Greenhouse where nothing that can be looked up is missing.
func ready() script {
	var hooks []string
	for _, action := range []string{"hire_candidate", "unhire_candidate", "reject_candidate", "unreject_candidate", "delete_application",
		"delete_candidate", "merge_candidate", "candidate_anonymized"} {
		hooks = append(hooks, `{"event_action_type":"`+action+`","endpoint_url":"`+alooba.HookURL+`/"}`)
	}
	return script{
		usersURI:  `200 [{"id":1,"primary_email":"boss@example.org","site_admin":true}]`,
		userURI:   `200 [{"id":9,"primary_email":"p@example.org","site_admin":true}]`,
		hooksURI:  "200 [" + strings.Join(hooks, ",") + "]",
		fieldsURI: "200 [" + field("7", "Alooba score", "alooba_score", "number", "") + "]",
	}
}

func problemsOf(t *testing.T, ats sdk.ATS, n sdk.Needs) []string {
	t.Helper()
	prepared, err := ats.(sdk.Preparer).Prepare(t.Context(), n)
	if err != nil || len(prepared.Hooks) > 0 {
		t.Fatalf("%+v, %v", prepared, err)
	}
	var all []string
	for _, p := range prepared.Problems {
		if p.Summary == "" || p.Fix == "" {
			t.Errorf("problem %+v", p)
		}
		all = append(all, p.Summary+" | "+p.Fix)
	}
	return all
}

// TestWithoutHarvestAllIsByHand: which webhooks, where, with which header and key.
func TestWithoutHarvestAllIsByHand(t *testing.T) {
	p := atNoon(t, config{Organisation: "Hogwarts Ltd"})
	all := problemsOf(t, p, alooba)
	if len(all) != 2 {
		t.Fatalf("problems %q", all)
	}
	for i, want := range [][]string{
		{"list_tests https://patchbay.example/hooks/greenhouse/5ec2e7/partner/list_tests", "/partner/send_test", "/partner/test_status",
			"/partner/response_error", "partner_keys", "SendSafely"},
		{`"Candidate has been hired" (hire_candidate)`, "unhire_candidate", "reject_candidate", "unreject_candidate", "delete_application",
			"delete_candidate", "merge_candidate", `"Candidate anonymized" (candidate_anonymized)`,
			"endpoint URL https://patchbay.example/hooks/greenhouse/5ec2e7,", "X-Organisation: Hogwarts Ltd", "webhook_secrets"},
	} {
		for _, w := range want {
			if !strings.Contains(all[i], w) {
				t.Errorf("%q is not in %s", w, all[i])
			}
		}
	}
	if strings.Contains(all[1], "candidate_stage_change") {
		t.Errorf("a webhook that no rule needs: %s", all[1])
	}
	if all := problemsOf(t, p, sdk.Needs{}); len(all) != 0 {
		t.Errorf("nothing is needed, and missing: %q", all)
	}
	unknown := alooba
	unknown.HookURL = ""
	if all := problemsOf(t, p, unknown); !strings.Contains(all[1], "<this connection's webhook URL>") {
		t.Errorf("%q", all)
	}
}

func TestPrepareNamesWhatIsMissing(t *testing.T) {
	c := config{ClientID: "abc-1", IntegrationUser: "p@example.org", OnBehalfOf: "9"}
	moving := sdk.Needs{Events: []sdk.Kind{sdk.KindMoved}, HookURL: alooba.HookURL}
	for _, tt := range []struct {
		name       string
		greenhouse script
		config     config
		needs      sdk.Needs
		want       []string // words of each problem but the four addresses; empty: nothing is missing
	}{
		{"nothing", ready(), c, alooba, nil},
		{"the right to users", ready().but(usersURI, "403"), c, alooba, []string{"harvest:users:list"}},
		{"the right to fields", ready().but("GET /custom_fields?per_page=1", "403"), c, alooba, []string{"harvest:custom_fields:list"}},
		{"the right to candidates is not needed for this pairing", ready().but("GET /candidates?per_page=1", "403"), c, alooba, nil},
		{"but where an application must be read", ready().but("GET /candidates?per_page=1", "403"), c, moving,
			[]string{"harvest:candidates:list", "candidate_stage_change"}},
		{"the user is not Site Admin", ready().but(userURI, `200 [{"id":9,"primary_email":"p@example.org","site_admin":false}]`), c, alooba,
			[]string{"user 9, who is to act for us, is not Site Admin"}},
		{"the user is deactivated", ready().but(userURI, `200 [{"id":9,"deactivated":true,"site_admin":true}]`), c, alooba,
			[]string{"is deactivated"}},
		{"another acts", ready(), config{ClientID: "abc-1", IntegrationUser: "p@example.org", OnBehalfOf: "1"}, alooba,
			[]string{`another acts for us | Set on_behalf_of = "9".`}},
		{"nobody is named: Greenhouse's own user acts", ready(), config{ClientID: "abc-1"}, alooba, nil},
		{"on_behalf_of names nobody", ready(), config{ClientID: "abc-1", OnBehalfOf: "5"}, alooba,
			[]string{"user 5, whom Greenhouse does not show"}},
		{"nobody is shown (trap 10)", ready().but(usersURI, "200 []").but(userURI, "200 []"), c, alooba, []string{"shows no users at all"}},
		{"the user may not be made", ready().but(userURI, "200 []").but(newUserURI, "403"), c, alooba, []string{"harvest:users:create"}},
		{"the user cannot be made", ready().but(userURI, "200 []").but(newUserURI, "422"), c, alooba, []string{"did not make the user"}},
		{"webhooks are not shown", ready().but(hooksURI, "403"), c, alooba, []string{"no webhook for \"Candidate has been hired\""}},
		{"two webhooks: somebody else's and one switched off", ready().but(hooksURI,
			`200 [{"event_action_type":"hire_candidate","endpoint_url":"https://x.example"},`+
				`{"event_action_type":"unhire_candidate","endpoint_url":"`+alooba.HookURL+`","deactivated":true}]`), c,
			sdk.Needs{HookURL: alooba.HookURL, Events: []sdk.Kind{sdk.KindHired, sdk.KindUnhired}},
			[]string{"hire_candidate), \"Candidate has been unhired\""}},
		{"a field takes no scores", ready().but(fieldsURI, "200 ["+field("7", "Alooba score", "alooba_score", "date", "")+"]"), c, alooba,
			[]string{`"Alooba score" is a date`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ats, _ := pretend(t, tt.config, tt.greenhouse)
			var all []string
			for _, p := range problemsOf(t, ats, tt.needs) {
				if !strings.Contains(p, "SendSafely") {
					all = append(all, p)
				}
			}
			if len(all) != len(tt.want) {
				t.Fatalf("problems %q, want %d", all, len(tt.want))
			}
			for i, p := range all {
				if !strings.Contains(p, tt.want[i]) {
					t.Errorf("problem %s, want %q", p, tt.want[i])
				}
			}
		})
	}
}

// TestTheIntegrationUserIsMadeOnce is row GA9: found, or else made, and named as long as she may not do her work.
func TestTheIntegrationUserIsMadeOnce(t *testing.T) {
	s := ready()
	s[userURI] = "200 []\n200 " + `[{"id":9,"primary_email":"p@example.org","site_admin":false}]`
	s[newUserURI] = `201 {"id":9,"primary_email":"p@example.org","site_admin":false}`
	ats, calls := pretend(t, config{ClientID: "abc-1", IntegrationUser: "p@example.org"}, s)
	for range 2 {
		all := problemsOf(t, ats, sdk.Needs{})
		if len(all) != 2 || !strings.Contains(all[0], "user 9, who is to act for us, is not Site Admin") ||
			!strings.Contains(all[1], `Set on_behalf_of = "9"`) {
			t.Errorf("problems %q", all)
		}
	}
	const patchbay = ` {"first_name":"Patchbay","last_name":"Integration","primary_email":"p@example.org"}`
	calls.wants(t, usersURI, userURI, usersURI, newUserURI+patchbay, usersURI, userURI)
}

func TestPrepareWhileDisconnected(t *testing.T) {
	ats, _ := pretend(t, withHarvest, script{usersURI: "401"})
	if _, err := ats.(sdk.Preparer).Prepare(t.Context(), alooba); !errors.Is(err, sdk.ErrDisconnected) {
		t.Errorf("%v, want disconnected", err)
	}
}
