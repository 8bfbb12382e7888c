package web

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestNoSession asks for everything but the page itself without a session.
func TestNoSession(t *testing.T) {
	b := open(t, t.TempDir(), false).browser(t)
	for _, path := range []string{"/api/labs/first", "/api/labs/first/events", "/api/labs/first/terminals", "/api/labs/first/terminals/t1",
		"/api/labs/first/files/figure.svg", "/api/class", "/api/class/results.csv"} {
		if status, text := b.get(path); status != http.StatusUnauthorized {
			t.Errorf("GET %s: %d %s", path, status, text)
		}
	}
	for _, verb := range []string{"save", "check", "goto", "hint", "solve", "reset", "compare"} {
		if status, text := b.post("/api/labs/first/"+verb, struct{}{}); status != http.StatusUnauthorized {
			t.Errorf("POST %s: %d %s", verb, status, text)
		}
	}
	if status, text := b.get("/api/me"); status != http.StatusOK || !strings.Contains(text, `"role":"none"`) {
		t.Errorf("me: %d %s", status, text)
	}
}

// TestKeysAndTokens uses a link's key twice and a token of another server.
func TestKeysAndTokens(t *testing.T) {
	s := open(t, t.TempDir(), false)
	key := s.Key(Student, SoleStudent)
	first, second := s.browser(t), s.browser(t)
	if status, _ := first.get("/login?key=" + key); status != http.StatusSeeOther {
		t.Fatalf("the key: %d", status)
	}
	if status, text := second.get("/login?key=" + key); status != http.StatusForbidden {
		t.Errorf("the key again: %d %s", status, text)
	}
	if status, _ := first.get("/login?key=" + key); status != http.StatusSeeOther {
		t.Errorf("the key again by the browser with the session: %d", status)
	}
	other := open(t, t.TempDir(), false).soleStudent(t)
	for _, c := range other.Jar.Cookies(must(t, other.http.URL)) {
		status, text := second.send("GET", "/api/labs/first", nil, func(r *http.Request) { r.AddCookie(c) })
		if status != http.StatusUnauthorized {
			t.Errorf("a token of another server: %d %s", status, text)
		}
	}
}

// TestTokenAfterLeaving uses a token after its session has ended.
func TestTokenAfterLeaving(t *testing.T) {
	b := open(t, t.TempDir(), false).soleStudent(t)
	cookies := b.Jar.Cookies(must(t, b.http.URL))
	if status, _ := b.post("/api/leave", struct{}{}); status != http.StatusOK {
		t.Fatal(status)
	}
	status, _ := b.send("GET", "/api/labs/first", nil, func(r *http.Request) { r.AddCookie(cookies[0]) })
	if status != http.StatusUnauthorized {
		t.Errorf("the token after leaving: %d", status)
	}
}

