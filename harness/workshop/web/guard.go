package web

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxBody limits a request, in bytes: a C file as JSON, in which a character may take
// six.
const maxBody = 8 << 20

// policy lets the page load nothing from other servers, and run no script but its own.
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// protect refuses requests for another host's name, as after DNS rebinding, and those
// of another site's page.
func (s *Server) protect(h http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sendError(w, http.StatusForbidden, "this request comes from another site's page")
	}))
	inner := cross.Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		if !s.isOwnHost(r.Host) {
			sendError(w, http.StatusForbidden, fmt.Sprintf("this server does not answer for the host name %q; --host adds a name", r.Host))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		inner.ServeHTTP(w, r)
	})
}

// isOwnHost reports whether a request's Host names the server: an address that it
// listens on, or a name that --host gave it.
func (s *Server) isOwnHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	return slices.Contains(s.Hosts, name)
}

// LocalHosts are the names of the loopback interface.
var LocalHosts = []string{"localhost", "127.0.0.1", "::1"}

// failures counts failed logins by address, and makes an address with too many of them
// wait.
type failures struct {
	mu        sync.Mutex
	byAddress map[string][]time.Time
}

// How many logins from one address may fail in how much time.
const (
	maxFailures   = 20
	failureWindow = time.Minute
)

// wait returns how long an address must wait, or 0.
func (t *failures) wait(address string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	recent := slices.DeleteFunc(t.byAddress[address], func(at time.Time) bool { return now.Sub(at) > failureWindow })
	if len(recent) == 0 {
		delete(t.byAddress, address)
		return 0
	}
	t.byAddress[address] = recent
	if len(recent) < maxFailures {
		return 0
	}
	return failureWindow - now.Sub(recent[0])
}

// add counts a failed login.
func (t *failures) add(address string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byAddress == nil {
		t.byAddress = map[string][]time.Time{}
	}
	if recent := t.byAddress[address]; len(recent) < 2*maxFailures {
		t.byAddress[address] = append(recent, now)
	}
}

// addressOf returns the address of a request without its port.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
