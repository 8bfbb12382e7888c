package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

// breakStream builds a command that attacks the stream of the agent.
func breakStream(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "breakstream")
	build := exec.Command("go", "build", "-o", program, "./testdata/exec/breakstream")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// What root of a guest does to its machine is the command's doing, each time: it fails,
// and is not run again.
func TestExecOfWhatRootMayDo(t *testing.T) {
	needVMs(t)
	program := breakStream(t)
	for name, tt := range map[string]struct {
		argv   []string
		reason string
	}{
		"a line":                       {nil, "it broke the stream of bpflab's agent"},
		"a flood":                      {nil, "it broke the stream of bpflab's agent"},
		"a flood of frames":            {nil, "it broke the stream of bpflab's agent"},
		"a header without its payload": {nil, "it broke the stream of bpflab's agent"},
		"the agent is killed":          {[]string{"sh", "-c", "kill -SEGV 1; sleep 30"}, "the machine died: kernel panic"},
		"a power-off":                  {[]string{"poweroff", "-f"}, "powered off or rebooted"},
	} {
		if tt.argv == nil {
			tt.argv = []string{program, name}
		}
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "r.json")
			args := []string{"--kernel", "5.10,latest", "--json", file, "--dir", t.TempDir(), "--"}
			o := executed(t, "", append(args, tt.argv...)...)
			o.want(t, verdict.ExitFail)
			var result verdict.Result
			readJSON(t, file, &result)
			if len(result.Cells) != 2 {
				t.Fatalf("%d cells", len(result.Cells))
			}
			for _, c := range result.Cells {
				if c.Verdict != verdict.Fail || !strings.Contains(c.Reason, tt.reason) || len(c.Attempts) != 1 {
					t.Errorf("%s: %s, %q after %d attempts, want a failure with %q after one", c.Kernel.Selector, c.Verdict, c.Reason, len(c.Attempts), tt.reason)
				}
			}
		})
	}
}

// Every kernel's console shows the mark that bpflab waits for before it judges what the
// kernel has reported, also where the command has silenced the console but for alerts.
func TestConsoleShowsMarks(t *testing.T) {
	needVMs(t)
	dir := t.TempDir()
	executed(t, "", "--dir", dir, "--", "sh", "-c", "dmesg -n 2; echo something >/dev/kmsg").want(t, verdict.ExitOK)
	consoles, err := filepath.Glob(filepath.Join(dir, "machines", "*", "console.log"))
	if err != nil || len(consoles) != len(defaultSeries) {
		t.Fatalf("consoles %q, %v", consoles, err)
	}
	for _, console := range consoles {
		text, err := os.ReadFile(console)
		if err != nil || strings.Count(string(text), "bpflab: mark 1 ") != 1 {
			t.Errorf("%s has no mark, %v; it ends with %q", console, err, text[max(0, len(text)-200):])
		}
	}
}
