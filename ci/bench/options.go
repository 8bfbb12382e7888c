package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// options are the command line's.
type options struct {
	kernels []string // selectors; none: the usual ones
	rounds  int
	binary  string
	against string
	output  string
	tables  string // a file for the tables as JSON
	only    string // a section's name, or "" for all
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	kernels := flags.String("kernel", "", "kernels to measure (default: bpflab's, and those imported that are older than 5.2)")
	flags.IntVar(&o.rounds, "rounds", 3, "rounds; figures are medians")
	flags.StringVar(&o.binary, "bpflab", "bin/bpflab", "the binary to measure")
	flags.StringVar(&o.against, "against", "", "the build before, to measure side by side (sections versus and costs)")
	flags.StringVar(&o.output, "o", "", "write the page to this file too")
	flags.StringVar(&o.tables, "json", "", "write the tables to this file as JSON")
	flags.StringVar(&o.only, "only", "", "measure one section: "+strings.Join(sectionNames(), ", "))
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if *kernels != "" {
		o.kernels = strings.Split(*kernels, ",")
	}
	return o, o.check(flags.Args())
}

func (o options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is not a flag, and bench takes nothing else", rest[0])
	case o.rounds < 1:
		return errors.New("-rounds is at least 1")
	case o.only != "" && o.output != "":
		return errors.New("-o writes the whole page: leave out -only")
	case (o.only == "versus" || o.only == "costs") && o.against == "":
		return fmt.Errorf("-only %s needs -against, the build to compare with", o.only)
	}
	_, err := sectionsNamed(o.only)
	return err
}
