package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/sdk"
)

// reportPDF is the one document that Apriora has of an invitation.
const reportPDF = "report_pdf"

const (
	maxDocument  = 20 << 20 // bytes
	maxRedirects = 3
	pdfType      = "application/pdf"
	pdfBegin     = "%PDF-"
)

// Document fetches the report of an interview. The report tells where it lies, by a URL that is signed and may redirect: it is read there
// and then, never handed on, and only from the vendor's own hosts.
func (a *apriora) Document(ctx context.Context, id, role string) (sdk.Document, error) {
	if role != reportPDF {
		return sdk.Document{}, sdk.Refuse("unknown_document", fmt.Sprintf("Apriora has a %s, and no %q", reportPDF, role))
	}
	at, err := parseRemote(id)
	if err != nil {
		return sdk.Document{}, sdk.Refuse("malformed", err.Error())
	}
	link, err := a.reportLink(ctx, at)
	if err != nil {
		return sdk.Document{}, err
	}
	resp, err := a.follow(ctx, link)
	if err != nil {
		return sdk.Document{}, fmt.Errorf("report of %s: %w", at, err)
	}
	content, err := checkPDF(resp)
	if err != nil {
		return sdk.Document{}, errors.Join(fmt.Errorf("report of %s: %w", at, err), resp.Body.Close())
	}
	return sdk.Document{Name: "report.pdf", Type: pdfType, Content: content}, nil
}

// reportLink is where the PDF lies: [sdk.Later] until there is one, refused when none comes any more.
func (a *apriora) reportLink(ctx context.Context, at remote) (string, error) {
	inv, err := a.invite(ctx, at)
	switch {
	case errors.Is(err, sdk.ErrNotFound):
		return "", sdk.Refuse("not_found", "Apriora has erased this candidate")
	case err != nil:
		return "", err
	case slices.Contains(over, inv.Status):
		return "", sdk.Refuse("no_report", "the invite ended without a report: "+inv.Status)
	}
	wrote, ready, err := a.report(ctx, at, inv)
	if err != nil {
		return "", err
	}
	if !ready || wrote.PDFURL == nil || *wrote.PDFURL == "" {
		return "", sdk.Later(0, fmt.Errorf("the report of %s has no PDF yet", at))
	}
	return *wrote.PDFURL, nil
}

// follow gets a file, through a few redirects. Its errors name hosts at most: the rest of a signed URL is as good as a key.
func (a *apriora) follow(ctx context.Context, link string) (*http.Response, error) {
	to, err := url.Parse(link)
	for range maxRedirects + 1 {
		if err != nil {
			return nil, sdk.Refuse("malformed", "it lies behind what is no URL")
		}
		if !a.ours(to) {
			return nil, sdk.Refuse("foreign_host", fmt.Sprintf("it lies at %s://%s, which is no host of the vendor's", to.Scheme, to.Host))
		}
		resp, err := a.get(ctx, to)
		if err != nil {
			return nil, err
		}
		next := resp.Header.Get("Location")
		if resp.StatusCode/100 != 3 || next == "" {
			return resp, nil
		}
		if err := resp.Body.Close(); err != nil {
			return nil, err
		}
		if to, err = to.Parse(next); err != nil {
			return nil, sdk.Refuse("malformed", "it is redirected to what is no URL")
		}
	}
	return nil, sdk.Refuse("redirects", fmt.Sprintf("it is redirected more than %d times", maxRedirects))
}

// ours tells whether a URL leads to the API's own origin, or by https to one of the vendor's hosts.
func (a *apriora) ours(to *url.URL) bool {
	if to.User != nil {
		return false
	}
	if to.Scheme == a.base.Scheme && strings.EqualFold(to.Host, a.base.Host) {
		return true
	}
	label, domain, _ := strings.Cut(strings.ToLower(to.Host), ".")
	return to.Scheme == "https" && label != "" && slices.Contains(fileHosts, "*."+domain)
}

func (a *apriora) get(ctx context.Context, to *url.URL) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to.String(), nil)
	if err != nil {
		return nil, sdk.Refuse("malformed", "it lies behind what is no URL")
	}
	req.Header.Set("Accept", pdfType)
	resp, err := a.files.Do(req)
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the URL
	}
	return resp, err
}

// checkPDF gives the content of an answer that is a PDF, and not too large as far as the answer says: reading tells the rest.
func checkPDF(resp *http.Response) (io.ReadCloser, error) {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch status := resp.StatusCode; {
	case status == http.StatusGone:
		return nil, sdk.Refuse("gone", "Apriora no longer has the file")
	case status == http.StatusTooManyRequests, status == http.StatusForbidden, status == http.StatusNotFound:
		// A link lives for a while, and a file may come after it: the next reading of the report gives a fresh link.
		return nil, sdk.Later(0, fmt.Errorf("the file is answered %d", status))
	case status != http.StatusOK:
		return nil, fmt.Errorf("the file is answered %d", status)
	case kind != pdfType:
		return nil, notPDF()
	case resp.ContentLength > maxDocument:
		return nil, tooLarge()
	}
	content := bufio.NewReader(resp.Body)
	begin, err := content.Peek(len(pdfBegin))
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("reading the file: %w", err)
	case !bytes.Equal(begin, []byte(pdfBegin)):
		return nil, notPDF()
	}
	return &bounded{content: content, left: maxDocument, Closer: resp.Body}, nil
}

func notPDF() error { return sdk.Refuse("not_pdf", "what Apriora gives as the report is no PDF") }

func tooLarge() error {
	return sdk.Refuse("too_large", fmt.Sprintf("the report is over %d bytes", maxDocument))
}

// bounded is content of which only so much may come: more is an error, not an end.
type bounded struct {
	content io.Reader
	left    int
	io.Closer
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.content.Read(p[:min(len(p), b.left+1)])
	if b.left -= n; b.left < 0 {
		return 0, tooLarge()
	}
	return n, err
}
