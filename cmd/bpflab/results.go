package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/verdict"
)

// keepResults is how many result directories of past runs are kept.
const keepResults = 20

// resultDir makes the directory for a run's results: the one asked for, or a
// new one below the user's state directory, where only the newest are kept.
func resultDir(asked string) (string, error) {
	if asked != "" {
		return asked, os.MkdirAll(asked, 0o755)
	}
	dir, err := newResultDir()
	if err == nil {
		removeOld(filepath.Dir(dir))
	}
	return dir, err
}

// newResultDir makes a directory below the user's state directory. None is removed.
func newResultDir() (string, error) {
	base, err := stateDir()
	if err != nil {
		return "", err
	}
	base = filepath.Join(base, "results")
	if err := os.MkdirAll(base, 0o755); err != nil {
		return "", err
	}
	return os.MkdirTemp(base, time.Now().Format("20060102-150405-"))
}

// stateDir returns $XDG_STATE_HOME/bpflab, by default in the home directory.
func stateDir() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "bpflab"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("nowhere to put results: %w; give --dir", err)
	}
	return filepath.Join(home, ".local", "state", "bpflab"), nil
}

// removeOld removes all but the newest directories; their names sort by time.
func removeOld(base string) {
	entries, err := os.ReadDir(base)
	if err != nil || len(entries) <= keepResults {
		return
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return strings.Compare(b.Name(), a.Name()) })
	for _, old := range entries[keepResults:] {
		os.RemoveAll(filepath.Join(base, old.Name()))
	}
}

// writeTo writes a report to a file, or to standard output for "-"; "" is no
// report at all.
func writeTo(name string, stdout io.Writer, result verdict.Result, write func(io.Writer, verdict.Result) error) error {
	switch name {
	case "":
		return nil
	case "-":
		return write(stdout, result)
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := write(f, result); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", name, err)
	}
	return f.Close()
}

// pageAt makes the HTML page of a result directory, with a comparison if there is
// one; its links lead from where
// the page lies to the consoles there.
func pageAt(name, dir string, comparison *report.Comparison) func(io.Writer, verdict.Result) error {
	return func(w io.Writer, result verdict.Result) error {
		return report.HTML(w, result, report.PageOptions{Dir: dir, Href: hrefTo(dir, name), Compare: comparison})
	}
}

// hrefTo leads from a page to a directory, if one can be reached from the other.
func hrefTo(dir, page string) string {
	if page == "-" {
		return ""
	}
	from, err := filepath.Abs(filepath.Dir(page))
	if err != nil {
		return ""
	}
	to, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	relative, err := filepath.Rel(from, to)
	if err != nil {
		return ""
	}
	return "./" + (&url.URL{Path: filepath.ToSlash(relative)}).EscapedPath() + "/"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// stepSummary appends the summary to the file that GitHub Actions shows on a job's
// page, where there is one.
func stepSummary(result verdict.Result) error {
	name := os.Getenv("GITHUB_STEP_SUMMARY")
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(report.Markdown(f, result), f.Close())
}
