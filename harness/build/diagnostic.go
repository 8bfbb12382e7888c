package build

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/bpflab/bpflab/vms/install"
)

// Diagnostic is one message of clang's.
type Diagnostic struct {
	File     string // as the user knows it
	Line     int    // 1-based
	Column   int    // 1-based
	Severity string // "fatal error", "error", "warning" or "note"
	Text     string
	Included int // line of the source's main file whose #include led to File; 0 in the main file
}

// CompileError is the error for C that does not compile.
type CompileError struct {
	Source      string       // name of the Source
	Diagnostics []Diagnostic // in clang's order
	Output      string       // clang's whole output, with the user's own file names
	Hint        string       // what to install or to change where clang's words do not say it; else ""

	included int // line of the main file's #include that clang mentioned last
}

// Error gives clang's own words, source lines and carets included.
func (e *CompileError) Error() string {
	text := fmt.Sprintf("%s does not compile:\n%s", e.Source, strings.TrimRight(e.Output, "\n"))
	if e.Hint != "" {
		text += "\n" + e.Hint
	}
	return text
}

var (
	located = regexp.MustCompile(`^([^\s:][^:\n]*):(\d+):(\d+): (fatal error|error|warning|note): (.*)$`)
	from    = regexp.MustCompile(`^(In file included from |\s+from )([^:\n]+)(:(\d+):?.*)$`)
	// sectionName matches a variable or function that has the name of its section, which
	// the assembler has defined already. It names no line.
	sectionName = regexp.MustCompile(`(?m)^error: symbol '(\w+)' is already defined$`)
	header      = regexp.MustCompile(`'((?:bpf|linux|asm|asm-generic)/[^']+)' file not found`)
)

// newCompileError reads clang's messages. exit is how clang ended, which is the error if
// clang printed nothing.
func newCompileError(src Source, messages string, exit error) *CompileError {
	e := &CompileError{Source: src.Name}
	var output []string
	for line := range strings.Lines(messages) {
		line = strings.TrimRight(line, "\n")
		output = append(output, e.translate(src, line))
	}
	e.Output = strings.Join(output, "\n")
	if strings.TrimSpace(messages) == "" {
		e.Output = fmt.Sprintf("%s: clang said nothing and ended with: %v", src.display(src.Main), exit)
	}
	if header.MatchString(messages) {
		e.Hint = "libbpf's or the kernel's headers are missing; " + install.Host().Hint(install.LibBPF)
	}
	if match := sectionName.FindStringSubmatch(messages); match != nil {
		e.Hint = fmt.Sprintf("%s is the name of a section, too, and an object file has one symbol of a name: call it _%[1]s", match[1])
	}
	return e
}

// translate puts the user's file names into one line and records it if it is
// a diagnostic.
func (e *CompileError) translate(src Source, line string) string {
	if match := from.FindStringSubmatch(line); match != nil {
		e.noteInclude(src, match)
		return match[1] + src.shown(match[2]) + match[3]
	}
	match := located.FindStringSubmatch(line)
	if match == nil {
		return line
	}
	number, _ := strconv.Atoi(match[2]) // digits, by the pattern
	column, _ := strconv.Atoi(match[3])
	d := Diagnostic{File: src.shown(match[1]), Line: number, Column: column, Severity: match[4], Text: match[5]}
	if d.File != src.display(src.Main) {
		d.Included = e.included
	}
	e.Diagnostics = append(e.Diagnostics, d)
	return fmt.Sprintf("%s:%d:%d: %s: %s", d.File, d.Line, d.Column, d.Severity, d.Text)
}

// noteInclude remembers a line of the main file from which a header was included. Clang
// mentions it before the first of the messages about that header.
func (e *CompileError) noteInclude(src Source, match []string) {
	if src.shown(match[2]) == src.display(src.Main) {
		e.included, _ = strconv.Atoi(match[4]) // digits, by the pattern
	}
}

// shown turns a name that clang printed into the user's.
func (s Source) shown(name string) string {
	if path.IsAbs(name) {
		return name
	}
	return s.display(path.Clean(name))
}
