package workshop

import (
	"io/fs"
	"path"
	"regexp"

	"github.com/bpflab/bpflab/harness/run"
)

var included = regexp.MustCompile(`(?m)^#include "([\w.]+)"`)

// Header is a header of the lab that the student's C file includes.
type Header struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Headers returns the lab's headers that the starter includes, each before those that it
// includes itself.
func (l *Lesson) Headers() []Header {
	var out []Header
	seen := map[string]bool{}
	var add func(text string)
	add = func(text string) {
		for _, m := range included.FindAllStringSubmatch(text, -1) {
			content := l.header(m[1])
			if content == nil || seen[m[1]] {
				continue
			}
			seen[m[1]] = true
			out = append(out, Header{m[1], string(content)})
			add(string(content))
		}
	}
	add(string(l.Starter))
	return out
}

// header reads a header in one of the directories that the compiler searches, or returns
// nil.
func (l *Lesson) header(name string) []byte {
	for _, dir := range run.Source(l.Lab, l.Tree, l.Program).Include {
		if text, err := fs.ReadFile(l.Tree.FS, path.Join(dir, name)); err == nil {
			return text
		}
	}
	return nil
}
