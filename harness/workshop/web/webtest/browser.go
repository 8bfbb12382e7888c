// Package webtest is an HTTP client that does what the page of a workshop does, for
// tests and benchmarks against a real server.
package webtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/bpflab/bpflab/harness/workshop"
)

// Browser is a client with a session of its own.
type Browser struct {
	base   string // "http://127.0.0.1:7517"
	client *http.Client
}

// Open follows a link with a key, or returns a client without a session for a server's
// address.
func Open(link string) (*Browser, error) {
	at, err := url.Parse(link)
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	b := &Browser{base: at.Scheme + "://" + at.Host, client: &http.Client{Jar: jar}}
	if at.Path == "" || at.Path == "/" {
		return b, nil
	}
	res, err := b.client.Get(link)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", link, res.Status)
	}
	return b, nil
}

// Get requests JSON, or any text if into is a *string.
func (b *Browser) Get(ctx context.Context, path string, into any) error {
	return b.ask(ctx, http.MethodGet, path, nil, into)
}

// Post sends JSON; into may be nil.
func (b *Browser) Post(ctx context.Context, path string, body, into any) error {
	return b.ask(ctx, http.MethodPost, path, body, into)
}

func (b *Browser) ask(ctx context.Context, method, path string, body, into any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, b.base+path, content)
	if err != nil {
		return err
	}
	res, err := b.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return err
	case res.StatusCode >= 400:
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, strings.TrimSpace(string(text)))
	}
	switch into := into.(type) {
	case nil:
		return nil
	case *string:
		*into = string(text)
		return nil
	}
	return json.Unmarshal(text, into)
}

// Join joins a class.
func (b *Browser) Join(ctx context.Context, name, code string) error {
	return b.Post(ctx, "/api/join", map[string]string{"name": name, "code": code}, nil)
}

// Lab is a lab that the client has open.
type Lab struct {
	Name     string
	Code     string
	Revision int
	State    struct{ Step string }
	Waited   time.Duration // of the last check: for places, behind those of others
	browser  *Browser
	events   *inbox
}

// Lab opens a lab and subscribes to its events until Close.
func (b *Browser) Lab(ctx context.Context, name string) (*Lab, error) {
	l := &Lab{browser: b}
	if err := b.Get(ctx, "/api/labs/"+name, l); err != nil {
		return nil, err
	}
	c, err := b.socket(ctx, "/api/labs/"+name+"/events")
	if err != nil {
		return nil, err
	}
	l.events = newInbox(c)
	return l, nil
}

// Close closes the lab.
func (l *Lab) Close() { l.events.CloseNow() }

// socket opens a WebSocket with the client's session.
func (b *Browser) socket(ctx context.Context, path string) (*websocket.Conn, error) {
	c, _, err := websocket.Dial(ctx, b.base+path, &websocket.DialOptions{HTTPClient: b.client})
	if err == nil {
		c.SetReadLimit(16 << 20)
	}
	return c, err
}

// Save saves a C file and waits for the report of its check.
func (l *Lab) Save(ctx context.Context, code string) (*workshop.Report, error) {
	body := map[string]any{"code": code, "revision": l.Revision, "check": true}
	if err := l.browser.Post(ctx, "/api/labs/"+l.Name+"/save", body, l); err != nil {
		return nil, err
	}
	return l.Report(ctx)
}

// Check checks a step and waits for its report.
func (l *Lab) Check(ctx context.Context, step string) (*workshop.Report, error) {
	if err := l.browser.Post(ctx, "/api/labs/"+l.Name+"/check", map[string]string{"step": step}, nil); err != nil {
		return nil, err
	}
	return l.Report(ctx)
}

// Report waits for the next report. It notes how long its check waited for places.
func (l *Lab) Report(ctx context.Context) (*workshop.Report, error) {
	l.Waited = 0
	var since time.Time // of waiting; zero while the check does not wait
	for {
		m, err := l.events.next(ctx)
		if err != nil {
			return nil, err
		}
		var e struct {
			Type   string
			State  struct{ Busy workshop.Busy }
			Report *workshop.Report
		}
		if err := json.Unmarshal(m.text, &e); err != nil {
			return nil, err
		}
		waits := e.Type == "state" && e.State.Busy == workshop.BusyWaiting
		switch {
		case e.Type == "report":
			return e.Report, nil
		case waits && since.IsZero():
			since = m.at
		case e.Type == "state" && !waits && !since.IsZero():
			l.Waited, since = l.Waited+m.at.Sub(since), time.Time{}
		}
	}
}

// Terminal opens a terminal and waits until its output contains a text.
func (l *Lab) Terminal(ctx context.Context, id, text string) (*Terminal, error) {
	c, err := l.browser.socket(ctx, "/api/labs/"+l.Name+"/terminals/"+id+"?rows=24&cols=80")
	if err != nil {
		return nil, err
	}
	t := &Terminal{conn: newInbox(c)}
	return t, t.Wait(ctx, text)
}

// Terminal is a terminal in a lab's machine.
type Terminal struct {
	conn *inbox
	seen strings.Builder
}

// ErrEnded is the error of waiting for output of a terminal that ended.
var ErrEnded = errors.New("the terminal ended")

// Wait waits until the terminal's output contains a text, and then drops the output so
// far.
func (t *Terminal) Wait(ctx context.Context, text string) error {
	for !strings.Contains(t.seen.String(), text) {
		m, err := t.conn.next(ctx)
		if err != nil {
			return fmt.Errorf("%w; it showed %q and not %q", err, t.seen.String(), text)
		}
		if m.kind == websocket.MessageText {
			return fmt.Errorf("%w: %s; it showed %q", ErrEnded, m.text, t.seen.String())
		}
		t.seen.Write(m.text)
	}
	t.seen.Reset()
	return nil
}

// Type sends typed text.
func (t *Terminal) Type(ctx context.Context, text string) error {
	return t.conn.Write(ctx, websocket.MessageBinary, []byte(text))
}

// Close closes the connection; the shell keeps running.
func (t *Terminal) Close() { t.conn.CloseNow() }
