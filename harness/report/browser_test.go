package report

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bpflab/bpflab/harness/verdict"
)

// chromium returns the path of the browser. Without one a test is skipped, unless
// browser tests were asked for.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "no chromium: apt-get install chromium"
	if os.Getenv("BPFLAB_BROWSER_TESTS") == "1" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// tab is a page in a browser, with what it complained about and asked for.
type tab struct {
	t   *testing.T
	ctx context.Context
	dir string // where report.html lies

	mu         sync.Mutex
	complaints []string
}

// browse writes a result directory and opens its page.
func browse(t *testing.T, result verdict.Result, width, height int) *tab {
	t.Helper()
	dir := consoles(t, result, "Linux version 6.1.0\nits last line\n")
	if err := WriteDir(dir, result); err != nil {
		t.Fatal(err)
	}
	return open(t, dir, width, height)
}

// open opens the page of a directory.
func open(t *testing.T, dir string, width, height int) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)),
		chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(width, height))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() { chromedp.Cancel(ctx); cancel() })

	b := &tab{t: t, ctx: ctx, dir: dir}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.EmulateViewport(int64(width), int64(height)), chromedp.Navigate(b.address("")))
	t.Cleanup(b.quiet)
	return b
}

func (b *tab) address(fragment string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(b.dir, PageFile)), Fragment: fragment}).String()
}

// listen records what the page must never do.
func (b *tab) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.complain("exception: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.complain("console.%s was called", e.Type)
	case *log.EventEntryAdded:
		b.complain("%s: %s", e.Entry.Level, e.Entry.Text)
	case *cdppage.EventJavascriptDialogOpening:
		b.complain("a dialog says %q", e.Message)
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "file://"+filepath.ToSlash(b.dir)+"/") && e.Request.URL != "data:," {
			b.complain("request for %s", e.Request.URL)
		}
	}
}

func (b *tab) complain(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = append(b.complaints, fmt.Sprintf(format, args...))
}

// quiet fails the test for what was noted.
func (b *tab) quiet() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, complaint := range b.complaints {
		b.t.Error(complaint)
	}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) click(selector chromedp.CSS) {
	b.t.Helper()
	b.do(chromedp.Click(selector))
}

// is fails the test unless a JavaScript expression has the value wanted.
func (b *tab) is(expression, want string) {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	if got != want {
		b.t.Errorf("%s is %q, want %q", expression, got, want)
	}
}

// becomes waits until a JavaScript expression is true, for a minute at most, and
// returns the page's state if it is not. chromedp's own Poll compiles text in the page, which its policy forbids.
func (b *tab) becomes(expression string) {
	b.t.Helper()
	wait := fmt.Sprintf("new Promise(done => { const look = () => (%s) ? done(true) : setTimeout(look, 20); look(); })", expression)
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](wait, chromedp.EvalAwaitPromise)); err != nil {
		b.is(`[location.hash, document.activeElement.outerHTML, document.visibilityState, document.hasFocus()].join(" ")`, expression)
		b.t.Fatalf("waiting for %s: %v", expression, err)
	}
}

const (
	visiblePairs = `[...document.querySelectorAll(".pair")].filter(p => p.checkVisibility()).map(p => p.querySelector(".body").id).join(" ")`
	visibleCells = `[...document.querySelectorAll("#matrix a")].filter(a => a.checkVisibility({visibilityProperty: true})).map(a => a.hash.slice(6)).join(" ")`
	visibleBars  = `[...document.querySelectorAll(".bar[data-id]")].filter(a => a.checkVisibility()).length`
	isOpen       = `document.getElementById("cell-hello-5.10").parentElement.open`
)

func TestBrowserShowsMatrixAndSteps(t *testing.T) {
	b := browse(t, everything(), 1280, 900)
	b.is(`document.querySelector("h1").textContent`, "1 passed, 1 flaky, 2 failed, 1 timed out, 1 infra, 1 unsupported in 31.2s")
	b.is(`[...document.querySelectorAll("#matrix thead th")].map(e => e.textContent).join(" ")`, "lab 5.10 6.1 4.19 7.3 6.12")
	b.is(`[...document.querySelectorAll("#matrix tbody tr")].map(r => r.innerText.replace(/\s+/g, " ").trim()).join("; ")`,
		"hello pass 4.1s fail 4.1s · · flaky 4.1s; xdp-drop timeout 4.1s infra 4.1s unsupported 4.1s · ·; map-counters · · · fail 4.1s ·")
	b.is(`getComputedStyle(document.querySelector("#matrix a.v-flaky")).backgroundColor == getComputedStyle(document.querySelector("#matrix a.v-pass")).backgroundColor`, "false")
	b.is(isOpen, "false")

	b.click(`#matrix a[href="#cell-hello-5.10"]`)
	b.becomes(isOpen)
	b.is(`location.hash`, "#cell-hello-5.10")
	b.becomes(`document.activeElement.parentElement.classList.contains("target")`) // with the hash's event, a little later
	b.is(`document.activeElement.id`, "cell-hello-5.10")

	b.click(`#matrix a[href="#cell-hello-6.1"]`)
	b.becomes(`location.hash == "#cell-hello-6.1"`)
	for _, want := range []string{"watch-ls", "getdents64 called", "the last line", "no answer in 60 s", "6.1.0-40-cloud-amd64", "b2b2b2b2"} {
		b.is(fmt.Sprintf(`document.getElementById("cell-hello-6.1").innerText.includes(%q)`, want), "true")
	}
	b.is(`document.getElementById("cell-hello-6.1").textContent.includes("its last line")`, "true")
}