// TestOtherSites sends requests as the page of another site, and for a host name that
// the server does not have.
func TestOtherSites(t *testing.T) {
	b := open(t, t.TempDir(), false).soleStudent(t)
	const elsewhere = "http://elsewhere.example"
	for name, change := range map[string]func(*http.Request){
		"origin":     func(r *http.Request) { r.Header.Set("Origin", elsewhere) },
		"null":       func(r *http.Request) { r.Header.Set("Origin", "null") },
		"fetch site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"same site":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"host":       func(r *http.Request) { r.Host = "elsewhere.example" },
	} {
		status, text := b.send("POST", "/api/labs/first/save", strings.NewReader(`{"code": "theirs", "revision": 0}`), change)
		if status != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	if code := b.lesson().Code; code != "// the starter\n" {
		t.Errorf("the file is %q", code)
	}
	if _, status := b.socket("/api/labs/first/events", elsewhere); status != http.StatusForbidden {
		t.Errorf("a WebSocket from elsewhere: %d", status)
	}
	if _, status := b.socket("/api/labs/first/terminals/t1", elsewhere); status != http.StatusForbidden {
		t.Errorf("a terminal from elsewhere: %d", status)
	}
	if _, status := b.socket("/api/labs/first/events", b.http.URL); status != http.StatusSwitchingProtocols {
		t.Errorf("a WebSocket of our own page: %d", status)
	}
}

// TestPaths asks for files and IDs with paths that lead elsewhere.
func TestPaths(t *testing.T) {
	s := open(t, t.TempDir(), false)
	b := s.soleStudent(t)
	for _, path := range []string{"/api/labs/first/files/secret.txt", "/api/labs/first/files/lab.md", "/api/labs/first/files/..%2f..%2fbpf%2ffirst.bpf.c",
		"/api/labs/first/files/%2e%2e%2flab.svg", "/api/labs/..%2f..%2fetc/files/passwd", "/api/labs/nothing", "/..%2f..%2fetc%2fpasswd", "/.gitignore", "/dist"} {
		if status, text := b.get(path); status < 400 {
			t.Errorf("GET %s: %d %s", path, status, text)
		}
	}
	for _, to := range []string{"//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)",
		"/lab/fir\tst", "/teacher\n", "/lab/first/", "/lab/first?x=1", "/api/me", "lab/first"} {
		status := 0
		b.send("GET", "/login?key="+s.Key(Student, SoleStudent), nil, func(r *http.Request) {
			q := r.URL.Query()
			q.Set("to", to)
			r.URL.RawQuery = q.Encode()
			res, err := b.Do(r.Clone(t.Context()))
			if err == nil {
				status = res.StatusCode
				if at := res.Header.Get("Location"); at != "/" {
					t.Errorf("to %q leads to %q (%d)", to, at, status)
				}
				res.Body.Close()
			}
		})
	}
	for _, id := range []string{"../x", "a b", strings.Repeat("a", 17), "%2e"} {
		c, _ := b.socket("/api/labs/first/terminals/"+strings.ReplaceAll(id, "/", "%2f"), "")
		if c == nil {
			continue
		}
		_, text, err := c.Read(t.Context())
		if err != nil || !strings.Contains(string(text), "invalid terminal ID") {
			t.Errorf("terminal %q: %s %v", id, text, err)
		}
	}
}

// TestLargeFile saves files that are too large, after which the file is as it was.
func TestLargeFile(t *testing.T) {
	b := open(t, t.TempDir(), false).soleStudent(t)
	for _, size := range []int{2 << 20, 10 << 20} {
		status, text := b.post("/api/labs/first/save", map[string]any{"code": strings.Repeat("x", size), "revision": 0})
		if status != http.StatusRequestEntityTooLarge || !strings.Contains(text, "may have") {
			t.Errorf("%d bytes: %d %s", size, status, text)
		}
	}
	if code := b.lesson().Code; code != "// the starter\n" {
		t.Errorf("the file is %d bytes", len(code))
	}
}

// TestInvalidRequests sends what is not JSON, and names of steps and kernels that do
// not exist.
func TestInvalidRequests(t *testing.T) {
	b := open(t, t.TempDir(), false).soleStudent(t)
	for path, body := range map[string]string{
		"/api/labs/first/save":    "{",
		"/api/labs/first/goto":    `{"step": "nowhere"}`,
		"/api/labs/first/hint":    `{"step": "nowhere"}`,
		"/api/labs/first/solve":   `{"step": 7}`,
		"/api/labs/first/compare": `{"step": "do-it", "kernel": "1.0"}`,
		"/api/nothing":            `{}`,
	} {
		status, text := b.send("POST", path, strings.NewReader(body), nil)
		if status < 400 || status >= 500 || !strings.Contains(text, `"error"`) {
			t.Errorf("%s %s: %d %s", path, body, status, text)
		}
	}
}

// TestTokensAreNotOnDisk searches the server's files for a token.
func TestTokensAreNotOnDisk(t *testing.T) {
	s := open(t, t.TempDir(), false)
	b := s.soleStudent(t)
	token := b.Jar.Cookies(must(t, b.http.URL))[0].Value
	err := filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), token) {
			t.Errorf("%s holds the token", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTooManySockets opens sockets until one is refused, then closes one, after which
// another may be opened. Another student is not affected.
func TestTooManySockets(t *testing.T) {
	s := open(t, t.TempDir(), true)
	eve, ada := s.student(t, "Eve"), s.student(t, "Ada")
	var last *websocket.Conn
	for n := range maxSockets {
		c, status := eve.socket("/api/labs/first/events", "")
		if status != http.StatusSwitchingProtocols {
			t.Fatalf("socket %d: %d", n, status)
		}
		last = c
	}
	if _, status := eve.socket("/api/labs/first/events", ""); status != http.StatusTooManyRequests {
		t.Errorf("one too many: %d", status)
	}
	if _, status := ada.socket("/api/labs/first/events", ""); status != http.StatusSwitchingProtocols {
		t.Errorf("another student's: %d", status)
	}
	last.CloseNow()
	status := 0
	for until := time.Now().Add(10 * time.Second); status != http.StatusSwitchingProtocols && time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		_, status = eve.socket("/api/labs/first/events", "")
	}
	if status != http.StatusSwitchingProtocols {
		t.Errorf("after one was closed: %d", status)
	}
}

// TestCookieNeedsNoClock looks at a session's cookie: it says for how long it is valid, not
// until when, which a browser would compare with a clock that may be wrong by a day.
func TestCookieNeedsNoClock(t *testing.T) {
	s := open(t, t.TempDir(), true)
	b := s.browser(t)
	text := strings.NewReader(`{"name": "Ada", "code": "` + s.Classroom.Code() + `"}`)
	res, err := b.Post(b.http.URL+"/api/join", "application/json", text)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got := res.Header.Get("Set-Cookie")
	if !strings.Contains(got, "Max-Age=2592000") || strings.Contains(strings.ToLower(got), "expires") {
		t.Errorf("Set-Cookie: %s", got)
	}
}
