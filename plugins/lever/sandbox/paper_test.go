package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// upload sends a file as a form whose part has that name.
func (l *lever) upload(path, part, name string, content []byte) (int, string) {
	l.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	w, err := form.CreateFormFile(part, name)
	if err != nil {
		l.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		l.Fatal(err)
	}
	if err := form.Close(); err != nil {
		l.Fatal(err)
	}
	return l.post(path, form.FormDataContentType(), body.Bytes())
}

func (l *lever) post(path, media string, body []byte) (int, string) {
	l.Helper()
	req, err := http.NewRequest("POST", l.url+l.fill(path), bytes.NewReader(body))
	if err != nil {
		l.Fatal(err)
	}
	req.SetBasicAuth(sandbox.DefaultAPIKey, "")
	req.Header.Set("Content-Type", media)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		l.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

func TestFiles(t *testing.T) {
	l := start(t, sandbox.Options{})
	l.act("apply", grace)
	const path = "/v1/opportunities/{opportunity}/files"
	as := path + "?perform_as={assessments}"
	for name, c := range map[string]struct {
		path, part, name string
		size             int
		want             int
	}{
		"a PDF":               {as, "file", "report.PDF", 100, 201},
		"as large as can be":  {as, "file", "report.pdf", 30_000_000, 201},
		"a byte too many":     {as, "file", "report.pdf", 30_000_001, 413},
		"far too many":        {as, "file", "report.pdf", 40_000_000, 413},
		"a page":              {as, "file", "report.html", 10, 400},
		"no extension":        {as, "file", "report", 10, 400},
		"under another name":  {as, "upload", "report.pdf", 10, 400},
		"by nobody":           {path, "file", "report.pdf", 10, 400},
		"by a user not there": {path + "?perform_as={none}", "file", "report.pdf", 10, 400},
		"about nobody":        {"/v1/opportunities/{none}/files?perform_as={ada}", "file", "report.pdf", 10, 404},
	} {
		if status, body := l.upload(c.path, c.part, c.name, bytes.Repeat([]byte("x"), c.size)); status != c.want {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.want)
		}
	}
	for name, body := range map[string]string{
		"cut short": "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF",
		"no form":   "%PDF",
	} {
		if status, answer := l.post(as, "multipart/form-data; boundary=b", []byte(body)); status != 400 {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	if kept := l.state("{opportunity}").Files; len(kept) != 2 {
		t.Errorf("kept %d files, want the two that were answered 201", len(kept))
	}
}

func TestAFileIsKeptAsItCame(t *testing.T) {
	l := start(t, sandbox.Options{})
	l.act("apply", grace)
	content := []byte("%PDF-1.7 \x00\xff report")
	_, answer := l.upload("/v1/opportunities/{opportunity}/files?perform_as={assessments}", "file", "Alex report.pdf", content)
	var made struct{ Data struct{ ID string } }
	if err := json.Unmarshal([]byte(answer), &made); err != nil {
		t.Fatal(err)
	}
	l.ids["file"] = made.Data.ID
	if _, got, header := l.call("GET", "/v1/opportunities/{opportunity}/files/{file}/download", ""); got != string(content) ||
		header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("downloaded %q as %q", got, header.Get("Content-Type"))
	}
	sum := sha256.Sum256(content)
	s := l.state("{opportunity}").Files
	if len(s) != 1 || s[0].Name != "Alex report.pdf" || s[0].Size != len(content) || s[0].SHA256 != hex.EncodeToString(sum[:]) ||
		s[0].Author != "assessments@employer.example" {
		t.Errorf("the state shows %+v", s)
	}
	l.follow(`
GET /v1/opportunities/{opportunity}/files
    200 {"data":[{"id":"{file}","name":"Alex report.pdf","ext":".pdf","status":"processed","size":18,"uploadedAt":"*","downloadUrl":"*"}]}
GET /v1/opportunities/{opportunity}/files?uploaded_at_end=1
    200 {"data":[]}
GET /v1/opportunities/{opportunity}/files?uploaded_at_end=x
    400
GET /v1/opportunities/{opportunity}/files/{file}
    200 {"data":{"id":"{file}"}}
DELETE /v1/opportunities/{opportunity}/files/{file}
    400
DELETE /v1/opportunities/{opportunity}/files/{file}?perform_as={ada}
    204
GET /v1/opportunities/{opportunity}/files/{file}/download
    404
`)
}

func TestTemplatesThatPeopleEdit(t *testing.T) {
	l := start(t, sandbox.Options{})
	l.control("POST", "acts/settings", `{"ratings":["Superb","Good","Poor","Never"]}`, nil)
	l.act("template", `{"text":"Test","fields":[{"type":"score-system","text":"Overall"},{"type":"textarea","text":"Why"}]}`)
	l.act("apply", grace)
	fields := func() []struct{ ID, Text string } {
		var got struct{ Fields []struct{ ID, Text string } }
		l.get("/v1/feedback_templates/{template}", &got)
		return got.Fields
	}
	before := fields()
	l.ids["overall"], l.ids["why"] = before[0].ID, before[1].ID
	l.follow(`
DELETE /v1/feedback_templates/{template}
    403
POST /v1/opportunities/{opportunity}/feedback?perform_as={ada} {"baseTemplateId":"{template}","fieldValues":[
        {"id":"{overall}","value":"Superb"},{"id":"{why}","value":"Because"}]}
    201
`)
	l.act("template-edit", `{"template":"Test","text":"Exam","fields":[{"type":"score-system","text":"Overall"}]}`)
	if after := fields(); len(after) != 1 || after[0].ID == before[0].ID {
		t.Errorf("after the edit the fields are %v, were %v: an edited field has another id", after, before)
	}
	f := l.state("{opportunity}").Feedback
	if len(f) != 1 || f[0].Template != "Test" || f[0].Author != "ada@employer.example" || f[0].Fields["Overall"] != "Superb" ||
		f[0].Fields["Why"] != "Because" {
		t.Errorf("the state shows %+v: a form stays as it was filled in", f)
	}
	l.act("template-remove", `{"template":"Exam"}`)
	if status, _, _ := l.call("GET", "/v1/feedback_templates/{template}", ""); status != 404 {
		t.Errorf("a removed template is answered %d", status)
	}
	resp, err := http.Get(l.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(page), "Why: Because") {
		t.Errorf("the page does not show the feedback: %v", err)
	}
}
