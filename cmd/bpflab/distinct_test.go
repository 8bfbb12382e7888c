package main

import (
	"slices"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

func TestDistinct(t *testing.T) {
	images := distinct([]kernel.Image{
		{Selector: "all", Series: "5.10", Release: "5.10.0-1"},
		{Selector: "all", Series: "6.1", Release: "6.1.0-1"},
		{Selector: "all", Series: "6.1", Release: "6.1.0-1-rt"},
		{Selector: "latest", Series: "7.3", Release: "7.3.4"},
	})
	var got []string
	for _, k := range images {
		got = append(got, k.Selector)
	}
	if want := []string{"5.10", "6.1.0-1", "6.1.0-1-rt", "latest"}; !slices.Equal(got, want) {
		t.Errorf("selectors %q, want %q", got, want)
	}
}
