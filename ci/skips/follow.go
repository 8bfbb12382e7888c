package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// event is a line of `go test -json`.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// test names one test of a package.
type test struct{ pkg, name string }

// skip is a test that was skipped.
type skip struct {
	test
	reason string
}

// follower turns events back into go test's own output: whole packages, and
// of tests only those that failed.
type follower struct {
	out     io.Writer
	pending map[test][]string // output of tests that have not ended
	order   []test            // the keys of pending, in their order
	skips   []skip
	run     int
}

func newFollower(out io.Writer) *follower {
	return &follower{out: out, pending: map[test][]string{}}
}

// read takes events until there are no more. A line that is no event, such as
// a compiler's message, is printed as it is.
func (f *follower) read(events io.Reader) error {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadString('\n')
		var e event
		switch {
		case line == "":
		case json.Unmarshal([]byte(line), &e) != nil || e.Action == "":
			io.WriteString(f.out, line)
		default:
			f.take(e)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading go test's events: %w", err)
		}
	}
}

func (f *follower) take(e event) {
	if e.Test == "" {
		f.takePackage(e)
		return
	}
	key := test{e.Package, e.Test}
	switch e.Action {
	case "run":
		f.run++
		f.order = append(f.order, key)
		f.pending[key] = nil
	case "output":
		f.pending[key] = append(f.pending[key], e.Output)
	case "fail":
		f.print(f.pending[key])
		f.forget(key)
	case "skip":
		f.skips = append(f.skips, skip{key, reason(f.pending[key])})
		f.forget(key)
	case "pass":
		f.forget(key)
	}
}

// takePackage prints what a package says itself. Tests of it that have not
// ended when it fails (a panic, a timeout) hold the explanation.
func (f *follower) takePackage(e event) {
	switch e.Action {
	case "output", "build-output":
		if e.Output != "PASS\n" {
			io.WriteString(f.out, e.Output)
		}
	case "fail":
		for _, key := range f.order {
			if key.pkg == e.Package {
				f.print(f.pending[key])
			}
		}
	}
}

func (f *follower) forget(key test) {
	delete(f.pending, key)
}

// print leaves out the marks that go test itself shows with -v only.
func (f *follower) print(lines []string) {
	for _, line := range lines {
		if !strings.HasPrefix(line, "=== ") {
			io.WriteString(f.out, line)
		}
	}
}

// reason returns the last message of a skipped test, without its file and line.
func reason(lines []string) string {
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimSpace(lines[i])
		if line == "" || strings.HasPrefix(line, "---") || strings.HasPrefix(line, "===") {
			continue
		}
		if _, text, ok := strings.Cut(line, ": "); ok && strings.Contains(line, ".go:") {
			return text
		}
		return line
	}
	return "no reason given"
}

// summary lists the skips, loudly where there are any.
func (f *follower) summary() {
	if len(f.skips) == 0 {
		fmt.Fprintf(f.out, "no test of %d was skipped\n", f.run)
		return
	}
	fmt.Fprintf(f.out, "\n*** SKIPPED: %d of %d tests and subtests did not run:\n", len(f.skips), f.run)
	for _, s := range f.skips {
		fmt.Fprintf(f.out, "***   %s %s: %s\n", s.pkg, s.name, s.reason)
	}
}
