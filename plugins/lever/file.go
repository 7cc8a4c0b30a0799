package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"path"
	"strings"
	"sync"

	"github.com/patchbay-dev/patchbay/sdk"
)

// What Lever takes as a file of an opportunity (section 4.7).
const (
	maxFile     = 30_000_000 // bytes
	maxFileName = 150        // characters before the marker; Lever's own limit is not known
)

var fileTypes = map[string]bool{".docx": true, ".doc": true, ".js": true, ".jpg": true, ".png": true, ".pdf": true, ".txt": true}

// File attaches content under a name that ends, before its extension, with the key's marker. The content is passed on as it is read, so a
// file takes no memory; if it breaks off, so does the request, and Lever keeps no part of it.
func (c *connection) File(ctx context.Context, key sdk.Key, f sdk.File, content io.Reader) (string, error) {
	ext := strings.ToLower(path.Ext(f.Name))
	switch {
	case c.as.Get("perform_as") == "":
		return "", sdk.Refuse("no_author", "Lever wants an author for files: set perform_as")
	case !fileTypes[ext]:
		return "", sdk.Refuse("file_type", fmt.Sprintf("Lever takes no %q files, only docx, doc, js, jpg, png, pdf and txt", ext))
	case f.Size <= 0 || f.Size > maxFile:
		return "", sdk.Refuse("file_size", fmt.Sprintf("a file of %d bytes: Lever takes 1 to %d", f.Size, maxFile))
	}
	parts, err := newUpload(markedName(f.Name, key), f, content)
	if err != nil {
		return "", fmt.Errorf("encoding the file: %w", err)
	}
	var made answer[file]
	err = c.api.Post(ctx, files(f.Application), c.as, nil, &made, parts.attach)
	if broken := parts.finish(); broken != nil {
		return "", fmt.Errorf("reading the file: %w", broken)
	}
	return made.Data.ID, c.final(err)
}

// markedName puts the key's marker before the extension. What could mean a folder or end a line has no place in a name.
func markedName(name string, key sdk.Key) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	ext := path.Ext(name)
	return strings.TrimSpace(cut(strings.TrimSuffix(name, ext), maxFileName)) + " " + key.Marker() + ext
}

// carries tells whether the file's name has the marker in it. The marker's colon may not survive everywhere in the name of a file, its
// letters do.
func (f file) carries(marker string) bool {
	_, letters, _ := strings.Cut(marker, ":")
	return strings.Contains(f.Name, letters)
}

// upload is a form of one part, "file", as the body of a request. Its length is known beforehand, so what breaks off is no whole request.
type upload struct {
	form   io.Reader
	media  string
	length int64

	mu      sync.Mutex
	content io.Reader // nil: closed
	err     error     // of content
}

func newUpload(name string, f sdk.File, content io.Reader) (*upload, error) {
	media, _, err := mime.ParseMediaType(f.Type)
	if err != nil {
		media = "application/octet-stream"
	}
	var frame bytes.Buffer
	form := multipart.NewWriter(&frame)
	_, err = form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition("file", name)}, "Content-Type": {media},
	})
	if err != nil {
		return nil, err
	}
	head := frame.Len()
	if err := form.Close(); err != nil {
		return nil, err
	}
	u := &upload{media: form.FormDataContentType(), length: int64(frame.Len()) + f.Size, content: content}
	u.form = io.MultiReader(bytes.NewReader(frame.Bytes()[:head]), reading{u}, bytes.NewReader(frame.Bytes()[head:]))
	return u, nil
}

// attach makes the upload the body of r.
func (u *upload) attach(r *http.Request) {
	r.Body, r.ContentLength = u, u.length
	r.Header.Set("Content-Type", u.media)
}

func (u *upload) Read(b []byte) (int, error) { return u.form.Read(b) }

// Close lets go of the content: an answer may come before the request is all sent, and nobody reads the content after that.
func (u *upload) Close() error {
	_ = u.finish()
	return nil
}

// finish ends all reading of the content and tells how that failed, if it did.
func (u *upload) finish() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.content = nil
	return u.err
}

// reading reads the content of an upload and remembers how that failed.
type reading struct{ *upload }

func (r reading) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.content == nil {
		return 0, io.ErrClosedPipe
	}
	n, err := r.content.Read(b)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}
