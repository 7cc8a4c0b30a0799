package signed_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk"
	"github.com/patchbay-dev/patchbay/sdk/signed"
)

// A vector that other implementations of Standard Webhooks agree on.
const (
	secret    = "whsec_YXNzZXNzbWVudC1zYW5kYm94LXNlY3JldC0wMDAxISE="
	other     = "whsec_b3RoZXItc2FuZGJveC1zZWNyZXQtMDAwMi0wMDAyISE="
	body      = `{"type":"participant.started","timestamp":"2025-03-01T09:00:00Z","data":{"participant_id":"par_1"}}`
	signature = "v1,Wp7CrBRdVAiKNqEw/vtEM+PukSyuhcwgWU2xCY71Rq4="
)

func TestStandard(t *testing.T) {
	header := func(id, at, signature string) http.Header {
		return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {at}, "Webhook-Signature": {signature}}
	}
	good := header("msg_test_0001", "1740819600", signature)
	for name, c := range map[string]struct {
		header  http.Header
		body    string
		secrets []string
		want    bool
	}{
		"signed":                        {good, body, []string{secret}, true},
		"signed by the older of two":    {good, body, []string{other, secret}, true},
		"two signatures, one of them":   {header("msg_test_0001", "1740819600", "v1,AAAA "+signature), body, []string{secret}, true},
		"signed by another":             {good, body, []string{other}, false},
		"no secret":                     {good, body, nil, false},
		"an empty secret":               {good, body, []string{"", "whsec_"}, false},
		"a secret of another form":      {good, body, []string{secret[6:]}, false},
		"another body":                  {good, body + " ", []string{secret}, false},
		"another id":                    {header("msg_test_0002", "1740819600", signature), body, []string{secret}, false},
		"another time":                  {header("msg_test_0001", "1740819601", signature), body, []string{secret}, false},
		"no signature":                  {header("msg_test_0001", "1740819600", ""), body, []string{secret}, false},
		"a signature of another scheme": {header("msg_test_0001", "1740819600", "v1a"+signature[2:]), body, []string{secret}, false},
	} {
		if got := signed.Standard(sdk.Request{Header: c.header, Body: []byte(c.body), Secrets: c.secrets}); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if id := signed.StandardID(sdk.Request{Header: good}); id != "msg_test_0001" {
		t.Errorf("id %q", id)
	}
}

func TestCheckStandard(t *testing.T) {
	if err := signed.CheckStandard("webhook_secrets", []string{secret, other}); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", "whsec_", "whsec_c2hvcnQ=", secret[6:], secret + "!"} {
		var refused *sdk.SettingError
		err := signed.CheckStandard("webhook_secrets", []string{secret, wrong})
		if !errors.As(err, &refused) || refused.Setting != "webhook_secrets" || refused.Detail != "number 2 is not whsec_ followed by 24 to 64 bytes in base64" {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
