package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// jsonFlag is --json [FILE] of every verb: the results as JSON to FILE; without a FILE, and
// with -, to standard output.
type jsonFlag struct {
	file *string
	// list is set where a verb lists something, and its other words may name what: those had
	// --json as a switch, so only a word that ends in .json, or is -, is a FILE of theirs.
	list bool
	off  bool // --json=false, of when it was a switch
}

// jsonWord is how the help shows the flag's value.
const jsonWord = "`[FILE]`"

// defineJSON defines --json of a verb that has results.
func defineJSON(flags *pflag.FlagSet, file *string, what string) {
	flags.Var(&jsonFlag{file: file}, "json", "write "+what+" as JSON to "+jsonWord+", without one to standard output")
}

// defineListJSON defines --json of a verb that lists something.
func defineListJSON(flags *pflag.FlagSet, file *string) {
	flags.Var(&jsonFlag{file: file, list: true}, "json", "print JSON, or write it to a "+jsonWord+" whose name ends in .json")
}

// Set takes the file's name.
func (j *jsonFlag) Set(text string) error {
	*j.file = text
	if j.list && (text == "true" || text == "false") {
		*j.file, j.off = "-", text == "false"
		if j.off {
			*j.file = ""
		}
	}
	return nil
}

// Type returns the name of the value.
func (j *jsonFlag) Type() string { return "file" }

// String returns the file's name.
func (j *jsonFlag) String() string {
	if j.off {
		return "false"
	}
	if j.file == nil {
		return ""
	}
	return *j.file
}

// takes reports whether a word that follows --json is its FILE.
func (j *jsonFlag) takes(word string) bool {
	switch {
	case word == "-":
		return true
	case strings.HasPrefix(word, "-"):
		return false
	}
	return !j.list || strings.HasSuffix(word, ".json")
}

// completeJSON gives each --json of a command line that has no FILE the word -, for pflag
// knows only flags that always have a value, and flags whose value follows a = sign.
func completeJSON(root *cobra.Command, args []string) []string {
	cmd, _, err := root.Find(args)
	if err != nil || cmd == root {
		return args
	}
	flag, ok := jsonOf(cmd)
	if !ok {
		return args
	}
	out := slices.Clone(args)
	words := depth(cmd)
	for i := 0; i < len(out) && out[i] != "--"; i++ {
		switch name := out[i]; {
		case name == "--json" && (i+1 == len(out) || !flag.takes(out[i+1])):
			out[i] = "--json=-"
		case strings.HasPrefix(name, "-") && name != "-":
			if wantsNext(cmd.Flags(), name) {
				i++
			}
		case words == 0 && cmd.Annotations[ownFlagsFollow] != "":
			return out
		case words > 0:
			words--
		}
	}
	return out
}

// ownFlagsFollow annotates verbs whose flags end with the first argument: those of a command
// follow.
const ownFlagsFollow = "the flags of a command follow"

// jsonOf returns the --json of a verb.
func jsonOf(cmd *cobra.Command) (*jsonFlag, bool) {
	f := cmd.Flags().Lookup("json")
	if f == nil {
		return nil, false
	}
	flag, ok := f.Value.(*jsonFlag)
	return flag, ok
}

// depth returns how many words name a command.
func depth(cmd *cobra.Command) (n int) {
	for ; cmd.HasParent(); cmd = cmd.Parent() {
		n++
	}
	return n
}

// wantsNext reports whether the value of a flag, as it is written, is the next word.
func wantsNext(flags *pflag.FlagSet, word string) bool {
	if name, long := strings.CutPrefix(word, "--"); long {
		f := flags.Lookup(name) // nil if a value is joined to it
		return f != nil && f.NoOptDefVal == ""
	}
	for i := 1; i < len(word); i++ {
		f := flags.ShorthandLookup(word[i : i+1])
		switch {
		case f == nil:
			return false
		case f.NoOptDefVal == "":
			return i+1 == len(word)
		}
	}
	return false
}
