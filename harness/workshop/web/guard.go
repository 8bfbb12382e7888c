package web

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
)

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
	return s.bound(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		if !s.isOwnHost(r.Host) {
			sendError(w, http.StatusForbidden, fmt.Sprintf("this server does not answer for the host name %q; --host adds a name", r.Host))
			return
		}
		inner.ServeHTTP(w, r)
	}))
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
