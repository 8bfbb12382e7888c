package lab

import (
	"errors"
	"io/fs"
	"reflect"
	"testing"

	"github.com/hashicorp/go-multierror"
)

// seeds are the course's labs and the documents of the tables.
func seeds(f *testing.F) {
	labs, err := fs.Glob(root, "labs/*/lab.md")
	if err != nil || len(labs) == 0 {
		f.Fatalf("no lab to begin with: %v", err)
	}
	for _, file := range labs {
		text, err := fs.ReadFile(root, file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(whole))
	for _, m := range mistakes {
		f.Add([]byte(m.doc))
	}
}

// FuzzParse holds every document to the contract: it is a lab that keeps its
// promises, or a list of mistakes that lie inside the document in order; and
// reading it again says the same.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := ParseBytes("labs/x/lab.md", text)
		again, errAgain := ParseBytes("labs/x/lab.md", text)
		if !reflect.DeepEqual(l, again) || (err == nil) != (errAgain == nil) || (err != nil && err.Error() != errAgain.Error()) {
			t.Fatalf("read twice: %v and %v", err, errAgain)
		}
		if err != nil {
			checkMistakes(t, text, err)
			return
		}
		checkLab(t, l)
	})
}

func checkMistakes(t *testing.T, text []byte, err error) {
	var all *multierror.Error
	if !errors.As(err, &all) || len(all.Errors) == 0 {
		t.Fatalf("no mistake in %v", err)
	}
	lines := 2
	for _, c := range text {
		if c == '\n' {
			lines++
		}
	}
	last := 0
	for _, err := range all.Errors {
		e, ok := err.(*Error)
		if !ok || e.Msg == "" || e.Column < 1 || e.Line < max(1, last) || e.Line > lines {
			t.Fatalf("mistake %#v after line %d of %d", err, last, lines)
		}
		last = e.Line
	}
}

func checkLab(t *testing.T, l *Lab) {
	if l.Title == "" || l.Memory <= 0 || l.CPUs < 1 || l.Timeout <= 0 || len(l.Steps) == 0 {
		t.Fatalf("the lab lacks something: %+v", l.Header)
	}
	for _, s := range l.Steps {
		if !labName.MatchString(s.Name) || l.Step(s.Name).Line != s.Line {
			t.Fatalf("step %q in line %d", s.Name, s.Line)
		}
		for _, c := range s.Checks {
			if c.Kind() == "" || c.Expected() == "" || c.Line <= s.Line {
				t.Fatalf("check in line %d: %q %q", c.Line, c.Kind(), c.Expected())
			}
		}
	}
}
