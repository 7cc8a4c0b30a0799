// Package access is who may call an imitated Lever, and what for: API keys, and an OAuth app with its scopes (sheet 1).
//
// [Doors] know every credential. Authenticate gives the [Key] that a request comes with; its May says what a call needs.
package access

import (
	"net/http"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
	"github.com/patchbay-dev/patchbay/sdk/sandbox/oauth"
)

// Key is a credential: an API key, or what an OAuth token amounts to. What a key may not do was decided when it was made.
type Key struct {
	ID           string   `json:"key"`
	Confidential bool     `json:"confidential"` // sees confidential records
	Without      []string `json:"without"`      // permissions it lacks, such as "notes:write"
	token        *oauth.Token
}

// May tells whether the key has a permission. Who lacks reading lacks writing; a scope to write is one to read as well (sheet 1.2).
func (k *Key) May(permission, method string) bool {
	if k.token != nil {
		return k.token.Has(permission+":write:admin") || method == http.MethodGet && k.token.Has(permission+":read:admin")
	}
	for _, lacks := range k.Without {
		if lacks == permission+":read" || lacks == permission+":write" && method != http.MethodGet {
			return false
		}
	}
	return true
}

// readable and writable are the resources of scopes: those that can only be read, and those that can be written too (sheet 1.2).
var (
	readable = []string{
		"applications", "archive_reasons", "audit_events", "diversity_surveys", "eeo_responses", "eeo_responses_pii", "offers", "referrals",
		"resumes", "sources", "stages", "tags", "tasks",
	}
	writable = []string{
		"contact", "feedback", "feedback_templates", "files", "forms", "form_templates", "groups", "interviews", "notes", "opportunities",
		"panels", "permissions", "postings", "requisitions", "requisition_fields", "roles", "users", "webhooks",
	}
)

const confidential = "confidential:access:admin"

// Doors are the credentials of one account. They have a lock of their own.
type Doors struct {
	OAuth *oauth.Server

	mu   sync.RWMutex
	keys map[string]*Key
}

// New makes the doors of a world, which know its API key. Admins are those who can allow an app something: it is for the whole account.
// Lever's refresh tokens end after 90 days unused; each use gives a new one.
func New(w *sandbox.World, admins func() []oauth.User) *Doors {
	scopes := []string{"offline_access", confidential, "uploads:write:admin"}
	for _, r := range readable {
		scopes = append(scopes, r+":read:admin")
	}
	for _, r := range writable {
		scopes = append(scopes, r+":read:admin", r+":write:admin")
	}
	return &Doors{keys: map[string]*Key{w.APIKey: {ID: w.APIKey}}, OAuth: oauth.New(w, oauth.Options{
		Product: "Lever", Authorize: "/authorize", Token: "/oauth/token", Audience: "https://api.lever.co/v1/", Offline: "offline_access",
		Scopes: scopes, MostScope: 20, Users: admins, RefreshLife: 90 * 24 * time.Hour,
	})}
}

// Authenticate gives the key that a request comes with; nil: none that is known. It must not be called under the account's lock: the
// authorization server asks, under its own, who the admins are.
func (d *Doors) Authenticate(r *http.Request) *Key {
	if t, ok := d.OAuth.Bearer(r); ok {
		return &Key{ID: "the OAuth app", Confidential: t.Has(confidential), token: &t}
	}
	id, password, ok := r.BasicAuth()
	d.mu.RLock()
	defer d.mu.RUnlock()
	if !ok || password != "" {
		return nil
	}
	return d.keys[id]
}

// Put makes an API key, or gives one that there is other rights.
func (d *Doors) Put(k Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys[k.ID] = &k
}

// Remove ends an API key; ok is false when there is none.
func (d *Doors) Remove(id string) (ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok = d.keys[id]
	delete(d.keys, id)
	return ok
}
