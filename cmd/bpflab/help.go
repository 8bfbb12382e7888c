package main

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"
)

// newHelpCmd returns the verb that shows the help of others. Unlike cobra's own it refuses
// words that name none.
func newHelpCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]...",
		Short:   "Help about any command",
		Example: "  bpflab help kernels pull",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil {
				return usageError{err}
			}
			if len(rest) > 0 {
				return noSuchCommand(found, rest)
			}
			return found.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			found, rest, err := cmd.Root().Find(args)
			var words []string
			if err == nil && len(rest) == 0 {
				for _, sub := range found.Commands() {
					if sub.IsAvailableCommand() {
						words = append(words, cobra.CompletionWithDesc(sub.Name(), sub.Short))
					}
				}
			}
			return words, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// newCompletionCmd returns the verb that writes the completions of shells.
func newCompletionCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "completion",
		Short: "Write the completions for a shell",
		Example: `  source <(bpflab completion bash)
  bpflab completion zsh >"${fpath[1]}/_bpflab"
  bpflab completion fish >~/.config/fish/completions/bpflab.fish`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, shell := range []string{"bash", "fish", "powershell", "zsh"} {
		cmd.AddCommand(newShellCompletionCmd(shell))
	}
	return cmd
}

func newShellCompletionCmd(shell string) *cobra.Command {
	var plain bool
	cmd := &cobra.Command{
		Use:     shell,
		Short:   "Write the completions for " + shell,
		Example: "  bpflab completion " + shell,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch {
			case shell == "bash":
				return root.GenBashCompletionV2(out, !plain)
			case shell == "fish":
				return root.GenFishCompletion(out, !plain)
			case shell == "powershell" && plain:
				return root.GenPowerShellCompletion(out)
			case shell == "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			case plain:
				return root.GenZshCompletionNoDesc(out)
			}
			return root.GenZshCompletion(out)
		},
	}
	cmd.Flags().BoolVar(&plain, "no-descriptions", false, "complete words without their descriptions")
	return cmd
}
