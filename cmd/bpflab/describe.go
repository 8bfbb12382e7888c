package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bpflab/bpflab/harness/report"
)

// verbDoc is a verb as manual pages and docs/cli.md have it.
type verbDoc struct {
	Name     string    `json:"name"` // without "bpflab "; "" is bpflab itself
	Use      string    `json:"use"`
	Short    string    `json:"short"`
	Long     string    `json:"long"`
	Example  string    `json:"example"`
	Aliases  []string  `json:"aliases"`
	Flags    []flagDoc `json:"flags"`
	runnable bool
}

// flagDoc is a flag of a verb.
type flagDoc struct {
	Name      string `json:"name"`
	Shorthand string `json:"shorthand"`
	Value     string `json:"value"` // what its value is called, "" for a switch
	Usage     string `json:"usage"`
}

// newDescribeCmd returns the verb that prints all others as JSON: packages make manual pages
// of it (ci/dist).
func newDescribeCmd() *cobra.Command {
	return &cobra.Command{
		Use:    "describe",
		Short:  "Print all verbs and flags as JSON, for manual pages",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return report.WriteJSON(cmd.OutOrStdout(), map[string]any{"schema": 1, "tool": version, "verbs": describe(cmd.Root())})
		},
	}
}

// describe returns a command and all below it, in the order of their names.
func describe(cmd *cobra.Command) []verbDoc {
	v := verbDoc{Name: nameOf(cmd), Use: cmd.UseLine(), Short: cmd.Short, Long: cmd.Long, Example: cmd.Example, Aliases: append([]string{}, cmd.Aliases...),
		Flags: []flagDoc{}, runnable: cmd.Runnable()}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if inherited := cmd.HasParent() && globals[f.Name]; !f.Hidden && !inherited && f.Name != "help" {
			value, usage := pflag.UnquoteUsage(f)
			v.Flags = append(v.Flags, flagDoc{f.Name, f.Shorthand, strings.TrimSpace(value), usage})
		}
	})
	all := []verbDoc{v}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			all = append(all, describe(sub)...)
		}
	}
	return all
}

// globals are the flags of every verb.
var globals = map[string]bool{"quiet": true, "verbose": true, "no-color": true}
