package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/host/effect"
	"github.com/patchbay-dev/patchbay/host/journal"
	"github.com/patchbay-dev/patchbay/sdk"
)

// A file is read from the vendor before its turn to be written comes, so that nothing is intended that there is not. It is read anew for
// each attempt: candidates' papers are not kept.

// maxFile is the largest file that is passed on, in bytes. What is larger is for a person.
const maxFile = 25 << 20

// notReady is the reason of a file's wait for the vendor.
const notReady = "not ready"

// fetchAfter is when a file that is not ready is asked for again; the last of them again and again, for fetchFor.
var fetchAfter = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

const fetchFor = 7 * 24 * time.Hour

// document is a vendor's file that an ATS is to have.
type document struct {
	kind    string // media type
	content []byte
}

// fetch reads the document of a file's effect. It is nil if that has to wait, or will never be; this is then committed.
func (s *shift) fetch(ctx context.Context, f journal.Effect) (*document, error) {
	var vendor string
	err := s.see(ctx, s.Subject, func(c *journal.Case) {
		if v := c.Invitation(f.Invitation); v != nil {
			vendor = v.Vendor
		}
	})
	if err != nil {
		return nil, err
	}
	d, err := ask(s.Engine, vendor, func(c Connection) (d document, err error) {
		var told sdk.Document
		told, d.content, err = c.Document(ctx, f.Write.File.Invitation, f.Write.File.Role, maxFile)
		if err == nil {
			d.kind, err = kind(told.Type, f.Write.File.Name, d.content)
		}
		return d, err
	})
	var later *sdk.Delay
	var no *sdk.Refusal
	switch {
	case err == nil:
		return &d, nil
	case ctx.Err() != nil, errors.Is(err, sdk.ErrDisconnected), errors.Is(err, errAbsent):
		return nil, err
	case errors.As(err, &later) && s.Clock.Now().Sub(f.Born) < fetchFor:
		wait := fetchAfter[min(f.Waits, len(fetchAfter)-1)]
		return nil, s.commit(ctx, known(f.Key, effect.NotApplied{After: max(wait, later.After), Free: true, Reason: notReady}))
	case errors.As(err, &later):
		no = &sdk.Refusal{Reason: notReady, Detail: fmt.Sprintf("the vendor has had no %s for %s", f.Write.File.Role, fetchFor)}
	case errors.Is(err, sdk.ErrNotFound):
		no = &sdk.Refusal{Reason: "not_found", Detail: "the vendor has no " + f.Write.File.Role}
	case !errors.As(err, &no):
		return nil, s.commit(ctx, known(f.Key, effect.NotApplied{Reason: "the file could not be read: " + err.Error()}))
	}
	return nil, s.commit(ctx, known(f.Key, effect.Refused{Reason: no.Reason, Detail: no.Detail}))
}

// kinds are the files that are passed on: by the extension of the name that the rule gives, what its bytes must look like.
var kinds = map[string]string{".pdf": "application/pdf", ".txt": "text/plain", ".png": "image/png", ".jpg": "image/jpeg"}

// kind is a file's media type, if it is what its name promises: recruiters open it.
func kind(told, name string, content []byte) (string, error) {
	extension := name[max(0, strings.LastIndex(name, ".")):]
	want, known := kinds[strings.ToLower(extension)]
	looks, _, _ := mime.ParseMediaType(http.DetectContentType(content))
	switch {
	case !known:
		return "", sdk.Refuse("file_type", fmt.Sprintf("files named *%s are not passed on", extension))
	case looks != want:
		return "", sdk.Refuse("file_type", fmt.Sprintf("it looks like %s, the vendor calls it %q, and its name says %s", looks, told, want))
	}
	return want, nil
}

// reader reads the content; nil if there is no document.
func (d *document) reader() io.Reader {
	if d == nil {
		return nil
	}
	return bytes.NewReader(d.content)
}

// of is the write of a file with what is known of it now.
func (d *document) of(w sdk.Write) sdk.Write {
	file := *w.File
	file.Type, file.Size = d.kind, int64(len(d.content))
	w.File = &file
	return w
}
