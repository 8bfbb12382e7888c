package project

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/vms/kernel"
)

// of reports whether it is about a program.
func (r Rejection) of(object, program string) bool {
	return matches(r.Object, object) && matches(r.Program, program)
}

func matches(pattern, name string) bool {
	ok, _ := path.Match(pattern, name)
	return ok
}

// holds reports whether a program was rejected as expected.
func (r Rejection) holds(result verify.Result) bool {
	if result.Verdict != verify.Rejected && result.Verdict != verify.ByLoader || result.Reason == nil {
		return false
	}
	why := result.Reason
	if r.Reason != "" && r.Reason != why.Code {
		return false
	}
	return r.Message == nil || r.Message.MatchString(why.Text) || r.Message.MatchString(why.Message)
}

func (r Rejection) String() string {
	why := r.Reason
	if r.Message != nil {
		why = strings.TrimPrefix(why+", ", ", ") + fmt.Sprintf("%q", r.Message.String())
	}
	return "rejected: " + why
}

// expected returns what is expected of a program on a kernel; none means that it loads.
func (o Objects) expected(r verify.Result, v kernel.Version) []Rejection {
	var out []Rejection
	for _, one := range o.Rejected {
		if one.of(r.Object, r.Program) && matches(one.Preset, r.Preset) && one.On.Contains(v) {
			out = append(out, one)
		}
	}
	return out
}

// CheckRejected returns a mistake if the entry of objects with an index expects something
// of a program that none of its objects has.
func (p *Project) CheckRejected(index int, objects []*verify.Object) error {
	for i, r := range p.Objects[index].Rejected {
		if slices.ContainsFunc(objects, func(o *verify.Object) bool { return r.ofSome(o) }) {
			continue
		}
		var names []string
		for _, o := range objects {
			for _, program := range o.Programs {
				names = append(names, program.Name)
			}
		}
		at := fmt.Sprintf("objects[%d].rejected[%d]", index, i)
		return p.Mistake(at, document.DidYouMean(cmp.Or(r.Program, r.Object), names), "no program in these objects is %s", r.name())
	}
	return nil
}

func (r Rejection) ofSome(o *verify.Object) bool {
	return slices.ContainsFunc(o.Programs, func(p verify.Program) bool { return r.of(o.Name, p.Name) })
}

func (r Rejection) name() string {
	if r.Object == "*" {
		return r.Program
	}
	return r.Program + " of " + r.Object
}
