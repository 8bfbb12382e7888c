package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
)

func named(names ...string) (out []kernel.Image) {
	for _, name := range names {
		out = append(out, kernel.Image{Series: name})
	}
	return out
}

func TestMakeBatch(t *testing.T) {
	four := named("a", "b", "c", "d")
	tests := []struct {
		name    string
		cells   int
		kernels []kernel.Image
		want    string
	}{
		{"one cell on each", 1, four, "a b c d x1"},
		{"one of each", 4, four, "abcd x1"},
		{"many", 256, four, "abcd x64"},
		{"one kernel", 16, named("a"), "a x16"},
		{"uneven", 4, named("a", "b", "c"), "ab x2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := describe(makeBatch(tt.cells, tt.kernels)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func describe(b batch) string {
	var words []string
	for _, run := range b.runs {
		word := ""
		for _, image := range run {
			word += image.Series
		}
		words = append(words, word)
	}
	return fmt.Sprintf("%s x%d", strings.Join(words, " "), b.again)
}

func TestOverheadIsJudged(t *testing.T) {
	row := func(cells int, perCell time.Duration) matrixRow {
		return matrixRow{cells: cells, cpu: perCell * time.Duration(cells)}
	}
	tests := []struct {
		name string
		rows []matrixRow
		want []string
	}{
		{"flat", []matrixRow{row(1, 300*time.Millisecond), row(256, 310*time.Millisecond)}, []string{"yes", "yes"}},
		{"grows", []matrixRow{row(1, 100*time.Millisecond), row(256, 200*time.Millisecond)}, []string{"yes", "**no**"}},
		{"too much", []matrixRow{row(1, 500*time.Millisecond)}, []string{"**no**"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, cells := range overheadPart(tt.rows).tables[0].Rows {
				got = append(got, cells[len(cells)-1])
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
