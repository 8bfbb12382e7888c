package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/features"
	"github.com/bpflab/bpflab/harness/verdict"
)

// offByConfig are features that Debian's cloud kernels are built without: infrared
// remotes, and errors put into kernel functions.
var offByConfig = map[string]bool{"LircMode2": true, "RcKeydown": true, "RcPointerRel": true, "RcRepeat": true, "OverrideReturn": true}

// What 5.10 and 6.12 have is what their versions say. The rows of upstream.yaml
// name their sources.
func TestFeaturesAgreeWithUpstream(t *testing.T) {
	needVMs(t)
	dir := t.TempDir()
	file, page := filepath.Join(dir, "f.json"), filepath.Join(dir, "f.html")
	ran := bpflab(t, "features", "--diff", "5.10", "6.12", "--json", file, "--html", page)
	ran.want(t, verdict.ExitOK)
	var report features.Report
	readJSON(t, file, &report)
	compared := 0
	for _, f := range report.Features {
		if f.Upstream == "" || offByConfig[f.Name] {
			continue
		}
		compared++
		if strings.Contains(f.Note, "Linux has it from") || f.Inconclusive {
			t.Errorf("%s %s on %s: %s", f.Kind, f.Name, f.Kernel, f.Note)
		}
	}
	if compared < 500 {
		t.Errorf("only %d answers were compared", compared)
	}
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), "RingBuf") {
		t.Errorf("the page has %d bytes, error %v", len(text), err)
	}
	wantSample(t, ran.stdout, report)
}

// wantSample holds the difference, and since when there is what, to the headers.
func wantSample(t *testing.T, diff string, report features.Report) {
	t.Helper()
	lines := map[string]bool{}
	for line := range strings.Lines(diff) {
		lines[strings.Join(strings.Fields(line), " ")] = true
	}
	since := map[string]string{}
	for _, f := range report.Features {
		since[f.Kind+" "+f.Name] = f.Since
	}
	for _, s := range sampleOfSources {
		name, first := s.kind+" "+s.name, "6.12"
		if s.in510 {
			first = "5.10"
		}
		if lines["+ "+name] == s.in510 {
			t.Errorf("%s (%s): in the difference %v, in 5.10's headers %v", name, s.source, lines["+ "+name], s.in510)
		}
		if since[name] != first {
			t.Errorf("%s (%s): since %q, want %q", name, s.source, since[name], first)
		}
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// What no library knows yet is in the difference: by number where it can be tried, and by
// name where not.
func TestFeaturesOfNewKernels(t *testing.T) {
	needVMs(t)
	ran := bpflab(t, "features", "--diff", "6.12", "latest")
	ran.want(t, verdict.ExitOK)
	lines := map[string]bool{}
	for line := range strings.Lines(ran.stdout) {
		lines[strings.Join(strings.Fields(line), " ")] = true
	}
	for _, want := range []string{
		"+ map_type INSN_ARRAY", "+ map_type RHASH", "+ attach_type TRACE_UPROBE_SESSION", "+ attach_type TRACE_FSESSION", "+ attach_type TRACE_FENTRY_MULTI",
		"+ attach_type TRACE_FEXIT_MULTI", "+ attach_type TRACE_FSESSION_MULTI", "+ link_type tracing_multi", "+ command PROG_STREAM_READ_BY_FD",
		"+ command PROG_ASSOC_STRUCT_OPS", "+ instructions load_acquire", "+ instructions store_release", "+ kfunc bpf_get_kmem_cache",
	} {
		if !lines[want] {
			t.Errorf("no %q in\n%s", want, ran.stdout)
		}
	}
	if n := strings.Count(ran.stdout, "+  kfunc "); n < 150 {
		t.Errorf("%d new functions of the kernel", n)
	}
}

func TestFeaturesUsage(t *testing.T) {
	for _, args := range [][]string{{"--kind", "none"}, {"extra"}, {"--diff", "6.1"}, {"--diff", "6.1", "6.12", "--kernel", "5.10"}} {
		if code := execute(append([]string{"features"}, args...), os.Stderr, os.Stderr); code != verdict.ExitUsage {
			t.Errorf("%q: exit code %d, want %d", args, code, verdict.ExitUsage)
		}
	}
}
