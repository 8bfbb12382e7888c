package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/suggest"
)

// needTarget are sections that the kernel cannot judge without a function, hook or type
// behind their slash.
var needTarget = strings.Fields(`fentry fentry.s fexit fexit.s fmod_ret fmod_ret.s fsession fsession.s
	lsm lsm.s lsm_cgroup tp_btf iter iter.s`)

// unasked returns the result of a program that no kernel is asked about, and whether it is
// one.
func (o Options) unasked(r Result, refused string) (Result, bool) {
	section, isOptional := strings.CutPrefix(r.Section, "?")
	kind, _, hasTarget := strings.Cut(section, "/")
	switch {
	case isOptional && !o.Optional:
		r.Verdict, r.Reason = Optional, &Reason{Code: "optional", Text: "its section begins with ?, so a loader loads it only if its program asks for that", Fix: "--optional loads it"}
	case kind == "freplace":
		r.Verdict, r.Reason = Undecided, &Reason{Code: "attach_target", Text: "freplace needs a loaded program, of which it replaces a function", Fix: "load both with the program's own loader: bpflab exec -- ./loader"}
	case slices.Contains(needTarget, kind) && !hasTarget && o.Targets[r.Program] == "":
		r.Verdict, r.Reason = Undecided, &Reason{Code: "attach_target", Text: fmt.Sprintf("section %q does not say what it attaches to", r.Section), Fix: "--attach-target " + r.Program + "=FUNC"}
	case refused != "" && r.Loader == Cilium:
		r.Unread, r.Verdict, r.Reason = true, ByLoader, &Reason{Code: "object", Text: "cilium/ebpf does not read it: " + refused, Fix: "--loader libbpf, or --loader auto"}
	default:
		return r, false
	}
	return r, true
}

// CheckNames returns an error if targets or sizes are for programs or maps that no object
// has.
func (o Options) CheckNames(objects []*Object) error {
	programs, maps := programNames(objects), []string(nil)
	for _, one := range objects {
		maps = append(maps, one.maps()...)
	}
	for name := range o.Targets {
		if !slices.Contains(programs, name) {
			return fmt.Errorf("--attach-target: no program %q in these objects%s", name, suggestion(name, programs))
		}
	}
	for name := range o.MapSizes {
		if !slices.Contains(maps, name) {
			return fmt.Errorf("--map-size: no map %q in these objects%s", name, suggestion(name, maps))
		}
	}
	return nil
}

func suggestion(name string, all []string) string {
	if near := suggest.Names(name, all, suggest.Typo(name), 1); len(near) > 0 {
		return "; did you mean " + near[0] + "?"
	}
	return ""
}
