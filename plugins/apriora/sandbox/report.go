package sandbox

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	kit "github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// report is what Alex wrote about one interview: the documented object, with the sheet's optional reportUrl, inviteId and language.
type report struct {
	ReportID        string           `json:"reportId"`
	CandidateID     string           `json:"candidateId"`
	PositionID      string           `json:"positionId"`
	OverallScore    *float64         `json:"overallScore"`
	OverallFeedback string           `json:"overallFeedback"`
	QuestionSummary []questionAnswer `json:"questionSummary"`
	Tags            []reportTag      `json:"tags"`
	Skills          []skill          `json:"skills"`
	TimeCompleted   int64            `json:"timeCompleted"`
	VideoURL        *string          `json:"videoUrl"`
	PDFURL          *string          `json:"pdfUrl"` // signed anew at each reading
	ReportURL       string           `json:"reportUrl"`
	InviteID        string           `json:"inviteId"`
	Language        string           `json:"language"`

	base  string
	ready bool   // the PDF is there
	serve string // how it is served: one of served
}

type questionAnswer struct {
	Question string `json:"question"`
	Summary  string `json:"summary"`
}

type reportTag struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Evidence string `json:"evidence"`
}

type skill struct {
	Name     string   `json:"name"`
	Score    *float64 `json:"score"`
	Feedback string   `json:"feedback"`
}

// evaluation is what Alex is to find.
type evaluation struct {
	who
	Score       json.Number  `json:"score"` // absent: none
	Feedback    string       `json:"feedback"`
	Skills      []skill      `json:"skills"`
	ReportDelay kit.Duration `json:"report_delay"`
	Serve       string       `json:"serve"`
}

// overall is the score; nil for none.
func (e evaluation) overall() (*float64, error) {
	if e.Score == "" {
		return nil, nil
	}
	score, err := e.Score.Float64()
	if err != nil || score < 0 || score > 100 {
		return nil, fmt.Errorf("score %s is not from 0 to 100", e.Score)
	}
	return &score, nil
}

// complete brings the interview to its end, if it has not ended, and tells the evaluation. Alex thanks the candidate (documented).
func (p *product) complete(i *invite, e evaluation) error {
	score, err := e.overall()
	if err == nil {
		err = checkServe(e.Serve)
	}
	if err == nil {
		err = p.finish(i)
	}
	if err == nil {
		err = i.may("mark")
	}
	if err != nil {
		return err
	}
	q := &report{
		ReportID: i.reportID, CandidateID: i.CandidateID, PositionID: i.PositionID, OverallScore: score, OverallFeedback: e.Feedback,
		QuestionSummary: []questionAnswer{}, Tags: []reportTag{}, Skills: e.Skills, TimeCompleted: p.now(),
		ReportURL: i.base + "/reports/" + i.reportID, InviteID: i.InviteID, Language: "en", base: i.base, serve: e.Serve,
	}
	if q.OverallFeedback == "" {
		q.OverallFeedback = "Answered every question."
	}
	if q.Skills == nil {
		q.Skills = []skill{{Name: "Communication", Score: score, Feedback: "clear"}}
	}
	for _, question := range p.position(i.PositionID).Questions {
		q.QuestionSummary = append(q.QuestionSummary, questionAnswer{question, "Gave an example."})
	}
	p.reports = append(p.reports, q)
	if delay := time.Duration(e.ReportDelay); delay > 0 {
		p.after(delay, func() { q.ready = true })
	} else {
		q.ready = true
	}
	i.Status, i.CompletedAt = completed, p.now()
	seen := p.read(q)
	p.emit("session.completed", i, map[string]any{
		"overallScore": seen.OverallScore, "overallFeedback": seen.OverallFeedback, "questionSummary": seen.QuestionSummary,
		"tags": seen.Tags, "skills": seen.Skills, "timeCompleted": seen.TimeCompleted, "videoUrl": seen.VideoURL, "pdfUrl": seen.PDFURL,
		"reportUrl": seen.ReportURL, "inviteId": seen.InviteID, "language": seen.Language,
	})
	p.mail(i, thanks)
	return nil
}

// linkLife is how long the URL of a PDF works: it carries a signature instead of a credential.
const linkLife = time.Hour

// read is a copy of the report as it is read now.
func (p *product) read(q *report) report {
	seen := *q
	if q.ready && q.serve != never {
		link := p.link(q.base, "/files/"+q.ReportID+".pdf")
		seen.PDFURL = &link
	}
	return seen
}

func (p *product) link(base, path string) string {
	expires := strconv.FormatInt(p.Clock.Now().Add(linkLife).Unix(), 10)
	return base + path + "?expires=" + expires + "&signature=" + p.signature(path, expires)
}

