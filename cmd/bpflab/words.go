package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bpflab/bpflab/vms/suggest"
)

// aliases are other words for verbs, by what they are called in the help: the ones that people
// type who know git, docker, ip or apt.
var aliases = map[string][]string{
	"kernels":        {"kernel"},
	"kernels import": {"add"},
	"kernels list":   {"ls"},
	"kernels lock":   {"pin"},
	"kernels prune":  {"clean", "gc"},
	"kernels pull":   {"fetch", "get", "download"},
	"kernels remove": {"rm", "delete"},
	"kernels save":   {"export"},
	"kernels search": {"find"},
	"kernels verify": {"check"},
	"labs":           {"lab"},
	"labs check":     {"lint"},
	"labs list":      {"ls"},
	"labs new":       {"create", "init"},
	"labs preview":   {"show"},
	"vms":            {"vm", "machines"},
	"vms gc":         {"rm", "remove", "prune", "clean"},
	"vms list":       {"ls"},
}

// meant are words that are no verb's, and what may be meant by them: verbs of several words
// are named in full.
var meant = map[string][]string{
	"boot":     {"shell", "exec"},
	"clean":    {"bpflab kernels prune", "bpflab vms gc"},
	"compare":  {"report"},
	"console":  {"shell"},
	"course":   {"workshop"},
	"diff":     {"report", "features"},
	"env":      {"config"},
	"gotest":   {"test"},
	"install":  {"doctor"},
	"load":     {"verify"},
	"probe":    {"features"},
	"rerun":    {"replay"},
	"serve":    {"workshop"},
	"setup":    {"doctor"},
	"ssh":      {"shell"},
	"start":    {"run"},
	"update":   {"bpflab kernels lock"},
	"veristat": {"verify"},
	"web":      {"workshop"},
}

// addAliases gives a command and all below it their aliases.
func addAliases(cmd *cobra.Command) {
	cmd.Aliases = append(cmd.Aliases, aliases[nameOf(cmd)]...)
	for _, sub := range cmd.Commands() {
		addAliases(sub)
	}
}

// nameOf returns the words that name a command behind bpflab.
func nameOf(cmd *cobra.Command) string {
	_, name, _ := strings.Cut(cmd.CommandPath(), " ")
	return name
}

// noSuchCommand refuses arguments of a command that only has others below it.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	msg := fmt.Sprintf("no command %q", args[0])
	if like := likely(cmd, args[0]); len(like) > 0 {
		msg += fmt.Sprintf("; did you mean %s?", strings.Join(like, " or "))
	}
	list := "`bpflab help`"
	if cmd.HasParent() {
		list = "`" + cmd.CommandPath() + " --help`"
	}
	return usageError{errors.New(msg + "; " + list + " lists them")}
}

// likely returns what a word below a command may stand for: the names of commands there, or
// the whole of others.
func likely(cmd *cobra.Command, word string) []string {
	names := namesBelow(cmd)
	if begun := begins(names, word); begun != nil {
		return begun
	}
	if words := meant[word]; words != nil && !cmd.HasParent() {
		return words
	}
	if found := elsewhere(cmd.Root(), word); found != nil {
		return found
	}
	return commandsOf(names, suggest.Names(word, sortedKeys(names), suggest.Typo(word), 2))
}

// namesBelow returns the commands below cmd by their names and aliases.
func namesBelow(cmd *cobra.Command) map[string]string {
	names := map[string]string{}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			for _, name := range append([]string{sub.Name()}, sub.Aliases...) {
				names[name] = sub.Name()
			}
		}
	}
	return names
}

// begins returns the commands that three letters of a word or more are the beginning of.
func begins(names map[string]string, word string) []string {
	var begun []string
	for _, name := range sortedKeys(names) {
		if len(word) > 2 && strings.HasPrefix(name, word) {
			begun = append(begun, name)
		}
	}
	return commandsOf(names, begun)
}

// commandsOf returns the commands with some of these names, each once.
func commandsOf(names map[string]string, some []string) (found []string) {
	for _, name := range some {
		if !slices.Contains(found, names[name]) {
			found = append(found, names[name])
		}
	}
	return found
}

// elsewhere returns the commands anywhere that have a word as their name or alias, in full.
func elsewhere(cmd *cobra.Command, word string) (found []string) {
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && (sub.Name() == word || sub.HasAlias(word)) {
			found = append(found, sub.CommandPath())
		}
		found = append(found, elsewhere(sub, word)...)
	}
	return found
}

// didYouMean returns a clause that names what a word misspells, "" if nothing is near.
func didYouMean(word string, names []string) string {
	if near := suggest.Spelling(word, names); near != "" {
		return "did you mean " + near + "? "
	}
	return ""
}

// withUsage makes a sentence of what cobra says of a wrong number of arguments.
func withUsage(cmd *cobra.Command, args []string, err error) error {
	text := err.Error()
	switch {
	case strings.HasPrefix(text, "unknown command"): // cobra.NoArgs
		return fmt.Errorf("%s takes no arguments, and %q is one; usage: %s", cmd.CommandPath(), args[0], cmd.UseLine())
	case strings.HasPrefix(text, "accepts "), strings.HasPrefix(text, "requires "):
		return fmt.Errorf("%s %s; usage: %s", cmd.CommandPath(), text, cmd.UseLine())
	}
	return err
}

// otherFlags are names that other programs have for our flags.
var otherFlags = map[string]string{
	"color": "no-color", "colour": "no-color", "debug": "verbose", "directory": "dir", "format": "json", "k": "kernel", "memory": "mem",
	"mount": "copy", "out": "dir", "output": "dir", "parallel": "jobs", "ram": "mem", "report": "html", "silent": "quiet", "smp": "cpus",
	"threads": "jobs", "vm": "provider", "workers": "jobs",
}

// flagError makes a usage error of what pflag says of a flag, with the flag that may be meant.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		return usageError{fmt.Errorf("%w%s `%s --help` lists the flags", err, flagHint(cmd, name), cmd.CommandPath())}
	case errors.As(err, &invalid):
		return usageError{badValue(invalid, err)}
	}
	return usageError{err}
}

// flagHint returns what a flag that a verb does not have may stand for, as the middle of a
// sentence.
func flagHint(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	for _, other := range []string{suggest.Spelling(name, names), otherFlags[name]} {
		if other != "" && slices.Contains(names, other) {
			return "; did you mean --" + other + "?"
		}
	}
	switch {
	case name != "kernel" && name != "kernels":
		return ";"
	case cmd.Flags().Lookup("good") != nil:
		return "; this verb takes two kernels, --good and --bad;"
	case strings.Contains(cmd.Use, "SELECTOR"), strings.Contains(cmd.Use, "SERIES"):
		return "; this verb takes kernels as arguments, without a flag;"
	}
	return ";"
}

// badValue names a value that is none of the flag's kind.
func badValue(invalid *pflag.InvalidValueError, err error) error {
	kinds := map[string]string{"int": "no whole number", "duration": "no time, as 30s or 10m", "bool": "neither true nor false"}
	flag := invalid.GetFlag()
	if kind := kinds[flag.Value.Type()]; kind != "" {
		return fmt.Errorf("--%s: %q is %s", flag.Name, invalid.GetValue(), kind)
	}
	return err
}
