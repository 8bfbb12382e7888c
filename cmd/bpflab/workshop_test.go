package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/labs"
)

// TestWorkshopNeedsMachines opens a workshop with a provider whose kernel others use:
// students are root, so it must be refused.
func TestWorkshopNeedsMachines(t *testing.T) {
	for _, provider := range []string{"host"} {
		f := workshopFlags{dir: t.TempDir()}
		f.command() // sets the flags' defaults
		f.machines.provider.name = provider
		_, _, err := f.open(context.Background(), streams{err: io.Discard})
		var usage usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), "kernel that others use") {
			t.Errorf("%s: %v", provider, err)
		}
	}
}

// TestLessonsNameTheStudentsFile reads the lessons, which name the student's file and
// not the starter's path.
func TestLessonsNameTheStudentsFile(t *testing.T) {
	var f workshopFlags
	lessons, err := f.lessons(t.Context(), nil)
	if err != nil || len(lessons) != len(labs.Course) {
		t.Fatalf("%d lessons, %v", len(lessons), err)
	}
	named := 0
	for _, l := range lessons {
		text := l.Intro
		for _, s := range l.Steps {
			text += s.Prose
		}
		if strings.Contains(text, "bpf/starter/") {
			t.Errorf("%s speaks of bpf/starter", l.Name)
		}
		if l.FileName() != "" && strings.Contains(text, "`"+l.FileName()+"`") {
			named++
		}
	}
	if named < 10 {
		t.Errorf("%d lessons name the student's file", named)
	}
}
