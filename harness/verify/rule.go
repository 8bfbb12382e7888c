package verify

import (
	"regexp"
	"slices"
	"sync"

	"github.com/bpflab/bpflab/vms/kernel"
)

// rule recognises a cause by the kernel's messages, which are in kernel/bpf of Linux,
// most of them in verifier.c, or by those of cilium/ebpf and libbpf.
type rule struct {
	code  string
	stage string // "" for any
	errno string // "" for any
	says  *expression
	when  func(*failure) bool // may be nil
	text  func(*failure) string
	fix   string
	fixes func(*failure) string // in place of fix
}

// remedy returns what to do.
func (r rule) remedy(f *failure) string {
	if r.fixes != nil {
		return r.fixes(f)
	}
	return r.fix
}

// expression is a regular expression that is compiled at its first use: there are two hundred
// in the tables, and most processes of bpflab use none.
type expression struct{ compiled func() *regexp.Regexp }

func says(text string) *expression {
	return &expression{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })}
}

// MatchString reports whether the expression is found in a text.
func (e *expression) MatchString(text string) bool { return e.compiled().MatchString(text) }

func fixed(text string) func(*failure) string { return func(*failure) string { return text } }

// matched returns the text that a rule's expression has found.
func matched(f *failure) string { return f.match[0] }

// message returns the loader's message.
func message(f *failure) string { return unnamed(f.Reason.Text, f.Result.Program) }

// before returns a condition: the kernel is older than a version.
func before(major, minor int) func(*failure) bool {
	return func(f *failure) bool { return f.version.Compare(kernel.Version{Major: major, Minor: minor}) < 0 }
}

// Codes returns the codes that reasons of programs that do not load may have.
func Codes() []string {
	codes := []string{"rejected", "crash", "broken_stream", "kernel_warning", "loader", "loader_crash", "object", "struct_ops", "kfunc"}
	for _, r := range rules {
		codes = append(codes, r.code)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}
