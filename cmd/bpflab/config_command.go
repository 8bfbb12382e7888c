package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/suggest"
)

// oneLine matches a text of one line.
var oneLine = regexp.MustCompile(`^\S[^\n]*$`)

// settingLine is one setting of `bpflab config --json`.
type settingLine struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Source   string `json:"source"`          // default, file, environment or flag
	Where    string `json:"where,omitempty"` // FILE:LINE, the variable, or the flag
	Variable string `json:"variable"`
	Flag     string `json:"flag,omitempty"`
}

// configDocument is `bpflab config --json`.
type configDocument struct {
	Schema   int           `json:"schema"`
	Tool     string        `json:"tool"`
	File     string        `json:"file"`
	There    bool          `json:"file_exists"`
	Settings []settingLine `json:"settings"`
	Unknown  []string      `json:"unknown_variables"` // of the environment, BPFLAB_…
}

func newConfigCmd() *cobra.Command {
	var f machineFlags
	var asJSON string
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the settings, and where each comes from",
		Long: `Show the settings of bpflab, and where each comes from: the configuration file, the
environment, which outranks it, and flags, which outrank both. The file is $BPFLAB_CONFIG,
else bpflab/config.yaml in the user's configuration directory (~/.config). It has keys as the
table's first column has them:

  kernels: [6.1, latest]
  provider: lxd
  mirrors: {debian: "http://mirror.example/debian"}

Any flag that verbs have for a setting may be given here, to see what it changes.`,
		Example: `  bpflab config
  bpflab config --json
  BPFLAB_ACCEL=tcg bpflab config --kernel 6.1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := configNow(cmd)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			return printOrJSON(asJSON, out, d, func() error { return d.print(out) })
		},
	}
	f.defineKernels(cmd.Flags())
	f.defineProvider(cmd.Flags())
	f.provider.defineAccel(cmd.Flags())
	cmd.Flags().IntVarP(&f.jobs, "jobs", "j", 0, "machines at one time (default: one a core)")
	defineListJSON(cmd.Flags(), &asJSON)
	return cmd
}

// fromFile are the variables that the configuration file has set in this process.
var fromFile = map[string]bool{}

// configNow returns the settings of a command line.
func configNow(cmd *cobra.Command) (configDocument, error) {
	c, err := readConfig()
	if err != nil {
		return configDocument{}, err
	}
	d := configDocument{Schema: 1, Tool: version, File: c.file, There: c.there, Unknown: unknownVariables()}
	for _, s := range settings() {
		d.Settings = append(d.Settings, c.line(cmd, s))
	}
	return d, nil
}

// line returns what a setting is, and who said so.
func (c *configured) line(cmd *cobra.Command, s setting) settingLine {
	l := settingLine{Name: s.name, Value: s.usual, Source: "default", Variable: s.variable}
	if s.flag != "" {
		l.Flag = "--" + s.flag
	}
	if s.name == "cache" {
		l.Value, _ = store.DefaultRoot() // of BPFLAB_CACHE too
	}
	value := os.Getenv(s.variable)
	switch f := cmd.Flags().Lookup(s.flag); {
	case f != nil && f.Changed:
		l.Source, l.Where, l.Value = "flag", l.Flag, strings.Trim(f.Value.String(), "[]")
	case value != "" && fromFile[s.variable]:
		l.Source, l.Where, l.Value = "file", c.where(s.name), s.word(value)
	case value != "":
		l.Source, l.Where, l.Value = "environment", s.variable, s.word(value)
	}
	if s.name == "color" && l.Source == "flag" {
		l.Value = "never"
	}
	return l
}

// word returns a variable's value as the file has it.
func (s setting) word(value string) string {
	for word, as := range s.words {
		if as == value {
			return word
		}
	}
	if s.name == "color" {
		return "never" // NO_COLOR may have any value
	}
	return value
}

func (d configDocument) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SETTING\tVALUE\tFROM\tVARIABLE\tFLAG")
	for _, l := range d.Settings {
		from := l.Source
		if l.Where != "" {
			from = l.Where
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.Name, l.Value, from, l.Variable, l.Flag)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	state := "is there"
	if !d.There {
		state = "is not there"
	}
	fmt.Fprintf(out, "\nThe file %s %s.\n", d.File, state)
	for _, name := range d.Unknown {
		fmt.Fprintf(out, "%s is set, and bpflab knows no such variable%s\n", name, meantVariable(name))
	}
	return nil
}

// otherVariables are read by bpflab, and are no settings of the file.
var otherVariables = []string{configVariable, "BPFLAB_AGENT", "BPFLAB_ARTIFACTS", "BPFLAB_DEBIAN_ARCHIVE", "BPFLAB_DEBIAN_SNAPSHOT",
	"BPFLAB_HOST_MIRROR", "BPFLAB_KEYSERVER", "BPFLAB_KOJI", "BPFLAB_LAUNCHPAD", "BPFLAB_LXD_TOKEN", "BPFLAB_OCI_KEYS", "BPFLAB_OS_RELEASE"}

// variables returns the names of all variables that bpflab reads.
func variables() []string {
	names := slices.Clone(otherVariables)
	for _, s := range settings() {
		names = append(names, s.variable)
	}
	return names
}

// unknownVariables returns the names of variables that are set and look like bpflab's. Those of
// its tests are left out.
func unknownVariables() []string {
	known, unknown := variables(), []string{}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		ofTests := strings.HasPrefix(name, "BPFLAB_TEST_") || strings.HasSuffix(name, "_TESTS")
		if strings.HasPrefix(name, "BPFLAB_") && !ofTests && !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// meantVariable returns the variable that a misspelt one may stand for, as the end of a sentence.
func meantVariable(name string) string {
	if near := suggest.Spelling(name, variables()); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}
