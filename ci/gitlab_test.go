package ci

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

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

func parses(t *testing.T, name, script string) {
	t.Helper()
	cmd := exec.Command("bash", "-n")
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %s", name, out)
	}
}
