package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/features"
	"github.com/bpflab/bpflab/harness/limits"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/vms/kernel"
)

// promised returns the number of a row of docs/compatibility.md.
func promised(t *testing.T, row string) int {
	t.Helper()
	text, err := os.ReadFile("../../docs/compatibility.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(row) + `.*\| .schema: (\d+). \|$`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("docs/compatibility.md has no number for %s", row)
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// A schema's number is a promise, and changes only with the page that explains it.
func TestSchemasArePromised(t *testing.T) {
	for row, all := range map[string][]int{
		"JSON: results":  {verdict.Schema},
		"JSON: `verify`": {verify.Schema, features.Schema, limits.Schema},
		"lock file":      {kernel.LockSchema},
	} {
		for _, n := range all {
			if n != promised(t, row) {
				t.Errorf("%s has the schema %d, and the page %d", row, n, promised(t, row))
			}
		}
	}
	inWorldWith(t, "6.1/amd64")
	for _, line := range []string{"labs --json", "kernels list --json", "version --json", "config --json", "describe"} {
		var out, errs bytes.Buffer
		var d struct{ Schema int }
		if code := execute(strings.Fields(line), &out, &errs); code != 0 {
			t.Fatalf("%s: exit code %d: %s", line, code, errs.String())
		}
		if err := json.Unmarshal(out.Bytes(), &d); err != nil || d.Schema != 1 {
			t.Errorf("%s: schema %d, %v", line, d.Schema, err)
		}
	}
}
