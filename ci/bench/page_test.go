package main

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/ci/table"
)

func TestPart(t *testing.T) {
	figures := table.Table{Head: []string{"kernel", "holds"}}
	figures.Add("6.1", table.Holds(true))
	figures.Add("a|b\nc", table.Holds(false))
	full := part{title: "Fork", about: "How.", claim: "fast.", tables: []table.Table{figures}, after: "Remark."}
	tests := []struct {
		name string
		part part
		want string
	}{
		{"all of it", full, "\n## Fork\n\nHow.\n\nClaim: fast.\n\n| kernel | holds |\n|---|---|\n| 6.1 | yes |\n| a\\|b c | **no** |\n\nRemark.\n"},
		{"title alone", part{title: "Fork"}, "\n## Fork\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w strings.Builder
			tt.part.write(&w)
			if w.String() != tt.want {
				t.Errorf("got\n%s\nwant\n%s", w.String(), tt.want)
			}
		})
	}
}
