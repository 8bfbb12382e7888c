package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/verdict"
)

// finding is what doctor found out about one thing.
type finding struct {
	Name     string `json:"name"`
	State    state  `json:"state"`
	Required bool   `json:"required"`
	Detail   string `json:"detail"` // what is there, or what is wrong
	Fix      string `json:"fix"`    // a command, or a sentence where none will do; "" if ok
}

// state of a finding.
type state string

const (
	stateOK      state = "ok"
	stateMissing state = "missing"
)

// diagnosis is the JSON form of doctor's findings.
type diagnosis struct {
	Schema  int       `json:"schema"`
	Tool    string    `json:"tool"`
	Started time.Time `json:"started"`
	Checks  []finding `json:"checks"`
}

func newDoctorCmd() *cobra.Command {
	var asJSON string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is missing on this machine and how to get it",
		Long: `Look at what bpflab needs on this machine and say, for what is missing, which
command gets it. It installs nothing. The exit code is 3 if something is missing
that labs cannot run without.`,
		Example: `  bpflab doctor
  bpflab doctor --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return doctor(cmd.Context(), cmd.OutOrStdout(), asJSON, checks)
		},
	}
	defineListJSON(cmd.Flags(), &asJSON)
	return cmd
}

// doctor makes the checks in their order and shows what they found.
func doctor(ctx context.Context, w io.Writer, asJSON string, checks []func(context.Context) finding) error {
	found := diagnosis{Schema: verdict.Schema, Tool: version, Started: time.Now().UTC()}
	for _, check := range checks {
		found.Checks = append(found.Checks, check(ctx))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if err := printOrJSON(asJSON, w, found, func() error { return showDiagnosis(w, found) }); err != nil {
		return err
	}
	if len(lacking(found.Checks)) > 0 {
		return exitError{verdict.ExitInfra}
	}
	return nil
}

func showDiagnosis(w io.Writer, found diagnosis) error {
	var out strings.Builder
	for _, f := range found.Checks {
		out.WriteString(f.text())
	}
	if names := lacking(found.Checks); len(names) > 0 {
		fmt.Fprintf(&out, "\nmissing: %s\n", strings.Join(names, ", "))
	} else {
		out.WriteString("\nnothing is missing: try bpflab run hello\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// text returns a finding, a line of it on each line, with its remedy on the last one.
func (f finding) text() string {
	word := string(f.State)
	if f.State == stateMissing && !f.Required {
		word = "note"
	}
	detail := strings.ReplaceAll(f.Detail, "\n", fmt.Sprintf("\n%-21s ", ""))
	out := fmt.Sprintf("%-8s %-12s %s\n", word, f.Name, detail)
	if f.Fix != "" {
		out += fmt.Sprintf("%-21s -> %s\n", "", f.Fix)
	}
	return out
}

// lacking names what is required and missing.
func lacking(all []finding) []string {
	var names []string
	for _, f := range all {
		if f.Required && f.State == stateMissing {
			names = append(names, f.Name)
		}
	}
	return names
}
