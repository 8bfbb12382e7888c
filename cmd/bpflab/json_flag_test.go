package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestCompleteJSON gives --json with and without a FILE, before and behind other words.
func TestCompleteJSON(t *testing.T) {
	for line, want := range map[string]string{
		"run hello --json":                       "run hello --json=-",
		"run --json r.json hello":                "run --json r.json hello",
		"run hello --json -":                     "run hello --json -",
		"run --json --all":                       "run --json=- --all",
		"run hello --json=r.json":                "run hello --json=r.json",
		"run -j 2 --json":                        "run -j 2 --json=-",
		"run --dir --json hello":                 "run --dir --json hello", // a directory of this name
		"verify a.o --json":                      "verify a.o --json=-",
		"kernels list --json 6.1":                "kernels list --json=- 6.1",
		"kernels list --json k.json 6.1":         "kernels list --json k.json 6.1",
		"kernels ls --json":                      "kernels ls --json=-",
		"ci matrix --json hello":                 "ci matrix --json=- hello",
		"ci matrix --json ./mine/lab.md":         "ci matrix --json=- ./mine/lab.md",
		"doctor --json":                          "doctor --json=-",
		"doctor --json=false":                    "doctor --json=false",
		"exec --json r.json -- true --json":      "exec --json r.json -- true --json",
		"exec jq --json":                         "exec jq --json",
		"exec --kernel 6.1 jq --json":            "exec --kernel 6.1 jq --json",
		"exec -q --json r.json -- ls --json":     "exec -q --json r.json -- ls --json",
		"test -json --json r.json ./...":         "test -json --json r.json ./...",
		"kernels sweep 6.1 --json -- ./x --json": "kernels sweep 6.1 --json=- -- ./x --json",
		"init --json":                            "init --json", // which has none
	} {
		if got := strings.Join(completeJSON(newRootCmd(), strings.Fields(line)), " "); got != want {
			t.Errorf("%s becomes %s, want %s", line, got, want)
		}
	}
}

// Each verb that has --json takes a FILE, and none.
func TestJSONMeansTheSame(t *testing.T) {
	n := 0
	for name, cmd := range verbs(newRootCmd()) {
		if cmd.Flags().Lookup("json") == nil {
			continue
		}
		n++
		if _, ok := jsonOf(cmd); !ok {
			t.Errorf("--json of %s is one of its own", name)
		}
	}
	if n < 20 {
		t.Errorf("%d verbs with --json", n)
	}
}

// Verbs that list something write the same document to standard output and to a file.
func TestJSONOfLists(t *testing.T) {
	inWorldWith(t, "6.1/amd64")
	for _, line := range []string{"labs", "labs list", "kernels list", "version", "config", "ci matrix hello --kernel 6.1"} {
		var table, out, both, errs bytes.Buffer
		for _, run := range []struct {
			more string
			out  *bytes.Buffer
		}{{"", &table}, {"--json", &out}, {"--json a.json", &both}, {"--json=b.json", &both}, {"--json=true", &both}, {"--json=false", &both}} {
			run.out.Reset()
			if code := execute(strings.Fields(line+" "+run.more), run.out, &errs); code != 0 {
				t.Fatalf("%s %s: exit code %d: %s", line, run.more, code, errs.String())
			}
			if want := map[string]string{"--json=true": out.String(), "": table.String(), "--json": out.String()}[run.more]; want != "" && run.out.String() != want {
				t.Errorf("%s %s: %s", line, run.more, run.out.String())
			}
		}
		if !json.Valid(out.Bytes()) || table.Len() == 0 || json.Valid(table.Bytes()) || both.String() != table.String() {
			t.Errorf("%s: %q and, as JSON, %q", line, table.String(), out.String())
		}
		for _, name := range []string{"a.json", "b.json"} {
			if text, err := os.ReadFile(name); err != nil || line != "ci matrix hello --kernel 6.1" && !json.Valid(text) {
				t.Errorf("%s: %v %q", line, err, text)
			}
			os.Remove(name)
		}
	}
}
