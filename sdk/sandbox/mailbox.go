package sandbox

import (
	"strings"
	"sync"
	"time"
)

// Mail is a message that the product would have sent to a person. Nothing leaves the sandbox.
type Mail struct {
	At      time.Time `json:"at"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Link    string    `json:"link,omitempty"`
}

// Mailbox keeps the mail of all people.
type Mailbox struct {
	clock *Clock

	mu   sync.Mutex
	mail []Mail
}

// Send puts a message into the mailbox, now.
func (b *Mailbox) Send(m Mail) {
	m.At = b.clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mail = append(b.mail, m)
}

// Of gives the mail of one address, oldest first; an empty address: of everybody.
func (b *Mailbox) Of(to string) []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := []Mail{}
	for _, m := range b.mail {
		if to == "" || strings.EqualFold(m.To, to) {
			found = append(found, m)
		}
	}
	return found
}

// Erase forgets the mail of one address.
func (b *Mailbox) Erase(to string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var kept []Mail
	for _, m := range b.mail {
		if !strings.EqualFold(m.To, to) {
			kept = append(kept, m)
		}
	}
	b.mail = kept
}
