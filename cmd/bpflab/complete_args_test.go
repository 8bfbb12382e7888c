package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// completions returns what a shell is offered behind a command line, whose last word may be
// begun; "_" stands for an empty one.
func completions(t *testing.T, line string) []string {
	t.Helper()
	args := append([]string{"__completeNoDesc"}, strings.Fields(line)...)
	for i := range args {
		if args[i] == "_" {
			args[i] = ""
		}
	}
	var out, errs bytes.Buffer
	if code := execute(args, &out, &errs); code != 0 {
		t.Fatalf("%s: exit code %d: %s", line, code, errs.String())
	}
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}

func TestWordsAreCompleted(t *testing.T) {
	inWorldWith(t, "6.1/amd64", "6.12/amd64")
	if err := os.WriteFile("Image", armImage("6.6.1-mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := kernels(t, "import", "Image", "--name", "mine"); code != 0 {
		t.Fatal(errs)
	}
	for line, want := range map[string]string{
		"run _":                      "hello",
		"run hello _":                "xdp-drop",
		"workshop _":                 "hello",
		"ci matrix _":                "hello",
		"shell --lab _":              "hello",
		"shell --lab hello --step _": "1",
		"run hello --kernel 6.":      "6.12/generic",
		"run hello --kernel 6.1,l":   "6.1,latest",
		"run hello --kernel local:":  "local:mine/arm64",
		"kernels pull _":             "default",
		"kernels fetch l":            "latest",
		"kernels remove local":       "local:mine/arm64",
		"kernels prune --forget _":   "mine",
		"kernels sweep _":            "latest",
		"bisect --good _":            "latest",
		"run hello --provider _":     "lxd-container",
		"exec --provider l":          "lxd",
		"run hello --accel _":        "tcg",
		"test --provider _":          "host",
		"features --kind _":          "map_type",
		"limits --only _":            "stack_bytes",
		"verify --loader _":          "libbpf",
		"verify --json _":            "json",
		"check _":                    "yaml",
		"report _":                   "json",
		"help ker":                   "kernels",
		"help kernels _":             "remove",
		"kernels re":                 "remove",
		"kernels list --arch s":      "s390x",
	} {
		if got := completions(t, line); !slices.Contains(got, want) {
			t.Errorf("%s: %q is not among %q", line, want, got)
		}
	}
	for _, line := range []string{"doctor _", "kernels prune _", "run hello --repeat _", "labs new _"} {
		if got := completions(t, line); !slices.Equal(got, []string{":4"}) {
			t.Errorf("%s: %q, want nothing, not even files", line, got)
		}
	}
}

// Completions ask nobody, so they are there at once.
func TestCompletionsAreFast(t *testing.T) {
	inWorldWith(t, "6.1/amd64")
	best := time.Hour
	for range 5 { // the machine may be busy
		began := time.Now()
		completions(t, "run hello --kernel 6")
		best = min(best, time.Since(began))
	}
	if best > 50*time.Millisecond {
		t.Errorf("%v, want 50 ms at most", best)
	}
	if _, err := os.Stat(os.Getenv("BPFLAB_CACHE")); err == nil {
		t.Error("a completion has written to the cache")
	}
}

// Each flag and verb that has words of its own is one that exists.
func TestCompletionsAreOfFlags(t *testing.T) {
	all := verbs(newRootCmd())
	for name := range argumentWords {
		if all[name] == nil {
			t.Errorf("%q is no verb", name)
		}
	}
	flags := map[string]bool{}
	for _, cmd := range all {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { flags[f.Name] = true })
	}
	for name := range flagWords {
		if !flags[name] {
			t.Errorf("--%s is no flag", name)
		}
	}
}
