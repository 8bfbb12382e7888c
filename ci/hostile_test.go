package ci

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Both templates hand values on as they are, whatever is in them.
func TestHostileValues(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Join(readTemplate(t)[".bpflab"].Script, "\n")
	for name, script := range map[string]string{
		"action": readAction(t).script(t, "run"),
		"gitlab": strings.ReplaceAll(lines, "/opt/bpflab", `"$ROOT"`),
	} {
		t.Run(name, func(t *testing.T) { takesHostileValues(t, script, "ROOT="+root) })
	}
}

func takesHostileValues(t *testing.T, script, root string) {
	dir := t.TempDir()
	spy := "#!/bin/sh\nfor a in \"$@\"; do printf '%s\\n' \"$a\"; done\nexit 7\n"
	if err := os.WriteFile(filepath.Join(dir, "bpflab"), []byte(spy), 0o755); err != nil {
		t.Fatal(err)
	}
	results := filepath.Join(dir, "bpflab-results")
	for name, test := range map[string]struct {
		env  []string
		want []string
		code int
	}{
		"nothing": {nil, []string{"run", "--kernel", "default", "--dir", results, "--all", "--"}, 7},
		"labs":    {[]string{"LABS=hello  xdp-drop\n./my/lab.md\n", "KERNELS=6.1,>=5.10"}, []string{"run", "--kernel", "6.1,>=5.10", "--dir", results, "--", "hello", "xdp-drop", "./my/lab.md"}, 7},
		"hostile": {[]string{`LABS=$(touch ` + dir + `/in) * "x --all`, "KERNELS=`touch " + dir + "/in`; rm -rf /nosuch", "ARGS=--json\na b'\"c $(touch " + dir + "/in)\n\n--retries=2"},
			[]string{"run", "--kernel", "`touch " + dir + "/in`; rm -rf /nosuch", "--dir", results, "--json", `a b'"c $(touch ` + dir + "/in)", "--retries=2", "--", "$(touch", dir + "/in)", "*", `"x`, "--all"}, 7},
		"no budget": {[]string{"BUDGET=1; touch " + dir + "/in"}, nil, 2},
		"no limit":  {[]string{"BUDGET=0"}, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := inAction(t, script, append(test.env, root, "PATH="+dir+":"+os.Getenv("PATH"), "DIR="+results, "CI_PROJECT_DIR="+dir)...)
			out, _ := cmd.Output()
			if code := cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit status %d, want %d", code, test.code)
			}
			got := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
			if len(out) == 0 {
				got = nil
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("arguments %q, want %q", got, test.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "in")); err == nil {
				t.Error("a value was run as a command")
			}
		})
	}
}

// The path of result.json is one line of $GITHUB_OUTPUT, whatever the artifact's name.
func TestRunStepSaysWhereTheResultIs(t *testing.T) {
	script, dir := readAction(t).script(t, "run"), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bpflab"), []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	output := filepath.Join(dir, "output")
	for results, want := range map[string]int{dir + "/my results": 1, dir + "/x\nresult=/etc/passwd": 2} {
		cmd := inAction(t, script, "PATH="+dir+":"+os.Getenv("PATH"), "DIR="+results, "GITHUB_OUTPUT="+output)
		cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Errorf("%q: exit status %d, want %d", results, code, want)
		}
	}
	if text, err := os.ReadFile(output); err != nil || string(text) != "result="+dir+"/my results/result.json\n" {
		t.Errorf("%v, %q", err, text)
	}
}
