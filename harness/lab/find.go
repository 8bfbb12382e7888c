package lab

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/vms/suggest"
)

// NotFound is the name of a lab that does not exist.
type NotFound struct {
	Name    string
	Have    []string // the labs there are, sorted
	Suggest string   // the one that Name may have meant, or ""
}

func (e *NotFound) Error() string {
	s := fmt.Sprintf("no lab %q", e.Name)
	if e.Suggest != "" {
		s += fmt.Sprintf("; did you mean %q?", e.Suggest)
	}
	if len(e.Have) == 0 {
		return s + "; there are no labs here"
	}
	return s + "; there are " + strings.Join(e.Have, ", ")
}

// Names lists the labs of fsys, sorted: the folders of labs/ with a lab.md.
func Names(fsys fs.FS) ([]string, error) {
	files, err := fs.Glob(fsys, "labs/*/lab.md")
	if err != nil {
		return nil, fmt.Errorf("list the labs: %w", err)
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = path.Base(path.Dir(file))
	}
	slices.Sort(names)
	return names, nil
}

// All parses every lab of fsys, sorted by name. The error holds the mistakes
// of all of them.
func All(fsys fs.FS) ([]*Lab, error) {
	names, err := Names(fsys)
	if err != nil {
		return nil, err
	}
	return parseAll(fsys, names)
}

// Find parses the named labs, each once, in the order given. A name that is
// none is a *NotFound in the error, and then none is parsed.
func Find(fsys fs.FS, names []string) ([]*Lab, error) {
	have, err := Names(fsys)
	if err != nil {
		return nil, err
	}
	var wanted []string
	var missing *multierror.Error
	for _, name := range names {
		switch {
		case slices.Contains(wanted, name):
		case slices.Contains(have, name):
			wanted = append(wanted, name)
		default:
			missing = document.Joined(missing, &NotFound{name, have, suggest.Spelling(name, have)})
		}
	}
	if missing != nil {
		return nil, missing
	}
	return parseAll(fsys, wanted)
}

func parseAll(fsys fs.FS, names []string) ([]*Lab, error) {
	var labs []*Lab
	var bad *multierror.Error
	for _, name := range names {
		l, err := Parse(fsys, path.Join("labs", name, "lab.md"))
		if err != nil {
			bad = document.Joined(bad, err)
			continue
		}
		labs = append(labs, l)
	}
	if bad != nil {
		return nil, bad
	}
	return labs, nil
}
