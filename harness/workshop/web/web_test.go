package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/coder/websocket"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/vms/kernel"
)

// fakeKernels has names without images: these tests cannot start a machine.
type fakeKernels struct{}

func (fakeKernels) Names() []string { return []string{"7.3", "5.10"} }
func (fakeKernels) Image(context.Context, string) (kernel.Image, error) {
	return kernel.Image{}, fmt.Errorf("this fake has no kernels")
}

// fakeBuilder compiles nothing.
type fakeBuilder struct{}

func (fakeBuilder) Object(context.Context, build.Source) (build.Object, error) {
	return build.Object{}, fmt.Errorf("this fake compiles nothing")
}

func (b fakeBuilder) Program(ctx context.Context, s build.Source) (build.Object, error) {
	return b.Object(ctx, s)
}

const document = `---
title: First
summary: A first one.
program: ../../bpf/first.bpf.c
starter: ../../bpf/starter/first.bpf.c
---

# First

![A figure](figure.svg) and [another lab](../second/lab.md).
<script>alert(1)</script>

## Do it

Type this:

` + "```sh\nls /\n```" + `

<!-- bpflab
checks:
  - trace: {comm: ls}
-->

<details><summary>Hint one</summary>

Look *here*.

</details>

<details><summary>Solution</summary>

Done.

</details>
`

// course is a file system with one lab.
var course = fstest.MapFS{
	"labs/first/lab.md":       {Data: []byte(document)},
	"labs/first/figure.svg":   {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 176"/>`)},
	"labs/first/secret.txt":   {Data: []byte("hunter2")},
	"bpf/first.bpf.c":         {Data: []byte("// the solution\n")},
	"bpf/starter/first.bpf.c": {Data: []byte("// the starter\n")},
}

// site is a server and its directory.
type site struct {
	*Server
	http *httptest.Server
	dir  string
}

// open starts a server on a directory. A second one on the same directory stands for a
// server that was restarted.
func open(t *testing.T, dir string, class bool) site {
	t.Helper()
	l, err := lab.Parse(course, "labs/first/lab.md")
	if err != nil {
		t.Fatal(err)
	}
	lesson, err := workshop.NewLesson(l, run.Tree{FS: course})
	if err != nil {
		t.Fatal(err)
	}
	w := workshop.New(workshop.Options{Lessons: []*workshop.Lesson{lesson}, Kernels: fakeKernels{}, Builder: fakeBuilder{}, Dir: dir, Machines: t.TempDir()})
	o := Options{Workshop: w, Dir: dir, Hosts: LocalHosts}
	if class {
		if o.Classroom, err = OpenClassroom(dir, "a-class", 3); err != nil {
			t.Fatal(err)
		}
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() { h.Close(); w.Close() })
	return site{s, h, dir}
}

// browser is an HTTP client with its own cookies.
type browser struct {
	t *testing.T
	*http.Client
	site
}

func (s site) browser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, s}
}

// soleStudent returns a browser with a session of the student without a class.
func (s site) soleStudent(t *testing.T) *browser {
	b := s.browser(t)
	if status, _ := b.get("/login?key=" + s.Key(Student, SoleStudent)); status != http.StatusSeeOther {
		t.Fatalf("the key: status %d", status)
	}
	return b
}

// student returns a browser with a session of a student who has joined the class.
func (s site) student(t *testing.T, name string) *browser {
	b := s.browser(t)
	if status, text := b.post("/api/join", map[string]any{"name": name, "code": s.Classroom.Code()}); status != http.StatusOK {
		t.Fatalf("%s joins: %d %s", name, status, text)
	}
	return b
}

func (b *browser) send(method, path string, body io.Reader, change func(*http.Request)) (int, string) {
	b.t.Helper()
	r, err := http.NewRequest(method, b.http.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	res, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(text)
}

func (b *browser) get(path string) (int, string) { return b.send("GET", path, nil, nil) }

func (b *browser) post(path string, body any) (int, string) {
	text, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.send("POST", path, strings.NewReader(string(text)), nil)
}

// lesson returns what the page receives for the lab.
func (b *browser) lesson() lessonAnswer {
	b.t.Helper()
	status, text := b.get("/api/labs/first")
	var out lessonAnswer
	if err := json.Unmarshal([]byte(text), &out); err != nil || status != http.StatusOK {
		b.t.Fatalf("the lesson: %d %s", status, text)
	}
	return out
}

// socket opens a WebSocket with the browser's cookies, as a page of origin would.
func (b *browser) socket(path, origin string) (*websocket.Conn, int) {
	b.t.Helper()
	at, _ := url.Parse(b.http.URL + path)
	header := http.Header{}
	for _, c := range b.Jar.Cookies(at) {
		header.Add("Cookie", c.String())
	}
	if origin != "" {
		header.Set("Origin", origin)
	}
	c, res, err := websocket.Dial(context.Background(), b.http.URL+path, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		if res == nil {
			b.t.Fatal(err)
		}
		return nil, res.StatusCode
	}
	b.t.Cleanup(func() { c.CloseNow() })
	return c, http.StatusSwitchingProtocols
}
