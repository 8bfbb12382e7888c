package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/verdict"
)

// reportFlags name the files that reports are written to.
type reportFlags struct{ json, junit, html string }

func (f *reportFlags) define(flags *pflag.FlagSet) {
	defineJSON(flags, &f.json, "the results")
	flags.StringVar(&f.junit, "junit", "", "write the results as JUnit XML to this file, - for standard output")
	flags.StringVar(&f.html, "html", "", "write the results as one HTML page to this file, - for standard output")
}

func (f *reportFlags) names() []string { return []string{f.json, f.junit, f.html} }

// toStdout reports whether a report goes to standard output.
func (f *reportFlags) toStdout() bool { return slices.Contains(f.names(), "-") }

// wanted reports whether a report was asked for.
func (f *reportFlags) wanted() bool {
	return slices.ContainsFunc(f.names(), func(n string) bool { return n != "" })
}

// write writes the results into their directory, and the reports that were asked for.
func (f *reportFlags) write(std streams, dir string, result verdict.Result) error {
	if err := report.WriteDir(dir, result); err != nil {
		return err
	}
	std.note("results in", dir)
	if err := stepSummary(result); err != nil {
		fmt.Fprintln(std.err, "bpflab: the job's summary was not written:", err)
	}
	return errors.Join(writeTo(f.json, std.out, result, report.JSON),
		writeTo(f.junit, std.out, result, report.JUnit),
		writeTo(f.html, std.out, result, pageAt(f.html, dir, nil)))
}
