package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func accepted(program string, insns int) Result {
	return Result{Object: "o.o", Program: program, Kernel: "6.1", Accepted: true, Insns: insns}
}

func TestBudgets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "budgets.yaml")
	if err := os.WriteFile(path, []byte("all: {insns: 100}\nprograms:\n  large: {insns: 1000}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := ReadBudgets(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Add("large:states<=5"); err != nil {
		t.Fatal(err)
	}
	rejected := accepted("small", 5000)
	rejected.Accepted = false
	many := accepted("large", 900)
	many.States = 6
	over := b.Over([]Result{accepted("small", 100), accepted("small", 101), many, rejected})
	if len(over) != 2 || over[0].Value != 101 || over[0].Limit != 100 || over[1].Measure != "states" {
		t.Errorf("over budget: %+v", over)
	}
	objects := []*Object{{Programs: []Program{{Name: "small"}}}}
	if err := b.Known(objects); err == nil || !strings.Contains(err.Error(), `"large", which no object has; they have small`) {
		t.Errorf("error %v", err)
	}
}

// A program may cost more on newer kernels, and has a budget of its own there.
func TestBudgetsOfKernels(t *testing.T) {
	path := filepath.Join(t.TempDir(), "budgets.yaml")
	text := "all: {insns: 300}\nprograms: {p: {states: 9}}\nkernels:\n- on: \">=7.2\"\n  all: {insns: 600}\n  programs: {p: {insns: 1210}}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := ReadBudgets(path)
	if err == nil {
		err = b.Add("q:insns<=700@>=7.3")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		program, release string
		limit            int
	}{
		{"p", "6.17.13+deb13-cloud-amd64", 300}, {"p", "7.2.12+deb13-cloud-amd64", 1210}, {"q", "7.2.12", 600}, {"q", "7.3.4+deb13-cloud-amd64", 700},
		{"r", "6.1.0-56-cloud-amd64", 300}, {"r", "", 300},
	} {
		kept, broken := accepted(test.program, test.limit), accepted(test.program, test.limit+1)
		kept.Release, broken.Release = test.release, test.release
		if over := b.Over([]Result{kept, broken}); len(over) != 1 || over[0].Limit != test.limit || over[0].Value != test.limit+1 {
			t.Errorf("%s on %q: %+v, want a limit of %d", test.program, test.release, over, test.limit)
		}
	}
	if err := b.Known([]*Object{{Programs: []Program{{Name: "p"}}}}); err == nil || !strings.Contains(err.Error(), `"q"`) {
		t.Errorf("error %v, want one that names q", err)
	}
}

func TestBadBudgets(t *testing.T) {
	for _, text := range []string{"", "insns", "insns<=x", "insns<=-1", "insns>=3", "size<=3", "p:<=3", "insns<=3@", "insns<=3@new", "insns<=3@<5.1 >6.1"} {
		if err := new(Budgets).Add(text); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: error %v", text, err)
		}
	}
	path := filepath.Join(t.TempDir(), "b.yaml")
	for _, text := range []string{"al: {}", "all: {insns: many}", "programs: {p: {size: 3}}", "all: [", "kernels: [{all: {insns: 3}}]", "kernels: [{on: new}]", "kernels: [{on: \"7.2\", all: {size: 3}}]"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadBudgets(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: error %v, want one that names the file", text, err)
		}
	}
}

func TestCompare(t *testing.T) {
	lost, gained, gone := accepted("lost", 7), accepted("gained", 7), accepted("gone", 7)
	lost.Accepted, gained.Accepted = true, false
	was := Report{Schema: Schema, Results: []Result{accepted("same", 10), accepted("grown", 100), lost, gained, gone}}
	grown, new := accepted("grown", 150), accepted("new", 1)
	lost.Accepted, gained.Accepted = false, true
	now := Report{Schema: Schema, Results: []Result{accepted("same", 10), grown, lost, gained, new}}
	var out strings.Builder
	if err := WriteChanges(&out, Changes(was, now)); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"+50.0%", "lost", "accepted  rejected", "rejected  accepted"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("no %q in\n%s", text, &out)
		}
	}
	if strings.Contains(out.String(), "same") || strings.Contains(out.String(), "new") {
		t.Errorf("what did not change is in\n%s", &out)
	}
	insns := func(limit int) Budgets { return Budgets{All: Limits{"insns": limit}} }
	for _, test := range []struct {
		name    string
		results []Result
		budgets Budgets
		want    int
	}{
		{"a program is lost", []Result{lost}, Budgets{}, 1},
		{"one was rejected before", []Result{{Object: "o.o", Program: "gained", Kernel: "6.1"}}, Budgets{}, 0},
		{"a rejected one is new", []Result{{Object: "o.o", Program: "new", Kernel: "6.1"}}, Budgets{}, 1},
		{"it grows past its budget", []Result{grown}, insns(120), 1},
		{"it grows within its budget", []Result{grown}, insns(200), 0},
		{"it was over its budget before", []Result{grown}, insns(50), 0},
		{"a kernel could not be asked", []Result{{Object: "o.o", Program: "same", Kernel: "6.1", Infra: "no boot"}}, Budgets{}, 3},
	} {
		r := Report{Results: test.results, Over: test.budgets.Over(test.results)}
		if got := r.ExitSince(was, test.budgets); got != test.want {
			t.Errorf("%s: exit code %d, want %d", test.name, got, test.want)
		}
	}
}

func TestReadReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	for text, want := range map[string]string{`{"schema": 1, "results": []}`: "", `{"schema": 9}`: "schema 9", `[]`: "no report"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadReport(path); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	since := "6.1"
	report := Report{Results: []Result{
		{Object: "o.o", Program: "a|b", Kernel: "5.1", Stage: "load", Reason: &Reason{Code: "back_edge", Text: "a *loop*", Since: &since}},
		{Object: "o.o", Program: "a|b", Kernel: "6.1", Accepted: true, Insns: 12},
	}, Over: []Over{{"o.o", "a|b", "6.1", "", "insns", 12, 10, ""}}}
	var out strings.Builder
	if err := Markdown(&out, report); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"| program | 5.1 | 6.1 |\n|---|---:|---:|\n", `| a\|b | rejected: back\_edge | 12 |`, `a \*loop\* (6.1 accepts it)`, "over budget"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("no %q in\n%s", text, &out)
		}
	}
}
