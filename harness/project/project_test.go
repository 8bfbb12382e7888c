package project

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"

	"github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verify"
)

var update = flag.Bool("update", false, "rewrite docs/project.schema.json")

const (
	schemaFile  = "../../docs/project.schema.json"
	exampleFile = "../../docs/examples/project/bpflab.yaml"
)

func TestSchemaIsUpToDate(t *testing.T) {
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(schemaFile); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the types say (%v); rewrite it with: go test ./harness/project -run Schema -update", schemaFile, err)
	}
}

func TestGrammarIsWhole(t *testing.T) {
	own := document.Grammar{Families: grammar.Families, Rules: map[string]document.Rule{}}
	checks := lab.Grammar().Gaps(reflect.TypeFor[lab.Check]())
	for key, rule := range grammar.Rules {
		if !slices.Contains(checks, key+" is a rule for a key that no type has") {
			own.Rules[key] = rule
		}
	}
	for _, gap := range own.Gaps(reflect.TypeFor[Project]()) {
		t.Error(gap)
	}
}

func TestExample(t *testing.T) {
	p, err := Read(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	o := p.Objects[0]
	if p.Kernels[0] != "5.10" || p.Build.Run != "make" || p.Build.Timeout.Minutes() != 10 || o.Loader != verify.Either || !o.Attach {
		t.Errorf("%+v", p)
	}
	if o.Budgets.Programs["count_open"]["insns"] != 100 || len(o.Rejected) != 3 || o.Rejected[0].Object != "*" {
		t.Errorf("%+v", o)
	}
	if c := p.Commands[0]; c.Name != "kernel has BTF" || len(c.Run) != 3 || c.Timeout.Minutes() != 5 || c.CPUs != 1 || c.Memory != 512*document.MiB {
		t.Errorf("%+v", c)
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", "1:1: the project is empty"},
		{"nothing to check", "kernels: [6.1]", "1:1: the project needs objects, packets or commands"},
		{"unknown key", "object:\n  - files: [a.o]\n", `1:1: unknown key "object" in the project; did you mean "objects"?`},
		{"no files", "objects:\n  - loader: libbpf\n", "2:5: an entry of objects has no files"},
		{"unknown loader", "objects:\n  - files: [a.o]\n    loader: libpbf\n", `3:13: unknown loader "libpbf"; did you mean "libbpf"?`},
		{"unknown reason", "objects:\n  - files: [a.o]\n    rejected: [{reason: helpr}]\n", `3:25: unknown reason "helpr"; did you mean "helper"?`},
		{"a rejection for no reason", "objects:\n  - files: [a.o]\n    rejected: [{program: p}]\n", "3:16: an entry of rejected needs reason or message"},
		{"a bad pattern", "objects:\n  - files: ['a[.o']\n", `2:13: "a[.o" is no pattern; * is any text, ? any character, [abc] one of them`},
		{"no range", "objects:\n  - files: [a.o]\n    rejected: [{reason: helper, on: new}]\n", "3:37: on: "},
		{"no measure", "objects:\n  - files: [a.o]\n    budgets: {all: {insn: 3}}\n", `3:27: "insn" cannot have a budget; did you mean "insns"?`},
		{"no number", "objects:\n  - files: [a.o]\n    budgets: {programs: {p: {insns: many}}}\n", `3:37: insns wants a whole number, not the text "many"`},
		{"no map size", "objects:\n  - files: [a.o]\n    map_sizes: {m: 0}\n", "3:20: m is 0: want 1 to 4294967295"},
		{"two names", "commands:\n  - {name: a, run: ['true']}\n  - {name: a, run: ['false']}\n", `3:5: this command is named "a", as the one in line 2 is; give one of them another name`},
		{"two names without one", "commands:\n  - run: ['true', -v, -v]\n  - run: ['true']\n", `3:5: this command is named "true", as the one in line 2 is; give one of them another name`},
		{"a text for a command", "commands:\n  - run: make test\n", `2:10: run wants a list, not the text "make test"; begin each item with "- "`},
		{"an anchor within itself", "objects: &a\n  - files: *a\n", "anchors, aliases and tags are not read"},
		{"a packet test of no program", "packets:\n  - {name: a, object: a.o, checks: [{map: {name: m, sum: 1}}]}\n", "none of the checks runs a program; add a test_run"},
		{"a run time against itself", "packets: [{name: a, object: a.o, checks: [{test_run: {program: p, returns: 0}}, {run_time: {of: p, against: p, at_most: 2}}]}]\n", "p is compared with itself; name another program"},
		{"a run time of nobody", "packets: [{name: a, object: a.o, checks: [{test_run: {program: p, returns: 0}}, {run_time: {of: q, against: p, at_most: 2}}]}]\n", "q"},
		{"no ratio", "commands: [{run: [a], run_time: [{of: q, against: p, at_most: none}]}]\n", "at_most: \"none\" is no ratio"},
		{"a packet test of a command", "packets:\n  - {name: a, object: a.o, checks: [{exit: 0}]}\n", "2:37: a packet test has no check exit: want test_run, run_time, map or event"},
		{"a packet of two versions", "packets:\n  - name: a\n    object: a.o\n    checks:\n      - test_run: {program: p, returns: 1, packet: {udp: 7, to: 'fd00::1'}}\n", "5:52: 10.77.0.1 and fd00::1 are not of one version of IP"},
		{"two packet tests", "packets:\n  - {name: a, object: a.o, checks: [{test_run: {program: p, returns: 1}}]}\n  - {name: a, object: a.o, checks: [{test_run: {program: p, returns: 1}}]}\n", `3:12: there are two packet tests named "a"`},
		{"no kernel", "kernels: ['<>6']\ncommands: [{run: [x]}]\n", "1:11: "},
		{"not YAML", "objects: [\n", "1:10: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("p/bpflab.yaml", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "p/bpflab.yaml:") {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestNoFile(t *testing.T) {
	if _, err := Read(filepath.Join(t.TempDir(), FileName)); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), FileName) {
		t.Errorf("error %v", err)
	}
}

// A pattern that matches nothing is never green.
func TestPaths(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.o", "b.o"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Parse(FileName, []byte("objects:\n  - files: ['*.o', a.o]\n  - files:\n      - a.o\n      - build/*.o\n"))
	if err != nil {
		t.Fatal(err)
	}
	if files, err := p.Paths(0); err != nil || strings.Join(files, " ") != "a.o b.o" {
		t.Errorf("%v, error %v, want each file once", files, err)
	}
	if _, err := p.Paths(1); err == nil || !strings.HasPrefix(err.Error(), "bpflab.yaml:5:9: there is no file build/*.o") {
		t.Errorf("error %v", err)
	}
}

func FuzzParse(f *testing.F) {
	example, err := os.ReadFile(exampleFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte("objects:\n  - files: [a.o]\n    budgets: {kernels: [{on: '<5', all: {insns: 3}}]}\n    map_sizes: {a: 1}\n"))
	f.Add([]byte("commands: [{run: [a, a], memory: 1GiB, cpus: 2, fails: '<5'}]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse(FileName, text)
		var all *multierror.Error
		if err != nil && (!errors.As(err, &all) || len(all.Errors) == 0) {
			t.Fatalf("no mistake in %v", err)
		}
		if err == nil && len(p.Objects)+len(p.Commands) == 0 {
			t.Fatalf("a project that checks nothing: %+v", p)
		}
	})
}
