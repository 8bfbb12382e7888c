package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Nothing asked is nothing checked, and must never look like success: an empty value of
// a flag or argument, as a CI system makes of a variable that is not set, and a selection
// that leaves nothing are usage errors in every verb. refuseEmpty sees to the first, and
// needSome to the second.

// commandFollows marks verbs whose first argument is a command, and the others that
// command's own, which may be empty.
const commandFollows = "a command follows"

// refuseEmpty makes a command and all below it refuse empty flags and arguments before
// they run.
func refuseEmpty(cmd *cobra.Command) {
	if cmd.Runnable() {
		check := cmd.Args
		cmd.Args = func(c *cobra.Command, args []string) error {
			if err := emptyFlag(c.Flags()); err != nil {
				return err
			}
			if check != nil {
				if err := check(c, args); err != nil {
					return err
				}
			}
			return emptyArgument(c)
		}
	}
	for _, sub := range cmd.Commands() {
		refuseEmpty(sub)
	}
}

// emptyFlag finds a flag that was given without a value, or with an empty one in a list.
func emptyFlag(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		switch {
		case err != nil:
		case len(values) == 0 || len(values) == 1 && blank(values[0]):
			err = fmt.Errorf("--%s is empty: give it a value or leave it out; is a variable not set?", f.Name)
		case slices.ContainsFunc(values, blank):
			err = fmt.Errorf("--%s has an empty value in %q: give it one or leave the comma out; is a variable not set?", f.Name, strings.Join(values, ","))
		}
	})
	return err
}

// emptyArgument finds an argument without text, but not among those of a command that
// is run in machines.
func emptyArgument(cmd *cobra.Command) error {
	args := cmd.Flags().Args()
	if cmd.Annotations[commandFollows] != "" {
		args = args[:min(1, len(args))]
	}
	if i := slices.IndexFunc(args, blank); i >= 0 {
		return fmt.Errorf("argument %d is empty: give it a value or leave it out; is a variable not set?", i+1)
	}
	return nil
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// needSome returns a usage error if a selection left none of what a verb works on;
// remedy says what the user can do.
func needSome(n int, what, remedy string) error {
	if n > 0 {
		return nil
	}
	return usageError{fmt.Errorf("no %s: %s", what, remedy)}
}
