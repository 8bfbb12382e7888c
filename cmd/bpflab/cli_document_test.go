package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/cli.md anew")

const cliFile = "../../docs/cli.md"

// TestCLIDocument compares docs/cli.md with the commands, and writes it with -update.
func TestCLIDocument(t *testing.T) {
	text := cliDocument()
	if *update {
		if err := os.WriteFile(cliFile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	is, err := os.ReadFile(cliFile)
	if err != nil || string(is) != text {
		t.Errorf("%s is not what the commands say (%v): go test ./cmd/bpflab -run TestCLIDocument -update", cliFile, err)
	}
}

const cliIntro = `# The command line

Written from the commands by ` + "`go test ./cmd/bpflab -run TestCLIDocument -update`" + `; the same
test fails when it is not true.

## What means the same everywhere

| flag | meaning |
|---|---|
| ` + "`--json [FILE]`" + ` | the results as JSON to FILE; without one, and with ` + "`-`" + `, to standard output. Verbs that list something, whose other words may name what, take a FILE that ends in ` + "`.json`" + `, or any as ` + "`--json=FILE`" + `. |
| ` + "`-o`, `--dir DIR`" + ` | the directory that the verb writes to |
| ` + "`--kernel SELECTOR,...`" + ` | the kernels, as docs/kernels.md has them; ` + "`v6.1` is `6.1`, `>=6` is `>=6.0`" + ` |
| ` + "`-j`, `--jobs N`" + ` | machines at one time |
| ` + "`-q`, `--quiet`" + ` | no progress and no notes: results, warnings and errors alone |
| ` + "`-v`, `--verbose`" + ` | on standard error, what runs the machines, and which kernels (of ` + "`bpflab test`, `-v` is go test's" + `) |
| ` + "`--no-color`" + ` | no colours |

The environment says the same for every verb: ` + "`NO_COLOR`" + ` (any value) takes the colours away; with
` + "`TERM=dumb`, and where a CI system sets `CI`" + `, nothing is drawn over: each line is written once.
` + "`bpflab config`" + ` shows every setting of the configuration file, the environment and the flags, and which
of them has the say.

Exit codes: 0 is success, 1 a failure that was found, 2 wrong usage, 3 that something needed was not to be had.

A word that is no verb is answered with the verb that may be meant, at every level; the words in the column
*also* are taken.

## All verbs side by side

`

// columns are the columns of the table.
var columns = []string{"json", "dir", "kernel", "jobs", "provider", "arch"}

func cliDocument() string {
	root := newRootCmd()
	verbs := describe(root)
	var b strings.Builder
	b.WriteString(cliIntro)
	b.WriteString("| verb | also |")
	for _, name := range columns {
		b.WriteString(" `--" + name + "` |")
	}
	b.WriteString(" what it does |\n|---|---|" + strings.Repeat("---|", len(columns)) + "---|\n")
	for _, v := range verbs[1:] {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s |", v.Name, anchor(v), strings.Join(v.Aliases, ", "))
		for _, name := range columns {
			b.WriteString(" " + mark(v, name) + " |")
		}
		fmt.Fprintf(&b, " %s |\n", cell(v.Short))
	}
	for _, v := range verbs[1:] {
		b.WriteString(verbSection(v))
	}
	return b.String()
}

func anchor(v verbDoc) string { return "bpflab-" + strings.ReplaceAll(v.Name, " ", "-") }

func mark(v verbDoc, name string) string {
	for _, f := range v.Flags {
		if f.Name == name {
			return "yes"
		}
	}
	return ""
}

// cell escapes a text for a cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "<", "&lt;").Replace(text)
}

func verbSection(v verbDoc) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## bpflab %s\n\n%s.\n\n    %s\n", v.Name, v.Short, v.Use)
	if v.Example != "" {
		b.WriteString("\nAs in:\n\n" + indented(v.Example) + "\n")
	}
	if len(v.Flags) == 0 {
		return b.String()
	}
	b.WriteString("\n| flag | meaning |\n|---|---|\n")
	for _, f := range v.Flags {
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + "`, `" + name
		}
		if f.Value != "" {
			name += " " + f.Value
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(name, "|", "\\|"), cell(f.Usage))
	}
	return b.String()
}

// indented makes a block of code of an example.
func indented(example string) string {
	var lines []string
	for line := range strings.SplitSeq(example, "\n") {
		lines = append(lines, "    "+strings.TrimPrefix(line, "  "))
	}
	return strings.Join(lines, "\n")
}

// TestGlobals has the flags of all verbs mean the same in all of them.
func TestGlobals(t *testing.T) {
	for name, cmd := range verbs(newRootCmd()) {
		for flag, short := range map[string]string{"quiet": "q", "verbose": "v", "no-color": ""} {
			f := cmd.InheritedFlags().Lookup(flag)
			if f == nil || f.Shorthand != short {
				t.Errorf("%s has a --%s of its own, or none", name, flag)
			}
		}
		for flag, short := range map[string]string{"dir": "o", "jobs": "j"} {
			if f := cmd.Flags().Lookup(flag); f != nil && f.Shorthand != short {
				t.Errorf("%s: --%s has the short form %q, want %q", name, flag, f.Shorthand, short)
			}
		}
		if f := cmd.Flags().ShorthandLookup("o"); f != nil && f.Name != "dir" {
			t.Errorf("%s: -o is --%s", name, f.Name)
		}
	}
}
