package main

import (
	"io"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	tests := []struct {
		name, args, wrong string
	}{
		{"none", "", ""},
		{"one section", "-only starts -rounds 1 -kernel 6.1,local:4.19", ""},
		{"unknown section", "-only coffee", `no section is called "coffee"`},
		{"part of a page", "-only starts -o page.md", "leave out -only"},
		{"no rounds", "-rounds 0", "at least 1"},
		{"nothing to compare with", "-only versus", "needs -against"},
		{"side by side", "-only versus -against old/bpflab", ""},
		{"word", "starts", `"starts" is not a flag`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseOptions(strings.Fields(tt.args), io.Discard)
			switch {
			case tt.wrong == "" && err != nil:
				t.Error(err)
			case tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)):
				t.Errorf("got %v, want %q", err, tt.wrong)
			}
		})
	}
}
