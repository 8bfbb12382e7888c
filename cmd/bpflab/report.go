package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/verdict"
)

// rewriteFlags are the flags of `bpflab report`.
type rewriteFlags struct {
	compare  string
	html     string
	junit    string
	markdown string
}

func newReportCmd() *cobra.Command {
	var f rewriteFlags
	cmd := &cobra.Command{
		Use:   "report RESULT",
		Short: "Write the reports of an earlier run again, and compare runs",
		Long: `Write the reports of an earlier run again, from its result.json or the directory
it lies in. With --compare, they begin with what changed since another run: what was
fixed, what broke, what is new or gone, and what takes more than twice the time.
Without any other flag the report is Markdown on standard output. The exit code says
nothing of what the runs found.`,
		Example: `  bpflab report results/result.json --html report.html
  bpflab report new/ --compare old/`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.do(cmd.OutOrStdout(), args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.compare, "compare", "", "result.json, or its directory, of an earlier run")
	flags.StringVar(&f.html, "html", "", "write one HTML page to this file, - for standard output")
	flags.StringVar(&f.junit, "junit", "", "write JUnit XML to this file, - for standard output")
	flags.StringVar(&f.markdown, "markdown", "", "write Markdown to this file, - for standard output")
	return cmd
}

func (f *rewriteFlags) do(out io.Writer, name string) error {
	result, path, err := readResult(name)
	if err != nil {
		return err
	}
	if err := needSome(len(result.Cells), "cells", path+" is of a run that did nothing"); err != nil {
		return err
	}
	var comparison *report.Comparison
	if f.compare != "" {
		old, _, err := readResult(f.compare)
		if err != nil {
			return err
		}
		if err := needSome(len(old.Cells), "cells to compare with", f.compare+" is of a run that did nothing"); err != nil {
			return err
		}
		compared := report.Compare(old, result)
		comparison = &compared
	}
	if f.html == "" && f.junit == "" && f.markdown == "" {
		f.markdown = "-"
	}
	return f.write(out, filepath.Dir(path), result, comparison)
}

func (f *rewriteFlags) write(stdout io.Writer, dir string, result verdict.Result, comparison *report.Comparison) error {
	markdown := func(w io.Writer, result verdict.Result) error {
		if comparison != nil {
			if err := comparison.Markdown(w); err != nil {
				return err
			}
		}
		return report.Markdown(w, result)
	}
	return errors.Join(writeTo(f.markdown, stdout, result, markdown),
		writeTo(f.junit, stdout, result, report.JUnit),
		writeTo(f.html, stdout, result, pageAt(f.html, dir, comparison)))
}

// readResult reads the result.json that is named, or lies in the directory
// that is; it says where that was.
func readResult(name string) (verdict.Result, string, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		name = filepath.Join(name, report.ResultFile)
	}
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) && hasConsoles(filepath.Dir(name)) {
		err = fmt.Errorf("%s is unfinished: the run that began it was killed before it wrote %s", filepath.Dir(name), report.ResultFile)
	}
	if err != nil {
		return verdict.Result{}, "", usageError{err}
	}
	defer file.Close()
	result, err := report.Read(file)
	if err != nil {
		return verdict.Result{}, "", usageError{fmt.Errorf("%s: %w", name, err)}
	}
	return result, name, nil
}

// hasConsoles reports whether a directory is one that bpflab writes its machines' consoles
// to, as it does from the beginning of a run on.
func hasConsoles(dir string) bool {
	for _, name := range []string{"machines", "cells"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.IsDir() {
			return true
		}
	}
	return false
}

// saveJSON writes v to a file, or to standard output for "-"; "" is nothing at all.
func saveJSON(name string, stdout io.Writer, v any) error {
	return saveTo(name, stdout, func(w io.Writer) error { return report.WriteJSON(w, v) })
}
