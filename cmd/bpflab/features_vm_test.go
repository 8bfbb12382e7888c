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

// offByConfig are types that Debian's cloud kernels are built without.
var offByConfig = map[string]bool{"LircMode2": true}

// What 5.10 and 6.12 have is what their versions say. The rows of upstream.yaml
// name their sources.
func TestFeaturesAgreeWithUpstream(t *testing.T) {
	needVMs(t)
	file := filepath.Join(t.TempDir(), "f.json")
	bpflab(t, "features", "--kernel", "5.10,6.12", "--json", file).want(t, verdict.ExitOK)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report features.Report
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, f := range report.Features {
		if f.Upstream == "" || offByConfig[f.Name] {
			continue
		}
		compared++
		if strings.Contains(f.Note, "Linux has it from") || f.Unsure {
			t.Errorf("%s %s on %s: %s", f.Kind, f.Name, f.Kernel, f.Note)
		}
	}
	if compared < 100 {
		t.Errorf("only %d answers were compared", compared)
	}
}

func TestFeaturesUsage(t *testing.T) {
	for _, args := range [][]string{{"--kind", "none"}, {"extra"}} {
		if code := execute(append([]string{"features"}, args...), os.Stderr, os.Stderr); code != verdict.ExitUsage {
			t.Errorf("%q: exit code %d, want %d", args, code, verdict.ExitUsage)
		}
	}
}
