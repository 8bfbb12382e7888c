package ci

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// action is a composite action, as far as it is ours to get right.
type action struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
	Inputs      map[string]struct {
		Description string `yaml:"description"`
		Default     string `yaml:"default"`
	} `yaml:"inputs"`
	Outputs map[string]struct {
		Description string `yaml:"description"`
		Value       string `yaml:"value"`
	} `yaml:"outputs"`
	Runs struct {
		Using string `yaml:"using"`
		Steps []struct {
			Name  string            `yaml:"name"`
			ID    string            `yaml:"id"`
			If    string            `yaml:"if"`
			Uses  string            `yaml:"uses"`
			With  map[string]string `yaml:"with"`
			Env   map[string]string `yaml:"env"`
			Shell string            `yaml:"shell"`
			Run   string            `yaml:"run"`
		} `yaml:"steps"`
	} `yaml:"runs"`
}

func readAction(t *testing.T) (a action) {
	t.Helper()
	text, err := os.ReadFile("action/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

// script returns the script of the step with this id.
func (a action) script(t *testing.T, id string) string {
	t.Helper()
	for _, s := range a.Runs.Steps {
		if s.ID == id {
			return s.Run
		}
	}
	t.Fatalf("no step has the id %s", id)
	return ""
}

func TestAction(t *testing.T) {
	a := readAction(t)
	for _, name := range []string{"labs", "kernels", "budget", "args"} {
		if a.Inputs[name].Description == "" {
			t.Errorf("no input %s", name)
		}
	}
	for _, s := range a.Runs.Steps {
		if s.ID == "run" && (s.Env["LABS"] != "${{ inputs.labs }}" || s.Env["KERNELS"] != "${{ inputs.kernels }}" ||
			s.Env["BUDGET"] != "${{ inputs.budget }}" || s.Env["ARGS"] != "${{ inputs.args }}") {
			t.Errorf("step %q: inputs do not reach it: %v", s.Name, s.Env)
		}
		switch {
		case (s.Run == "") == (s.Uses == ""):
			t.Errorf("step %q: want one of run and uses", s.Name)
		case s.Uses != "":
			continue
		case strings.Contains(s.Run, "${{"):
			t.Errorf("step %q: an expression in its script lets anyone who writes the value run code", s.Name)
		case s.Shell == "":
			t.Errorf("step %q: a composite action names its shell", s.Name)
		}
		parses(t, s.Name, s.Run)
	}
}

// What GitHub says of only when it happens: a cache's key has no comma, and hashFiles
// sees nothing of an action of another repository.
func TestActionCacheKey(t *testing.T) {
	text, err := os.ReadFile("action/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "hashFiles(") {
		t.Error("hashFiles is of the workspace, where the action's files are not")
	}
	for _, s := range readAction(t).Runs.Steps {
		if key := s.With["key"] + s.With["restore-keys"]; strings.Contains(key, ",") || strings.Contains(key, "inputs.") {
			t.Errorf("step %q: a list of kernels has commas, and the key is %s", s.Name, key)
		}
	}
}

func TestKeyStep(t *testing.T) {
	script, dir := readAction(t).script(t, "key"), t.TempDir()
	first := key(t, script, dir, "6.1,5.10")
	if !regexp.MustCompile(`^lock=[0-9a-f]{64}\nkernels=[0-9a-f]{64}\n$`).MatchString(first) {
		t.Fatalf("it says %q", first)
	}
	if again := key(t, script, dir, "6.1,5.10"); again != first {
		t.Errorf("it says %q and then %q", first, again)
	}
	if other := key(t, script, dir, "$(touch in)\n`touch in`"); other == first || other[:70] != first[:70] {
		t.Errorf("of other kernels it says %q", other)
	}
	if err := os.WriteFile(filepath.Join(dir, "kernels.lock"), []byte("schema: 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if own := key(t, script, dir, "6.1,5.10"); own[:70] == first[:70] || own[70:] != first[70:] {
		t.Errorf("with a lock file of its own it says %q", own)
	}
	if _, err := os.Stat(filepath.Join(dir, "in")); err == nil {
		t.Error("a value was run as a command")
	}
}

// key runs the key step in a directory and returns what it writes.
func key(t *testing.T, script, dir, kernels string) string {
	t.Helper()
	output := filepath.Join(t.TempDir(), "output")
	cmd := inAction(t, script, "KERNELS="+kernels, "GITHUB_OUTPUT="+output)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// inAction returns a step's script as GitHub runs it.
func inAction(t *testing.T, script string, env ...string) *exec.Cmd {
	t.Helper()
	here, err := filepath.Abs("action")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "GITHUB_ACTION_PATH=" + here}, env...)
	return cmd
}
