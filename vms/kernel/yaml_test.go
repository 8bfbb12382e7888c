package kernel

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// A plain 5.10 is a number to YAML; it must not become 5.1.
func TestVersionAndRangeFromYAML(t *testing.T) {
	var doc struct {
		Since  Version
		Bare   Range
		Quoted Range
		Folded *Range
	}
	text := "since: 5.10\nbare: 5.10\nquoted: \">=5.8 <6.0\"\nfolded: <5.2\n"
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	got := []string{doc.Since.String(), doc.Bare.String(), doc.Quoted.String(), doc.Folded.String()}
	want := []string{"5.10", "5.10", ">=5.8 <6.0", "<5.2"}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("value %d is %q, want %q", i, got[i], want[i])
		}
	}
}

func TestYAMLErrorsHaveAPlace(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"no version": {"a: 1\nsince: six", "[2:8] \"six\" is no kernel version"},
		"no range":   {"when: =>5.2", "[1:7] \"=>5.2\" is no kernel range"},
		"list":       {"when: [5.2]\n", "not a"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var doc struct {
				Since Version
				When  Range
			}
			err := yaml.Unmarshal([]byte(tt.text), &doc)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
