package verify

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/bpflab/bpflab/harness/object"
)

// gated is an object whose variables select paths; one of its programs uses none of them.
const gated = `#define SEC(name) __attribute__((section(name)))
enum how { HOW_PLAIN, HOW_FAST = 2 };
const volatile _Bool filter = 0;
const volatile int VARIABLE = 1;
const volatile struct { enum how how; unsigned short ports[2]; } cfg = {};
int written = 1;
SEC("socket") int PREFIX_reads(void *ctx) { return filter + VARIABLE + cfg.how + cfg.ports[1] + written; }
SEC("socket") int PREFIX_plain(void *ctx) { return 0; }
`

// gatedObject compiles gated with the name of one of its variables, and the begin of those of its
// programs.
func gatedObject(t testing.TB, name, variable, prefix string) *Object {
	t.Helper()
	dir := t.TempDir()
	source, path := filepath.Join(dir, "gated.c"), filepath.Join(dir, name)
	text := strings.NewReplacer("VARIABLE", variable, "PREFIX", prefix).Replace(gated)
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(anyClang(t), "-target", "bpfel", "-O2", "-g", "-c", source, "-o", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	objects, err := Open(path)
	if err != nil || len(objects) != 1 || objects[0].unread != nil {
		t.Fatalf("%+v, %v", objects, err)
	}
	return objects[0]
}

// presetsOf reads a file with presets, which has no mistakes.
func presetsOf(t *testing.T, text string) []Preset {
	t.Helper()
	path := filepath.Join(t.TempDir(), "presets.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sets, err := ReadPresets(path)
	if err != nil {
		t.Fatal(err)
	}
	return sets
}

const wellFormed = `# two sets
presets:
  default: {}
  busy:
    set:
      filter: true
      cfg.how: HOW_FAST
      cfg.ports[1]: 0x50
      cfg.ports: [1, 2]
      a: -5
      name: "eth 0"
      text: eth0
    programs: [reads, 'p*']
    objects: a.o
  empty:
`

func TestReadPresets(t *testing.T) {
	sets := presetsOf(t, wellFormed)
	var got []string
	for _, one := range sets {
		line := one.Name + ":"
		for _, s := range one.Set {
			line += " " + s.String()
		}
		for _, p := range slices.Concat(one.Objects, one.Programs) {
			line += " /" + p.text
		}
		got = append(got, line)
	}
	want := []string{"default:", `busy: filter=true cfg.how=HOW_FAST cfg.ports[1]=0x50 cfg.ports=[1, 2] a=-5 name="eth 0" text=eth0 /a.o /reads /p*`, "empty:"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want\n%q", got, want)
	}
	if at := sets[1].Set[2].at; at.line != 8 || at.column != 21 {
		t.Errorf("the third value is at %+v", at)
	}
}

// presetMistakes are files with what is said about each.
var presetMistakes = []struct{ text, says string }{
	{"", "f:1:1: the file is empty"},
	{"# nothing\n", "f:1:1: the file is empty"},
	{"presets:\n", "f:1:1: presets has no value"},
	{"presets: {}\n", "f:1:10: presets is empty; leave the key out, or name a preset"},
	{"- a\n", `f:1:1: the file is no list of "key: value" lines`},
	{"presest: {a: {}}\n", `f:1:1: unknown key "presest" in the file; did you mean "presets"?`},
	{"{}\n", "f:1:1: the file has no presets"},
	{"presets:\n  a:\n    sets: {x: 1}\n", `f:3:5: unknown key "sets" in a preset; did you mean "set"?`},
	{"presets:\n  a:\n    colour: 1\n", `f:3:5: unknown key "colour" in a preset; want set, objects or programs`},
	{"presets:\n  a: {}\n  a: {}\n", `f:3:3: presets has the key "a" twice`},
	{"presets:\n  a/b: {}\n", `f:2:3: presets has the preset "a/b": want up to 64 letters`},
	{"presets: {a: {set: {table[2]: 7}}}\n", "in quotes"},
	{"presets:\n  a:\n    set:\n      x: {y: 1}\n", "f:4:10: x wants a number, text or a list of them, not keys and values; the fields of a struct are set one by one"},
	{"presets:\n  a:\n    set:\n      x:\n", "f:4:7: x has no value"},
	{"presets:\n  a:\n    set: [x]\n", "f:3:10: set wants variables and their values, not a list"},
	{"presets:\n  a:\n    set:\n      x.: 1\n      y: []\n", "f:4:7: \"x.\" is no name of a variable"},
	{"presets:\n  a:\n    set:\n      x.: 1\n      y: []\n", "f:5:10: y is an empty list"},
	{"presets:\n  a:\n    set: {1: 2}\n", "f:3:11: set has a key that is no word"},
	{"presets:\n  a:\n    set: {x: &y 2}\n", "f:3:14: anchors, aliases and tags are not read; write the value out"},
	{"presets:\n  a:\n    set: {x: [1, *y]}\n", "anchors, aliases and tags are not read; write the value out"},
	{"presets:\n  a: &a {}\n  b: *a\n", "f:3:6: anchors, aliases and tags are not read; write the value out"},
	{"presets:\n  a:\n    programs: ['[a']\n", `f:3:16: "[a" is no pattern`},
	{"presets:\n  a:\n    programs: []\n", "f:3:15: programs is an empty list"},
	{"presets:\n  a:\n    programs: {x: 1}\n", "programs wants a list, not keys and values"},
	{"presets:\n  a:\n    objects: [1]\n", "f:3:15: objects wants text, not 1; put it in quotes"},
	{"presets:\n\ta: 1\n", "f:2:"},
	{"---\npresets: {a: {}}\n---\nb: 1\n", "second YAML document"},
	{"presets: {a: {set: {x: " + strings.Repeat("[", 3000), "the file is too large"},
	{"presets:\n" + strings.Repeat("# comment\n", 7000), "the file is too large"},
	{"presets: {a: {}} # \x00\n", "is no text"},
}

func TestPresetMistakes(t *testing.T) {
	for _, one := range presetMistakes {
		if _, err := parsePresets("f", []byte(one.text)); err == nil || !strings.Contains(err.Error(), one.says) {
			t.Errorf("%.60q: error %v, want %q", one.text, err, one.says)
		}
	}
	if _, err := ReadPresets(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a file that is not there is read")
	}
}

// The names of presets and of their keys may look like each other.
func TestPresetsWithDots(t *testing.T) {
	sets := presetsOf(t, "presets:\n  a: {set: {set: 1, b.c: 2}, programs: x}\n  a.set: {set: {b: 1}, programs: [y, z]}\n")
	if len(sets) != 2 || len(sets[0].Set) != 2 || sets[0].Set[1].at.line != 2 || sets[1].Programs[1].at.line != 3 || sets[1].Programs[1].at.column != 38 {
		t.Errorf("%+v", sets)
	}
}

const presetsSchemaFile = "../../docs/presets.schema.json"

func TestPresetsSchemaIsUpToDate(t *testing.T) {
	want, err := PresetsSchema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(presetsSchemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(presetsSchemaFile); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the types say (%v); rewrite it with: go test ./harness/verify -run PresetsSchema -update", presetsSchemaFile, err)
	}
	for _, gap := range presetsGrammar.Gaps(reflect.TypeFor[presetsFile]()) {
		t.Error(gap)
	}
}

// The schema takes what is well formed, and no key that there is not.
func TestPresetsSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	schema, err := c.Compile(presetsSchemaFile)
	if err != nil {
		t.Fatal(err)
	}
	for text, ok := range map[string]bool{wellFormed: true, "presets: {a: {sets: {x: 1}}}": false, "presets: {a: {set: {x: {y: 1}}}}": false, "presets: {}": false, "presets: {a/b: {}}": false} {
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzPresets holds every file to the contract: it has presets, each with a name, or the error
// has a line for each mistake, with a place in the file.
func FuzzPresets(f *testing.F) {
	f.Add([]byte(wellFormed))
	for _, one := range presetMistakes {
		f.Add([]byte(one.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		sets, err := parsePresets("f", text)
		if (err == nil) != (len(sets) > 0) {
			t.Fatalf("%d presets, error %v", len(sets), err)
		}
		for _, one := range sets {
			if !presetName.MatchString(one.Name) {
				t.Fatalf("a preset has the name %q", one.Name)
			}
		}
		if err != nil && !strings.HasPrefix(err.Error(), "f:") {
			t.Fatalf("error without a place: %v", err)
		}
	})
}

// applied describes the objects that presets make: name, preset, programs and values.
func applied(t *testing.T, all []*Object) (out []string) {
	t.Helper()
	for _, o := range all {
		var names []string
		for _, p := range o.Programs {
			names = append(names, p.Name)
		}
		text, err := o.content()
		if err != nil {
			t.Fatal(err)
		}
		spec, err := object.Read(text)
		if err != nil {
			t.Fatal(err)
		}
		values := ""
		for _, name := range []string{"filter", "one", "two"} {
			if v := spec.Variables[name]; v != nil {
				values += " " + string('0'+rune(v.Value[0]))
			}
		}
		out = append(out, o.Name+" "+o.preset+" "+strings.Join(names, ",")+values)
	}
	return out
}

// Each object is verified with each set that is for it, and what no set is for is verified once.
func TestApply(t *testing.T) {
	a, b := gatedObject(t, "a.o", "one", "a"), gatedObject(t, "b.o", "two", "b")
	gone := unreadable("c.o", "no")
	kept, err := a.content()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		all, sets string
		want      []string
	}{
		{"", "", []string{"a.o  a_plain,a_reads 0 1", "b.o  b_plain,b_reads 0 1"}},
		{"one=5", "", []string{"a.o  a_plain,a_reads 0 5", "b.o  b_plain,b_reads 0 1"}},
		{"", "{x: {set: {filter: true}}}", []string{"a.o x a_plain,a_reads 1 1", "b.o x b_plain,b_reads 1 1"}},
		{"two=7", "{x: {set: {one: 2}}}", []string{"a.o x a_plain,a_reads 0 2", "b.o  b_plain,b_reads 0 7"}},
		{"two=7", "{d: {}, x: {set: {one: 2, two: 3}, programs: '*_reads'}}",
			[]string{"a.o d a_plain,a_reads 0 1", "a.o x a_reads 0 2", "b.o d b_plain,b_reads 0 7", "b.o x b_reads 0 3"}},
		{"", "{x: {set: {filter: 1}, objects: a.*, programs: a_reads}}", []string{"a.o x a_reads 1 1", "a.o  a_plain 0 1", "b.o  b_plain,b_reads 0 1"}},
	} {
		p := Presets{}
		if test.sets != "" {
			p.Sets = presetsOf(t, "presets: "+test.sets)
		}
		if test.all != "" {
			if p.All, err = ReadSettings([]string{test.all}); err != nil {
				t.Fatal(err)
			}
		}
		all, err := p.Apply([]*Object{a, b, gone})
		if err != nil {
			t.Errorf("%q %q: %v", test.all, test.sets, err)
			continue
		}
		if all[len(all)-1] != gone {
			t.Errorf("%q: the object that was not read is lost", test.sets)
		}
		if got := applied(t, all[:len(all)-1]); !slices.Equal(got, test.want) {
			t.Errorf("%q %q:\n%q, want\n%q", test.all, test.sets, got, test.want)
		}
	}
	if now, err := a.content(); err != nil || !bytes.Equal(now, kept) {
		t.Errorf("the object was changed, error %v", err)
	}
}

// What does not fit is an error with the place of the value, and all of them are named at once.
func TestApplyMistakes(t *testing.T) {
	a, b := gatedObject(t, "a.o", "one", "a"), gatedObject(t, "b.o", "two", "b")
	for _, test := range []struct {
		all, sets string
		says      []string
	}{
		{"oen=1", "", []string{"--set-global oen=1: there is no global variable oen in these objects; did you mean one?"}},
		{"one=3000000000", "", []string{"--set-global one=3000000000: a.o: one is a int, which takes -2147483648 to 2147483647"}},
		{"", "{x: {set: {fliter: true, one: yes}}}", []string{"presets.yaml:1:29: there is no global variable fliter", "presets.yaml:1:40: preset x: a.o: one is a int"}},
		{"", "{x: {set: {cfg.how: HOW_SLOW}}}", []string{"1:30: preset x: a.o: cfg.how is an enum how", "preset x: b.o: cfg.how"}},
		{"", "{x: {set: {one: 1}, objects: b.o}}", []string{"there is no global variable one"}},
		{"", "{x: {objects: c.o}}", []string{`1:24: no object matches "c.o"`}},
		{"", "{x: {programs: a_raeds}}", []string{`no program of the objects matches "a_raeds"; did you mean a_reads?`}},
		{"", "{x: {set: {one: 1}, programs: b_reads}}", []string{"1:11: preset x is for no program"}},
	} {
		p := Presets{}
		if test.sets != "" {
			p.Sets = presetsOf(t, "presets: "+test.sets)
		}
		if test.all != "" {
			p.All, _ = ReadSettings([]string{test.all})
		}
		_, err := p.Apply([]*Object{a, b})
		for _, says := range test.says {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%q %q: error %v, want %q", test.all, test.sets, err, says)
			}
		}
	}
}

func TestReadSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "values")
	if err := os.WriteFile(path, []byte("# values\n\none = 1\n  cfg.how=HOW_FAST\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := ReadSettings([]string{"@" + path, "filter=true"})
	if err != nil || !slices.Equal(assignmentsOf(all), []string{"one=1", "cfg.how=HOW_FAST", "filter=true"}) || all[1].at.line != 4 {
		t.Errorf("%+v, %v", all, err)
	}
	for flag, says := range map[string]string{"@/nonexistent": "no such file", "x": "is not VAR=VALUE", "1x=2": "is no name of a variable"} {
		if _, err := ReadSettings([]string{flag}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error %v", flag, err)
		}
	}
}

// presetReport is of two presets on two kernels, of which one rejects a program with one of them.
func presetReport() Report {
	of := func(preset, kernel string, accepted bool) Result {
		r := Result{Object: "o.o", Program: "p", Preset: preset, Kernel: kernel, Accepted: accepted, Insns: 9, Loader: Cilium, Verdict: Accepted}
		if !accepted {
			r.Verdict, r.Reason = Rejected, &Reason{Code: "helper", Text: "no such helper"}
		}
		return r
	}
	return Report{Presets: []PresetInfo{{"off", []string{}}, {"on", []string{"x=1", "y=2"}}}, SetGlobal: []string{"z=3"}, Results: []Result{
		of("off", "5.10", true), of("on", "5.10", false), of("on", "4.19", false), of("off", "4.19", true)}}
}

func TestPresetsAreShown(t *testing.T) {
	r := presetReport()
	var table, markdown, page, csv strings.Builder
	for _, err := range []error{Table(&table, r), Markdown(&markdown, r), HTML(&page, r), CSV(&csv, r)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	shown := strings.Join(strings.Fields(table.String()), " ")
	for _, want := range []string{"set: z=3 preset off: nothing is set preset on: x=1, y=2 PRESET 5.10 4.19 off 1/1 1/1 on 0/1: 1 rejected (p helper) 0/1: 1 rejected (p helper) " +
		"fails first: p of o.o with preset on on 5.10: rejected: no such helper PROGRAM PRESET KERNEL",
		"p off 5.10 - accepted 9", "p of o.o with preset on on 5.10, 4.19: no such helper"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the table lacks %q:\n%s", want, &table)
		}
	}
	for text, want := range map[string]string{markdown.String(): "| p with preset on | rejected: helper | rejected: helper |", csv.String(): ",helper,on\n",
		page.String(): `<th scope="row">on<td class="rejected"><strong>0/1: 1 rejected (p helper)</strong><td class="rejected">0/1`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if loader := r.perLoader(); loader(r.Results[0]) != "" {
		t.Error("two presets are taken for two loaders")
	}
	dir := t.TempDir()
	if err := WriteVeristat(dir, r); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "5.10.on.csv")); err != nil || strings.Count(string(text), "\n") != 2 {
		t.Errorf("%s, %v", text, err)
	}
}

// A run is compared with an earlier one preset by preset, and budgets hold for each.
func TestPresetsAreCompared(t *testing.T) {
	was, now := presetReport(), presetReport()
	now.Results[0].Insns = 12
	if changes := Changes(was, now); len(changes) != 1 || changes[0].Now.Preset != "off" || changes[0].Was.Insns != 9 {
		t.Errorf("%+v", changes)
	}
	if code := now.ExitSince(was, Budgets{}); code != 0 {
		t.Errorf("exit code %d", code)
	}
	budgets := Budgets{All: Limits{"insns": 10}}
	if now.Over = budgets.Over(now.Results); len(now.Over) != 1 || now.Over[0].String() != "p with preset off on 5.10: insns is 12, over its budget of 10" {
		t.Errorf("%v", now.Over)
	}
	if now.ExitSince(was, budgets) != 1 || now.ExitSince(now, budgets) != 0 {
		t.Error("what is over its budget is not compared by preset")
	}
	now.Results[1].Accepted, now.Results[1].Verdict = true, Accepted
	if code := was.ExitSince(now, Budgets{}); code != 1 {
		t.Errorf("a preset is rejected that was not, and the exit code is %d", code)
	}
}

// One reason of many presets is one line.
func TestReasonOfManyPresets(t *testing.T) {
	var all []Result
	for _, preset := range []string{"a", "b", "c"} {
		for _, program := range []string{"p", "q"} {
			all = append(all, Result{Object: "o.o", Program: program, Preset: preset, Kernel: "6.1", Reason: &Reason{Code: "helper", Text: "no"}})
		}
	}
	groups := rejections(all)
	if len(groups) != 1 || groups[0].title() != "helper, 2 programs" || !slices.Equal(groups[0].lines(), []string{"p, q of o.o with presets a, b, c on 6.1"}) {
		t.Errorf("%d groups: %s %q", len(groups), groups[0].title(), groups[0].lines())
	}
}
