package ci

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// The workflows that docs/ci.md shows are right as far as actionlint can tell.
func TestWorkflowsInDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```yaml\n(jobs:.*?)```").FindAllSubmatch(text, -1)
	if len(shown) == 0 {
		t.Fatal("docs/ci.md shows no workflow")
	}
	for i, block := range shown {
		linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wrong, err := linter.Lint("docs/ci.md", append([]byte("on: push\n"), block[1]...), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range wrong {
			t.Errorf("workflow %d: %v", i+1, w)
		}
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

// script is that of the step with an id.
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
			t.Errorf("step %q: an expression in its script is a way in for whoever writes the value", s.Name)
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

// key is what the key step writes in a directory.
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

// inAction is a step's script as GitHub runs it.
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

func parses(t *testing.T, name, script string) {
	t.Helper()
	cmd := exec.Command("bash", "-n")
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %s", name, out)
	}
}

// template is a file for include: in GitLab.
type template map[string]struct {
	Image     string            `yaml:"image"`
	Variables map[string]string `yaml:"variables"`
	Cache     struct {
		Key   string   `yaml:"key"`
		Paths []string `yaml:"paths"`
		When  string   `yaml:"when"`
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

func readTemplate(t *testing.T) (jobs template) {
	t.Helper()
	text, err := os.ReadFile("gitlab.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&jobs); err != nil {
		t.Fatal(err)
	}
	return jobs
}

func TestGitLabTemplate(t *testing.T) {
	job := readTemplate(t)[".bpflab"]
	if len(job.Script) == 0 || job.Artifacts.Reports.JUnit == "" || job.Artifacts.When != "always" {
		t.Errorf("%+v", job)
	}
	for _, name := range []string{"LABS", "KERNELS", "BUDGET", "ARGS"} {
		if _, ok := job.Variables[name]; !ok {
			t.Errorf("no variable %s", name)
		}
	}
	if strings.Contains(job.Cache.Key, "KERNELS") {
		t.Errorf("the cache's key %q may have a slash", job.Cache.Key)
	}
	for _, line := range append(job.Before, job.Script...) {
		parses(t, "gitlab.yml", line)
	}
}

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
