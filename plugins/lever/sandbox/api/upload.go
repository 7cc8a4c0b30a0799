package api

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"path"
	"strings"
)

const (
	maxFile = 30_000_000      // bytes; the sheet says 30 MB
	MaxBody = maxFile + 1<<20 // of any request
)

// fileTypes are what Lever takes (sheet 4.7), by extension; true: it also reads what is in it.
var fileTypes = map[string]bool{".docx": true, ".doc": true, ".js": true, ".pdf": true, ".txt": true, ".jpg": false, ".png": false}

// Upload is a file that came with a request.
type Upload struct {
	Name    string
	Type    string // as the uploader says
	Content []byte
}

// Ext is the extension of its name, in lower case.
func (u Upload) Ext() string { return strings.ToLower(path.Ext(u.Name)) }

// Status is what Lever makes of the file.
func (u Upload) Status() string {
	if fileTypes[u.Ext()] {
		return "processed"
	}
	return "unsupported"
}

// Upload reads the file in the body: a form whose part is called file, whole, and of a size and a type that Lever takes.
func (r Request) Upload() (u Upload, err error) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" || params["boundary"] == "" {
		return u, BadRequest("The body is not a multipart form.")
	}
	if len(r.Content) > MaxBody {
		return u, TooLarge()
	}
	form := multipart.NewReader(bytes.NewReader(r.Content), params["boundary"])
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return u, BadRequest("The form could not be read to its end.")
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return u, BadRequest("The form could not be read to its end.")
		}
		if part.FormName() == "file" {
			u = Upload{part.FileName(), part.Header.Get("Content-Type"), content}
		}
	}
	if u.Name == "" {
		return u, BadRequest("file is required")
	}
	if _, ok := fileTypes[u.Ext()]; !ok {
		return u, BadRequest("Files of type %s are not supported.", u.Ext())
	}
	if len(u.Content) > maxFile {
		return u, TooLarge()
	}
	return u, nil
}
