package lab

import (
	"os"
	"strings"
	"testing"
)

func TestReadable(t *testing.T) {
	for pattern, want := range map[string]string{
		`^ls runs as pid \d+$`:                                            "ls runs as pid NUMBER",
		`const char \* filename;\s+offset:24;\s+size:8;`:                  "const char * filename; offset:24; size:8;",
		`^nc: .*: Connection refused\nnc: .*: Operation not permitted\n$`: "nc: …: Connection refused nc: …: Operation not permitted",
		`invalid (write to )?stack( R10)? off=-520 size=8`:                "invalid [write to ]stack[ R10] off=-520 size=8",
		`back-edge from insn \d to \d`:                                    "back-edge from insn NUMBER to NUMBER",
		`bad relocation|invalid func`:                                     "bad relocation or invalid func",
		`[a-f]+x{3}`:                                                      `/[a-f]+x{3}/`,
		`(`:                                                               "/(/",
	} {
		if got := readable(pattern); got != want {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
}

// TestCourseIsReadable looks at what the checks of the course say they expect: no regular
// expression is among it.
func TestCourseIsReadable(t *testing.T) {
	dirs, err := os.ReadDir("../../labs")
	if err != nil {
		t.Fatal(err)
	}
	checks := 0
	for _, dir := range dirs {
		if !dir.IsDir() {
			continue
		}
		l, err := Parse(os.DirFS("../.."), "labs/"+dir.Name()+"/lab.md")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range l.Steps {
			for _, c := range s.Checks {
				checks++
				if said := c.Expected(); strings.ContainsAny(said, `\+$^`) || strings.Contains(said, ".*") {
					t.Errorf("%s, %s: %s", l.Name, s.Name, said)
				}
			}
		}
	}
	if checks == 0 {
		t.Error("no checks")
	}
}
