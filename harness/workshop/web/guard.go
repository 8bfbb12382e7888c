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

// maxBody is the largest request, in bytes: a C file as JSON, whose characters may each
// take six.
const maxBody = 8 << 20

// policy has the page take nothing from anywhere else, and run no script but its own.
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// guarded refuses what no page of ours asks: requests for another host's name, as after
// DNS rebinding, and those that another site's page makes.
func (s *Server) protect(h http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sendError(w, http.StatusForbidden, "this request comes from the page of another site")
	}))
	inner := cross.Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		if !s.knowsHost(r.Host) {
			sendError(w, http.StatusForbidden, fmt.Sprintf("this server is not called %q; start it with --host to give it that name", r.Host))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		inner.ServeHTTP(w, r)
	})
}

// knowsHost tells whether a request's Host is one of the server's: an address that it
// listens on, or a name it was given.
func (s *Server) knowsHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	return slices.Contains(s.Hosts, name)
}

// LocalHosts are the names of this machine's own loopback.
var LocalHosts = []string{"localhost", "127.0.0.1", "::1"}

// tries counts failed attempts to come in, by address: who guesses must wait.
type failures struct {
	mu        sync.Mutex
	byAddress map[string][]time.Time
}

// So many may fail from one address in so much time.
const (
	maxFailures   = 20
	failureWindow = time.Minute
)

// wait is how long an address must wait, 0 if it may try.
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

// addressOf is where a request comes from, without its port.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
