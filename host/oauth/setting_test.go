package oauth

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
)

var acme = &sdk.OAuth{AuthorizeURL: "https://auth.acme.example/authorize", TokenURL: "https://auth.acme.example/token", Audience: "https://api/"}

// Where the authorization server is can be said in the configuration, is the plugin's word otherwise, and is none of the plugin's business.
func TestSettings(t *testing.T) {
	settings, err := Settings(acme)
	if err != nil || len(settings) != 4 {
		t.Fatalf("%v %v", settings, err)
	}
	want := map[string]string{"authorize_url": acme.AuthorizeURL, "token_url": acme.TokenURL, "audience": acme.Audience, "grant": "consent"}
	for _, s := range settings {
		if s.Default != want[s.Name] || s.Secret || s.Required || s.Doc == "" {
			t.Errorf("%+v", s)
		}
	}
	if none, err := Settings(nil); none != nil || err != nil {
		t.Errorf("of a product without: %v %v", none, err)
	}
}

func TestRead(t *testing.T) {
	values := map[string]any{
		"client_id": "app", "page": 100, "authorize_url": acme.AuthorizeURL, "token_url": acme.TokenURL, "audience": acme.Audience,
		"grant": "consent",
	}
	read := func(name, value string) (App, bool, string, error) {
		values[name] = value
		text, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		app, own, plugins, err := Read(acme, text)
		return app, own, string(plugins), err
	}
	app, own, plugins, err := read("client_id", "app")
	if err != nil || own || plugins != `{"client_id":"app","page":100}` || app.ClientID != "app" || app.Audience != acme.Audience {
		t.Errorf("%+v %v %s %v", app, own, plugins, err)
	}
	if app, own, _, err := read("token_url", "http://127.0.0.1:1/token"); err != nil || !own || app.TokenURL != "http://127.0.0.1:1/token" {
		t.Errorf("the operator's own: %+v %v %v", app, own, err)
	}
	for _, wrong := range []string{"auth.example.com", "ftp://auth.example.com", "https://me:pass@auth.example.com", "https://", "https://a/#x"} {
		var setting *sdk.SettingError
		if _, _, _, err := read("token_url", wrong); !errors.As(err, &setting) || setting.Setting != "token_url" {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	values["token_url"] = acme.TokenURL
	if app, _, _, err := read("grant", "client"); err != nil || app.AuthorizeURL != "" {
		t.Errorf("without consent: %+v %v", app, err)
	}
	var setting *sdk.SettingError
	if _, _, _, err := read("grant", "force"); !errors.As(err, &setting) || setting.Setting != "grant" {
		t.Errorf("another grant: %v", err)
	}
}
