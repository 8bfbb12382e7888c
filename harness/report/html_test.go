package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/bpflab/bpflab/harness/verdict"
)

// atWorst is what a guest would say to break out of a page.
const atWorst = "</script></pre></details><script>alert(1)</script><img src=x onerror=alert(1)>\x00\xff\x1b[2J{{.}}\u2028"

// pageFor writes the page of a result whose consoles lie in dir.
func pageFor(t testing.TB, result verdict.Result, dir string) string {
	t.Helper()
	var out bytes.Buffer
	if err := HTML(&out, result, PageOptions{Dir: dir, Href: "./"}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// consoles writes a log for each console that the result names.
func consoles(t testing.TB, result verdict.Result, body string) string {
	t.Helper()
	dir := t.TempDir()
	for _, cell := range result.Cells {
		for _, attempt := range attempts(cell) {
			path := filepath.Join(dir, filepath.FromSlash(attempt.Console))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func TestPageHasWhatHappened(t *testing.T) {
	result := everything()
	got := pageFor(t, result, consoles(t, result, "Linux version 6.1.0\nits last line\n"))
	for _, want := range []string{
		"1 passed, 1 flaky, 2 failed, 1 timed out, 1 infra, 1 unsupported in 31.2s", // totals
		`id="cell-hello-6.1"`, `href="#cell-hello-6.1"`, // a cell and the way to it
		"at least 2 lines of comm", "getdents64 called", "trace (on kernels &gt;=5.2)", // a check
		"the last line",                                       // of a log
		"its last line",                                       // of a console
		"Kernel panic - not syncing",                          // a splat
		"6.1.0-40-cloud-amd64", "linux-image-6.1", "b2b2b2b2", // the kernel's identity
		"no answer in 60 s", `href="./hello-6.1.1.console.log"`, // an earlier attempt
		"wait 5.00s, start 3.00s, build 0.10s, load 0.20s, run 0.80s",
		`<title>wait 5.00s, start 3.00s`, // in the plot
		"has left its mirror",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page has no %q", want)
		}
	}
}

func TestPageOfNothing(t *testing.T) {
	if got := pageFor(t, verdict.Result{}, ""); !strings.Contains(got, "0 passed in 0.0s") {
		t.Errorf("the page of an empty result:\n%s", got)
	}
}

// The consoles of passes are not read, but for the attempts that came before.
func TestPageConsoles(t *testing.T) {
	for _, test := range []struct {
		name string
		cell verdict.Cell
		want int
	}{
		{"pass", cellOf("a", "6.1", "6.1.0", verdict.Pass, ""), 0},
		{"unsupported", cellOf("a", "6.1", "6.1.0", verdict.Unsupported, "no BTF"), 0},
		{"fail", cellOf("a", "6.1", "6.1.0", verdict.Fail, "wrong"), 1},
		{"late pass", retriedCell(), 1},
		{"retried in vain", failedCell(), 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := verdict.Result{Cells: []verdict.Cell{test.cell}}
			page := pageFor(t, result, consoles(t, result, "said the console"))
			if got := strings.Count(page, "said the console"); got != test.want {
				t.Errorf("%d consoles, want %d", got, test.want)
			}
		})
	}
}

// A result that somebody sent names any file as its console.
func TestPageReadsNoOtherFiles(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("the secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(secret, filepath.Join(dir, "link.log")); err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(dir, secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{secret, relative, "link.log", "", ".", "nowhere", "nul\x00"} {
		if got := readConsole(dir, path); got != "" {
			t.Errorf("%q gives %q", path, got)
		}
	}
}

func TestConsoleIsCutToItsEnd(t *testing.T) {
	dir := t.TempDir()
	body := strings.Repeat("x", 100_000) + "the end"
	if err := os.WriteFile(filepath.Join(dir, "console.log"), []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
	got := readConsole(dir, "console.log")
	if len(got) != consoleBytes || !strings.HasSuffix(got, "the end") {
		t.Errorf("%d bytes, ending in %q", len(got), got[max(0, len(got)-10):])
	}
}

// hostileResult has what is at its worst in every text.
func hostileResult() verdict.Result {
	w := atWorst
	cell := verdict.Cell{
		Lab: w, LabSHA256: w, Object: w, Provider: w, Verdict: verdict.Fail, Reason: w, StartKind: w, Where: w, BootID: w, Splat: w,
		Kernel:   verdict.Kernel{Selector: w, Release: w, Source: w, Package: w, Version: w, SHA256: w},
		Attempts: []verdict.Attempt{{Verdict: verdict.Fail, Reason: w, Where: w, Console: "javascript:alert(1)"}},
		Steps: []verdict.Step{{Name: w, Verdict: verdict.Fail, Notes: []string{w}, Log: w, Expected: w, Seen: w,
			Checks: []verdict.Check{{Kind: w, When: w, Verdict: verdict.Fail, Expected: w, Seen: w}}}},
		Warnings: []string{w},
	}
	return verdict.Result{Tool: w, Command: []string{w}, Cells: []verdict.Cell{cell}}
}

func TestPageIsSafe(t *testing.T) {
	got := pageFor(t, hostileResult(), consoles(t, hostileResult(), atWorst))
	if n := strings.Count(strings.ToLower(got), "<script"); n != 1 {
		t.Errorf("%d scripts, want one", n)
	}
	if strings.Contains(got, "<img") {
		t.Error("an element of the guest's is in the page")
	}
	if strings.Contains(got, `href="javascript:`) {
		t.Error("a link of the guest's is a script")
	}
	for i, r := range got {
		if r != '\n' && r != '\t' && !unicode.IsGraphic(r) || r == unicode.ReplacementChar {
			t.Fatalf("%U at byte %d: %q", r, i, got[max(0, i-20):i])
		}
	}
}

func FuzzHTML(f *testing.F) {
	f.Add(atWorst, "console.log", 1.5)
	f.Add(hostile, "../../etc/passwd", -1.0)
	f.Fuzz(func(t *testing.T, body, console string, seconds float64) {
		cell := hostileResult().Cells[0]
		cell.Lab, cell.Reason, cell.Splat, cell.Steps[0].Log, cell.Attempts[0].Console = body, body, body, body, console
		cell.Durations = verdict.Durations{Wait: seconds, Run: seconds}
		got := pageFor(t, verdict.Result{Cells: []verdict.Cell{cell, cellOf(body, body, body, verdict.Pass, body)}}, t.TempDir())
		if n := strings.Count(strings.ToLower(got), "<script"); n != 1 {
			t.Errorf("%d scripts, want one", n)
		}
		if strings.Contains(got, "NaN") != strings.Contains(body+console, "NaN") || strings.Contains(got, "\x00") {
			t.Error("the page has what no page has")
		}
	})
}

func TestFragments(t *testing.T) {
	taken := map[string]bool{}
	for _, test := range []struct{ lab, kernel, want string }{
		{"hello", "6.1", "cell-hello-6.1"},
		{"hello", "6-1", "cell-hello-6-1"},
		{"hello", "6/1", "cell-hello-6-1-2"},
		{"héllo", ">=5.10", "cell-h-llo---5.10"},
	} {
		if got := fragment(taken, test.lab, test.kernel); got != test.want {
			t.Errorf("fragment(%s, %s) = %s, want %s", test.lab, test.kernel, got, test.want)
		}
	}
}

func TestLongTextsAreCut(t *testing.T) {
	var all longTexts
	short := all.add("short\n", lastPart)
	log := all.add(strings.Repeat("a line of the log\n", 1000), lastPart)
	splat := all.add(strings.Repeat("a line of the splat, größer\n", 1000), firstPart)
	if all.add(" \n", lastPart) != nil {
		t.Error("nothing is a text")
	}
	all.fit(8000)
	if short.Body != "short" || short.Cut != "" {
		t.Errorf("the short text is %q, cut: %q", short.Body, short.Cut)
	}
	if short.size()+log.size()+splat.size() > 8000 || len(log.Body) < 3000 || len(splat.Body) < 3000 {
		t.Errorf("%d and %d bytes are left of 8000", len(log.Body), len(splat.Body))
	}
	for _, one := range []*longText{log, splat} {
		if !strings.HasPrefix(one.Body, "a line") || one.Cut == "" {
			t.Errorf("%q begins %q", one.Cut, one.Body[:20])
		}
	}
}

// What is one endless line is cut between two characters.
func TestEndlessLineIsCut(t *testing.T) {
	for _, p := range []part{firstPart, lastPart} {
		var all longTexts
		one := all.add(strings.Repeat("ö", 1000), p)
		all.fit(101)
		if one.Body != strings.Repeat("ö", 50) {
			t.Errorf("%q is left", one.Body)
		}
	}
}

// large has 50 cells as a real run leaves them, n of them failed with all there
// can be of logs and consoles.
func large(n int) verdict.Result {
	result := verdict.Result{Schema: verdict.Schema}
	for i := range 50 {
		cell := cellOf(fmt.Sprintf("lab-%d", i/5), fmt.Sprintf("6.%d", i%5), fmt.Sprintf("6.%d.0-56-cloud-amd64", i%5), verdict.Pass, "")
		digest := strings.Repeat("0123456789abcdef", 4)
		cell.LabSHA256, cell.Object, cell.Kernel.SHA256, cell.BootID = digest, digest, digest, digest[:36]
		cell.Console = fmt.Sprintf("cells/%03d-%s/attempt-1/console.log", i, cell.Lab)
		check := verdict.Check{Kind: "trace", Verdict: verdict.Pass, Expected: `trace line from ls: "getdents64 called", exactly 2`, Seen: "2 such of 2 lines"}
		step := verdict.Step{Name: "watch-ls-from-inside-the-kernel", Verdict: verdict.Pass, Checks: []verdict.Check{check, check}, Notes: []string{"hello attached to kprobe sys_getdents64"}}
		cell.Steps = []verdict.Step{step, step}
		if i < n {
			cell.Verdict, cell.Reason = verdict.Fail, "step watch-ls-from-inside-the-kernel: trace line from ls"
			cell.Steps[1].Verdict = verdict.Fail
			cell.Steps[1].Log = strings.Repeat("12: (85) call bpf_trace_printk#6 ; R0=scalar()\n", 1400)
		}
		cell.Attempts = []verdict.Attempt{{Verdict: cell.Verdict, Reason: cell.Reason, Console: cell.Console, Durations: cell.Durations}}
		result.Cells = append(result.Cells, cell)
	}
	return result
}

func TestPageIsSmall(t *testing.T) {
	for _, n := range []int{0, 1, 10, 50} {
		result := large(n)
		dir := consoles(t, result, strings.Repeat("[    0.123456] some <driver> said \"this\"\r\n", 3000))
		if got := len(pageFor(t, result, dir)); got > 300_000 {
			t.Errorf("with %d failed cells of 50 the page has %d bytes", n, got)
		} else {
			t.Logf("%d failed: %d bytes", n, got)
		}
	}
}
