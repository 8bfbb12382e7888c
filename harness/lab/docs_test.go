package lab

import (
	"os"
	"strings"
	"testing"
)

// The reference for people who write labs names every key there is, and what
// it shows as a whole example is one.
func TestReference(t *testing.T) {
	text, err := os.ReadFile("../../docs/labs.md")
	if err != nil {
		t.Fatal(err)
	}
	for key := range rules {
		_, key, _ := strings.Cut(key, ".")
		if !strings.Contains(string(text), "`"+key) {
			t.Errorf("docs/labs.md does not name the key %s", key)
		}
	}
	for _, want := range [][]string{rules["Probe.kind"].Words, rules["Attach.mode"].Words, namespaces, checkKinds} {
		for _, word := range want {
			if !strings.Contains(string(text), "`"+word+"`") {
				t.Errorf("docs/labs.md does not name %s", word)
			}
		}
	}
}

func TestReferenceExample(t *testing.T) {
	text, err := os.ReadFile("../../docs/labs.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, opened := strings.Cut(string(text), "````markdown\n")
	example, _, closed := strings.Cut(example, "````\n")
	if !opened || !closed {
		t.Fatal("docs/labs.md has no ````markdown example")
	}
	if _, err := ParseBytes("labs/hello/lab.md", []byte(example)); err != nil {
		t.Error(err)
	}
}
