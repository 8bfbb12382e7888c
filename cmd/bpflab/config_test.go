package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

// withConfig has a configuration file with a text, and no variables of settings.
func withConfig(t *testing.T, text string) string {
	t.Helper()
	emptyWorld(t)
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, s := range settings() {
		t.Setenv(s.variable, "") // so that it is put back
		os.Unsetenv(s.variable)
	}
	clear(fromFile)
	t.Cleanup(func() { clear(fromFile) })
	t.Setenv(configVariable, file)
	return file
}

// shown returns the settings that `bpflab config` shows, by their names.
func shown(t *testing.T, args ...string) map[string]settingLine {
	t.Helper()
	var out, errs bytes.Buffer
	if code := execute(append([]string{"config", "--json"}, args...), &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	var d configDocument
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	lines := map[string]settingLine{}
	for _, l := range d.Settings {
		lines[l.Name] = l
	}
	return lines
}

func TestConfigOrder(t *testing.T) {
	file := withConfig(t, "kernels: [6.1, 5.10]\nprovider: host\njobs: 3\naccel: tcg\ncache: kept\nmirrors: {debian: 'http://example.com/debian'}\nstandby: off\n")
	t.Setenv("BPFLAB_PROVIDER", "lxd")
	t.Setenv("BPFLAB_JOBS", "4")
	got := shown(t, "-j", "5")
	for name, want := range map[string]settingLine{
		"kernels":        {Value: "6.1,5.10", Source: "file", Where: file + ":1"},
		"provider":       {Value: "lxd", Source: "environment", Where: "BPFLAB_PROVIDER"},
		"jobs":           {Value: "5", Source: "flag", Where: "--jobs"},
		"accel":          {Value: "tcg", Source: "file", Where: file + ":4"},
		"cache":          {Value: filepath.Join(filepath.Dir(file), "kept"), Source: "file", Where: file + ":5"},
		"mirrors.debian": {Value: "http://example.com/debian", Source: "file", Where: file + ":6"},
		"standby":        {Value: "off", Source: "file", Where: file + ":7"},
		"color":          {Value: "auto", Source: "default"},
	} {
		if l := got[name]; l.Value != want.Value || l.Source != want.Source || l.Where != want.Where {
			t.Errorf("%s is %q of %s %s, want %q of %s %s", name, l.Value, l.Source, l.Where, want.Value, want.Source, want.Where)
		}
	}
}

// What is configured holds where a flag is not given, and where the verb has the usual default.
func TestConfigHolds(t *testing.T) {
	withConfig(t, "kernels: ['6.1']\nprovider: none-such\n")
	refused(t, `no provider "none-such"`, "run", "hello")
	var out, errs bytes.Buffer
	if code := execute([]string{"ci", "matrix", "hello"}, &out, &errs); code != 0 || !strings.Contains(out.String(), "\n6.1 ") || strings.Contains(out.String(), "latest") {
		t.Errorf("exit code %d: %s%s", code, out.String(), errs.String())
	}
	out.Reset()
	if code := execute([]string{"ci", "matrix", "hello", "--kernel", "5.10"}, &out, &errs); code != 0 || strings.Contains(out.String(), "6.1") {
		t.Errorf("exit code %d: %s%s", code, out.String(), errs.String())
	}
}

func TestConfigMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"provder: lxd\n":                ":1:1: unknown key \"provder\" in the configuration; did you mean \"provider\"?",
		"jobs: 2\nkernel: 6.1\n":        ":2:1: unknown key \"kernel\" in the configuration; did you mean \"kernels\"?",
		"jobs: two\n":                   ":1:7:",
		"accel: xen\n":                  ":1:8:",
		"mirrors: {debain: http://x}\n": "no source \"debain\" of kernels; did you mean \"debian\"?",
		"- a\n":                         ":1:",
		"jobs: [\n":                     ":1:",
	} {
		file := withConfig(t, text)
		for _, verb := range [][]string{{"config"}, {"ci", "matrix", "hello"}} {
			refused(t, file, verb...)
			refused(t, want, verb...)
		}
		var out bytes.Buffer
		if code := execute([]string{"version"}, &out, &out); code != 0 {
			t.Errorf("version: exit code %d: %s", code, out.String())
		}
	}
	withConfig(t, "")
	t.Setenv("BPFLAB_JOBS", "many")
	refused(t, `BPFLAB_JOBS: "many" is no number of machines`, "run", "hello")
	t.Setenv("BPFLAB_JOBS", "")
	t.Setenv(configVariable, "/does/not/exist.yaml")
	refused(t, "/does/not/exist.yaml", "config")
	t.Setenv(configVariable, os.DevNull)
	t.Setenv("BPFLAB_CACH", "x")
	var out bytes.Buffer
	if code := execute([]string{"config"}, &out, &out); code != verdict.ExitOK || !strings.Contains(out.String(), "BPFLAB_CACH is set, and bpflab knows no such variable; did you mean BPFLAB_CACHE?") {
		t.Errorf("exit code %d: %s", code, out.String())
	}
}

// Each key of the file is a setting, and has a text.
func TestConfigGrammar(t *testing.T) {
	names := map[string]bool{}
	for _, s := range settings() {
		key, _, _ := strings.Cut(s.name, ".")
		names[key] = true
	}
	for rule, r := range configGrammar.Rules {
		if key := strings.TrimPrefix(rule, "Config."); !names[key] || r.Doc == "" {
			t.Errorf("%s is no setting, or has no text", rule)
		}
		delete(names, strings.TrimPrefix(rule, "Config."))
	}
	if len(names) > 0 {
		t.Errorf("no rules for %v", names)
	}
}

func FuzzConfig(f *testing.F) {
	for _, seed := range []string{"", "kernels: [6.1]\njobs: 2\n", "mirrors: {debian: x}\n", "a: &b {c: *b}", "jobs: -1", "cache: ~/x\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := configured{file: "config.yaml"}
		if err := c.parse(text); err != nil && !strings.Contains(err.Error(), "config.yaml:") {
			t.Errorf("an error without its place: %v", err)
		}
	})
}
