//go:build linux

package qemu

import (
	"slices"
	"strings"
	"testing"
)

func TestEnvironment(t *testing.T) {
	t.Setenv("BPFLAB_ANYTHING", "kept")
	for _, tt := range []struct {
		own    string
		frugal bool
		want   string
	}{
		{"", false, "glibc.malloc.arena_max=1:glibc.malloc.hugetlb=1"},
		{"", true, "glibc.malloc.arena_max=1"},
		{"glibc.malloc.hugetlb=0", false, "glibc.malloc.arena_max=1:glibc.malloc.hugetlb=1:glibc.malloc.hugetlb=0"},
	} {
		t.Setenv(tunablesVar, tt.own)
		env := environment(tt.frugal)
		var set []string
		for _, entry := range env {
			if value, ok := strings.CutPrefix(entry, tunablesVar+"="); ok {
				set = append(set, value)
			}
		}
		if !slices.Equal(set, []string{tt.want}) {
			t.Errorf("own %q, frugal %t: %q, want %q once", tt.own, tt.frugal, set, tt.want)
		}
		if !slices.Contains(env, "BPFLAB_ANYTHING=kept") {
			t.Errorf("%q lacks what this process has", env)
		}
	}
}
