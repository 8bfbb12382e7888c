package ci

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/rhysd/actionlint"
)

// actionlint reads the local action's inputs and outputs too.
func TestWorkflows(t *testing.T) {
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{WorkingDir: ".."})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	project, err := actionlint.NewProjects().At("..")
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := linter.LintFiles(files, project)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

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

func TestAction(t *testing.T) {
	text, err := os.ReadFile("action/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&a); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"labs", "kernels", "budget", "args"} {
		if a.Inputs[name].Description == "" {
			t.Errorf("no input %s", name)
		}
	}
	for _, s := range a.Runs.Steps {
		switch {
		case (s.Run == "") == (s.Uses == ""):
			t.Errorf("step %q: want one of run and uses", s.Name)
		case s.Uses != "":
			continue
		case strings.Contains(s.Run, "${{"):
			t.Errorf("step %q: an expression in its script is a way in for whoever writes the value", s.Name)
		case s.Shell == "":
			t.Errorf("step %q: a composite action names its shell", s.Name)
		}
		parses(t, s.Name, s.Run)
	}
}

func parses(t *testing.T, name, script string) {
	t.Helper()
	cmd := exec.Command("bash", "-n")
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %s", name, out)
	}
}

func TestGitLabTemplate(t *testing.T) {
	text, err := os.ReadFile("gitlab.yml")
	if err != nil {
		t.Fatal(err)
	}
	var jobs map[string]struct {
		Image     string            `yaml:"image"`
		Variables map[string]string `yaml:"variables"`
		Cache     struct {
			Key   string   `yaml:"key"`
			Paths []string `yaml:"paths"`
		} `yaml:"cache"`
		Before    []string `yaml:"before_script"`
		Script    []string `yaml:"script"`
		Artifacts struct {
			When    string   `yaml:"when"`
			Paths   []string `yaml:"paths"`
			Reports struct {
				JUnit string `yaml:"junit"`
			} `yaml:"reports"`
		} `yaml:"artifacts"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&jobs); err != nil {
		t.Fatal(err)
	}
	job := jobs[".bpflab"]
	if len(job.Script) == 0 || job.Artifacts.Reports.JUnit == "" {
		t.Errorf("%+v", job)
	}
	for _, line := range append(job.Before, job.Script...) {
		parses(t, "gitlab.yml", line)
	}
}

// The script that both run hands values on as they are, whatever is in them.
func TestRunScriptTakesHostileValues(t *testing.T) {
	dir := t.TempDir()
	spy := filepath.Join(dir, "bpflab")
	if err := os.WriteFile(spy, []byte("#!/bin/sh\nfor a in \"$@\"; do printf '%s\\n' \"$a\"; done\nexit 7\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		env  []string
		want []string
		code int
	}{
		"nothing": {nil, []string{"run", "--kernel", "default", "--dir", dir + "/out", "--all", "--"}, 7},
		"labs":    {[]string{"LABS=hello  xdp-drop", "KERNELS=6.1,>=5.10"}, []string{"run", "--kernel", "6.1,>=5.10", "--dir", dir + "/out", "--", "hello", "xdp-drop"}, 7},
		"hostile": {[]string{`LABS=$(touch ` + dir + `/in) * "x`, "KERNELS=`id`; rm -rf /nosuch", "ARGS=--json\na b'\"c\n\n--retries=2"},
			[]string{"run", "--kernel", "`id`; rm -rf /nosuch", "--dir", dir + "/out", "--json", `a b'"c`, "--retries=2", "--", "$(touch", dir + "/in)", "*", `"x`}, 7},
		"no budget": {[]string{"BUDGET=1; id"}, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("bash", "run.sh")
			cmd.Env = append([]string{"PATH=" + dir + ":" + os.Getenv("PATH"), "DIR=" + dir + "/out"}, test.env...)
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