func TestBrowserFilters(t *testing.T) {
	b := browse(t, everything(), 1280, 900)
	b.is(visibleBars, "7")
	b.click(`button[data-word=flaky]`)
	b.becomes(visibleCells + ` == "hello-6.12"`)
	b.is(visiblePairs, "cell-hello-6.12")
	b.is(visibleBars, "1")
	b.do(chromedp.Click(chromedp.CSS(`button[data-word=all]`)), chromedp.SendKeys(chromedp.CSS(`#find`), "xdp 6.1"))
	b.becomes(visibleCells + ` == "xdp-drop-6.1"`)
	b.is(visiblePairs, "cell-xdp-drop-6.1")
	b.is(`document.getElementById("shown").textContent`, "1 of 7 shown")
	b.do(chromedp.SendKeys(chromedp.CSS(`#find`), " nope"))
	b.becomes(visiblePairs + ` == ""`)
	b.is(`document.getElementById("nothing").checkVisibility()`, "true")
	// An address goes before a filter.
	b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#cell-hello-5.10"`))
	b.becomes(isOpen)
	b.is(visibleBars, "7")
}

func TestBrowserFollowsAddressesAndLinks(t *testing.T) {
	b := browse(t, everything(), 1280, 900)
	b.do(chromedp.Navigate(b.address("cell-hello-5.10")), chromedp.Reload())
	b.becomes(isOpen)
	b.is(`[...document.querySelectorAll('a[href^="#"]')].every(a => document.getElementById(a.hash.slice(1)))`, "true")
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(`#cell-hello-5\.10 .attempt a`))); err != nil {
		t.Fatal(err)
	}
	b.becomes(`location.pathname.endsWith("/hello-5.10.console.log") && document.body.innerText.includes("its last line")`)
}

func TestBrowserByKeyboard(t *testing.T) {
	b := browse(t, everything(), 1280, 900)
	focused := `document.activeElement.getAttribute("href")`
	b.do(chromedp.Focus(chromedp.CSS(`#matrix a[href="#cell-hello-6.1"]`)), chromedp.KeyEvent(kb.ArrowRight))
	b.is(focused, "#cell-hello-6.12")
	b.do(chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowDown))
	b.is(focused, "#cell-xdp-drop-6.1")
	b.do(chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.ArrowUp))
	b.is(focused, "#cell-hello-5.10")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.becomes(isOpen)
	b.do(chromedp.KeyEvent(kb.Enter)) // as of a key that is held
	b.is(isOpen, "true")
}

// Without its script the page shows all there is, and its links open cells.
func TestBrowserWithoutScript(t *testing.T) {
	b := browse(t, everything(), 1280, 900)
	text, err := os.ReadFile(filepath.Join(b.dir, PageFile))
	if err != nil {
		t.Fatal(err)
	}
	bare := strings.Replace(string(text), "<script>"+pageJS+"</script>", "", 1)
	if err := os.WriteFile(filepath.Join(b.dir, PageFile), []byte(bare), 0o644); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(b.address("")))
	b.is(`document.getElementById("filter").checkVisibility()`, "false")
	b.click(`#matrix a[href="#cell-hello-5.10"]`)
	b.becomes(isOpen)
}

// The tests hear what a page does wrong.
func TestBrowserIsHeard(t *testing.T) {
	b := browse(t, verdict.Result{}, 800, 600)
	const bad = `<!doctype html><script>console.error("one"); new Image().src = "http://127.0.0.1:9/two"; throw Error("three")</script>`
	if err := os.WriteFile(filepath.Join(b.dir, "bad.html"), []byte(bad), 0o644); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate((&url.URL{Scheme: "file", Path: b.dir + "/bad.html"}).String()))
	b.is("1", "1") // whatever was said before this answer was heard before it
	b.mu.Lock()
	defer b.mu.Unlock()
	heard := strings.Join(b.complaints, "\n")
	b.complaints = nil
	for _, want := range []string{"console.error", "127.0.0.1:9/two", "exception"} {
		if !strings.Contains(heard, want) {
			t.Errorf("no %q was heard, but\n%s", want, heard)
		}
	}
}

// What guests say runs nothing and asks for nothing.
func TestBrowserIsNotFooled(t *testing.T) {
	b := browse(t, hostileResult(), 1280, 900)
	b.is(`document.scripts.length`, "1")
	b.is(`document.images.length`, "0")
	b.is(`document.querySelectorAll(".pair").length`, "1")
}

// On a phone nothing is wider than the screen; the matrix scrolls by itself.
func TestBrowserOnPhone(t *testing.T) {
	for name, result := range map[string]verdict.Result{"everything": everything(), "large": large(3), "hostile": hostileResult()} {
		t.Run(name, func(t *testing.T) {
			b := browse(t, result, 390, 844)
			b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
			b.is(`document.documentElement.scrollWidth <= innerWidth`, "true")
		})
	}
}
