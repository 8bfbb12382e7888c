package verify

import (
	"slices"
	"strings"
	"testing"
)

// Programs of one name in two objects have different names wherever results are shown; the
// column is left out for one object.
func TestSeveralObjects(t *testing.T) {
	two := []*Object{{Name: "prog.o", path: "v1/prog.o"}, {Name: "prog.o", path: "v2/prog.o"}, {Name: "other.o", path: "v1/other.o"}}
	NameApart(two)
	var report Report
	for _, o := range two {
		report.Results = append(report.Results, Result{Object: o.Name, Program: "handle", Kernel: "6.1", Reason: &Reason{Code: "stack", Text: "no"}})
	}
	var changes []Change
	for _, r := range report.Results {
		changes = append(changes, Change{Now: r, Was: Result{Accepted: true}, Worse: true})
	}
	var table, markdown, since strings.Builder
	for _, err := range []error{Table(&table, report), Markdown(&markdown, report), WriteChanges(&since, changes)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"v1/prog.o", "v2/prog.o", "other.o"} {
		for shown, text := range map[string]string{"table": table.String(), "changes": since.String()} {
			row := func(line string) bool { return strings.HasPrefix(line, name+" ") && strings.Contains(line, " handle ") }
			if !slices.ContainsFunc(strings.Split(text, "\n"), row) {
				t.Errorf("no row of %s in the %s:\n%s", name, shown, text)
			}
		}
		if !strings.Contains(markdown.String(), "| "+name+": handle |") || !strings.Contains(markdown.String(), "handle of "+name+" on 6.1") {
			t.Errorf("no %s in\n%s", name, &markdown)
		}
	}
	var alone strings.Builder
	if err := Table(&alone, Report{Results: report.Results[:1]}); err != nil || !strings.HasPrefix(alone.String(), "PROGRAM ") {
		t.Errorf("one object, error %v:\n%s", err, &alone)
	}
}
