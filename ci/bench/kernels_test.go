package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

func version(t *testing.T, text string) kernel.Version {
	t.Helper()
	v, err := kernel.ParseVersion(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOldImports(t *testing.T) {
	ref := func(source, name, v string) kernel.Ref {
		return kernel.Ref{Source: source, Name: name, Version: version(t, v)}
	}
	got := oldImports([]kernel.Ref{ref(kernel.Local, "old", "4.19.72"), ref(kernel.Local, "edge", "5.2.0"),
		ref(kernel.Local, "new", "6.9.1"), ref(kernel.Debian, "", "4.9.228")})
	if want := []string{"local:old"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestKernelPartSaysThatNoneIsOld(t *testing.T) {
	recent := kernel.Image{Series: "6.1", Version: version(t, "6.1.192")}
	old := kernel.Image{Series: "local:old", Version: version(t, "4.19.72")}
	if p := kernelPart([]kernel.Image{recent}); !strings.Contains(p.after, "before 5.2") {
		t.Errorf("without an old one: %q", p.after)
	}
	if p := kernelPart([]kernel.Image{recent, old}); p.after != "" {
		t.Errorf("with an old one: %q", p.after)
	}
}
