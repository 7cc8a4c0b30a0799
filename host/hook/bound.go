package hook

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"
)

// What a request may cost.
const (
	headerSize = 16 << 10
	headerTime = 5 * time.Second
	readTime   = 10 * time.Second // for header and body
	maxBody    = 1 << 20
	maxDepth   = 64
	maxTokens  = 100_000
	perConn    = 64                    // requests in flight for one connection
	perDoor    = 256                   // and for all
	crowded    = 16                    // of which that many are a crowd
	crowdTime  = 20 * time.Millisecond // for which it counts: between two commits it comes and goes
	askTime    = 5 * time.Second       // for the plugin's Receive
	storeTime  = 10 * time.Second
	answerTime = 5 * time.Second                                             // for what the host knows and the plugin's words for it
	wholeTime  = readTime + askTime + storeTime + answerTime + 5*time.Second // with the sender's reading of the answer
	idleTime   = time.Minute                                                 // between two requests
)

// NewServer makes a server with the bounds that a door relies on. They hold for every request, also for those whose body nobody wants.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, MaxHeaderBytes: headerSize, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: wholeTime, IdleTimeout: idleTime,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// read reads the body within its bounds.
func read(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	if r.ContentLength > maxBody {
		return nil, tooLarge
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return nil, encoded
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, tooSlow
	case err != nil:
		return nil, cutShort
	}
	return body, scan(body)
}

// scan walks a JSON body without building it: a megabyte of brackets costs fifty once decoded. What is no JSON is the plugin's to judge.
func scan(body []byte) *refusal {
	if t := bytes.TrimLeft(body, " \t\r\n"); len(t) == 0 || t[0] != '{' && t[0] != '[' {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	for depth, tokens := 0, 0; ; tokens++ {
		token, err := dec.Token()
		switch {
		case err == io.EOF && depth == 0:
			return nil
		case err != nil:
			return noJSON
		case tokens == maxTokens:
			return tooDeep
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth > maxDepth {
			return tooDeep
		}
	}
}
