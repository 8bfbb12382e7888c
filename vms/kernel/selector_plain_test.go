package kernel

import (
	"strings"
	"testing"
)

func TestPlainVersions(t *testing.T) {
	for text, want := range map[string]string{
		"v6.1": "6.1", "v6.1.170": "6.1.170", ">=v6.1 <v6.12": ">=6.1 <6.12", ">=6": ">=6.0", "<6": "<6.0", ">=5 <7": ">=5.0 <7.0",
		">= 6": ">=6.0", "6.1.0-56-cloud-amd64": "6.1.0-56-cloud-amd64", "vanilla": "vanilla", "latest": "latest",
	} {
		if got, err := plainVersions(text, text); got != want || err != nil {
			t.Errorf("%q: %q and %v, want %q", text, got, err, want)
		}
	}
}

func TestOneNumberIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"6":         `kernel "6" has no second number: name a series, as 6.1, or all series of 6 with ">=6.0 <7.0"`,
		"v6":        `as 6.1`,
		"=6":        `as 6.1`,
		">6":        `write ">6.0" or ">=7.0"`,
		"<=6":       `write "<=6.0" or "<7.0"`,
		">=5 <=6":   `write "<=6.0" or "<7.0"`,
		"6/generic": `kernel "6/generic" has no second number`,
		"6+jit=off": `has no second number`,
		"6/s390x":   `has no second number`,
	} {
		_, err := ParseSelectors([]string{text})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// A selector with the v of a tag is the kernel without it.
func TestTagOfLinux(t *testing.T) {
	for tag, plain := range map[string]string{"v6.1": "6.1", "v6.1.170/generic": "6.1.170/generic", ">=v6.1 <6.3": ">=6.1 <6.3", ">=6 <7": ">=6.0 <7.0"} {
		got, err := ParseSelectors([]string{tag})
		if err != nil {
			t.Fatal(err)
		}
		want, err := ParseSelectors([]string{plain})
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Range().String() != want[0].Range().String() || got[0].Exact() != want[0].Exact() {
			t.Errorf("%q is %s %s, want %s %s", tag, got[0].Range(), got[0].Exact(), want[0].Range(), want[0].Exact())
		}
	}
}
