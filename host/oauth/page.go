package oauth

import (
	_ "embed"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Where the desk answers: the callback, which products redirect people to, and a page for each connection.
const (
	CallbackPath = "/oauth/callback"
	PagePath     = "/connect/"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// view is what the page shows: how a connection stands, or what came of a consent.
type view struct {
	Conn   string
	Status *Status  // nil: not asked
	Done   *Consent // nil: none was given just now
	Error  string
}

// Callback answers where products send people back to.
func (d *Desk) Callback(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	}
	done, err := d.answer(r.Context(), r.URL.Query())
	switch {
	case err != nil:
		show(w, http.StatusBadRequest, view{Error: err.Error()})
	case done.Error != "":
		show(w, http.StatusBadRequest, view{Conn: done.Conn, Error: done.Error})
	default:
		show(w, http.StatusOK, view{Conn: done.Conn, Done: &done})
	}
}

// Page shows how a connection stands, and begins a consent when its button is pressed. Whoever can open it can connect: it is served to this
// machine alone, and only under a name of this machine, so that no page of another site can lead here.
func (d *Desk) Page(w http.ResponseWriter, r *http.Request) {
	http.NewCrossOriginProtection().Handler(http.HandlerFunc(d.page)).ServeHTTP(w, r)
}

func (d *Desk) page(w http.ResponseWriter, r *http.Request) {
	conn := strings.TrimPrefix(r.URL.Path, PagePath)
	a := d.Accesses[conn]
	if a == nil || !IsLocal(r.Host) || !IsLocal(r.RemoteAddr) {
		http.NotFound(w, r)
		return
	}
	switch r.Method {
	case http.MethodGet:
		status := a.Status(r.Context())
		show(w, http.StatusOK, view{Conn: conn, Status: &status})
	case http.MethodPost:
		c, err := d.Begin(conn)
		if err != nil {
			show(w, http.StatusBadRequest, view{Conn: conn, Error: err.Error()})
			return
		}
		http.Redirect(w, r, c.URL, http.StatusSeeOther)
	default:
		http.Error(w, "only GET and POST", http.StatusMethodNotAllowed)
	}
}

// IsLocal tells whether an address or a name, with or without a port, is this machine's own.
func IsLocal(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// show writes the page. The address that it stands at may hold a code, so it is told to nobody.
func show(w http.ResponseWriter, status int, v view) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	// No form-action: browsers hold it against the redirect that follows the form.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = page.Execute(w, v) // an error means that the caller has left
}
