package hook

import (
	"slices"
	"strings"
	"time"
)

// The most that is kept of what the product of one connection complains of.
const (
	mostNotices   = 10
	longestNotice = 500 // bytes
)

// notice is what a product complained of, and when last.
type notice struct {
	text string
	at   time.Time
}

// Notices are what a connection's product complained of since the start, and when last: the newest few.
func (d *Door) Notices(conn string) map[string]time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[string]time.Time{}
	if e := d.entrances[conn]; e != nil {
		for _, n := range e.notices {
			out[n.text] = n.at
		}
	}
	return out
}

// notice keeps what a product complains of for the operator.
func (d *Door) notice(e *Entrance, texts []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, text := range texts {
		text = strings.ToValidUTF8(text[:min(len(text), longestNotice)], "")
		d.Log.Error("the product complains", "connection", e.Conn, "notice", text)
		e.notices = slices.DeleteFunc(e.notices, func(n notice) bool { return n.text == text })
		e.notices = append(e.notices, notice{text, d.Now()})
		e.notices = e.notices[max(0, len(e.notices)-mostNotices):]
	}
}