func (p *product) signature(path, expires string) string {
	mac := hmac.New(sha256.New, []byte(p.key))
	mac.Write([]byte(path + "\n" + expires))
	return hex.EncodeToString(mac.Sum(nil))
}

// getFile serves a PDF to whoever has its URL.
func (p *product) getFile(w http.ResponseWriter, r *http.Request) {
	expires := r.FormValue("expires")
	until, err := strconv.ParseInt(expires, 10, 64)
	genuine := hmac.Equal([]byte(r.FormValue("signature")), []byte(p.signature(r.URL.Path, expires)))
	p.mu.Lock()
	q := find(p.reports, func(q *report) bool { return q.ReportID+".pdf" == r.PathValue("file") })
	var seen report
	if q != nil {
		seen = *q
	}
	p.mu.Unlock()
	switch {
	case err != nil || !genuine || until < p.now():
		http.Error(w, "the link is forged or has expired", http.StatusForbidden)
	case q == nil || !seen.ready:
		http.Error(w, "no such file", http.StatusNotFound)
	default:
		served[seen.serve](p, w, r, seen)
	}
}

// never is the way to serve a report that no URL leads to.
const never = "never"

// maxFile is what a large report weighs, in bytes.
const maxFile = 40 << 20

// served is what the URL of a PDF may give: a PDF, or something that is none.
var served = map[string]func(p *product, w http.ResponseWriter, r *http.Request, q report){
	"": pdf, "pdf": pdf,
	never:  func(_ *product, w http.ResponseWriter, _ *http.Request, _ report) { w.WriteHeader(http.StatusNotFound) },
	"gone": func(_ *product, w http.ResponseWriter, _ *http.Request, _ report) { w.WriteHeader(http.StatusGone) },
	"moved": func(p *product, w http.ResponseWriter, r *http.Request, q report) {
		if r.PathValue("archive") != "" {
			pdf(p, w, r, q)
			return
		}
		redirect(w, p.link("", "/files/archive/"+q.ReportID+".pdf"))
	},
	"circle": func(_ *product, w http.ResponseWriter, r *http.Request, _ report) { redirect(w, r.URL.String()) },
	"loopback": func(_ *product, w http.ResponseWriter, _ *http.Request, _ report) {
		redirect(w, "http://127.0.0.1:1/report.pdf")
	},
	"foreign": func(_ *product, w http.ResponseWriter, _ *http.Request, _ report) {
		redirect(w, "https://files.example.com/report.pdf")
	},
	"html": func(_ *product, w http.ResponseWriter, _ *http.Request, _ report) {
		send(w, "text/html; charset=utf-8", -1, strings.NewReader("<html><body>Please sign in.</body></html>"))
	},
	"disguised": func(_ *product, w http.ResponseWriter, _ *http.Request, _ report) {
		send(w, "application/pdf", -1, strings.NewReader("<html><body>Please sign in.</body></html>"))
	},
	"large": func(_ *product, w http.ResponseWriter, _ *http.Request, _ report) {
		send(w, "application/pdf", maxFile, large())
	},
	"unmeasured": func(_ *product, w http.ResponseWriter, _ *http.Request, _ report) {
		send(w, "application/pdf", -1, large())
	},
}

func checkServe(how string) error {
	if _, ok := served[how]; !ok {
		return fmt.Errorf("%q is no way to serve a report", how)
	}
	return nil
}

func redirect(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusFound)
}

func send(w http.ResponseWriter, kind string, size int, content io.Reader) {
	w.Header().Set("Content-Type", kind)
	if size >= 0 {
		w.Header().Set("Content-Length", strconv.Itoa(size))
	}
	_, _ = io.Copy(w, content) // an error means that the caller has had enough
}

func large() io.Reader {
	return io.MultiReader(strings.NewReader("%PDF-"), io.LimitReader(zeros{}, maxFile-5))
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// pdf serves the report as one page.
func pdf(_ *product, w http.ResponseWriter, _ *http.Request, q report) {
	score := "no score"
	if q.OverallScore != nil {
		score = fmt.Sprintf("score %v of 100", *q.OverallScore)
	}
	page := onePage("Alex interview report "+q.ReportID, score, q.OverallFeedback)
	send(w, "application/pdf", len(page), bytes.NewReader(page))
}

// onePage is a PDF with a few lines of text. What it cannot show in Latin letters it leaves out.
func onePage(lines ...string) []byte {
	text := "BT /F1 12 Tf 72 760 Td 18 TL"
	for _, line := range lines {
		plain := strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' || r == '(' || r == ')' || r == '\\' {
				return -1
			}
			return r
		}, line)
		text += " (" + plain + ") Tj T*"
	}
	text += " ET"
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	places := []int{}
	for n, object := range objects {
		places = append(places, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", n+1, object)
	}
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range places {
		fmt.Fprintf(&out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table)
	return out.Bytes()
}
