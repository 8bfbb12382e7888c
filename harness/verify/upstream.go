package verify

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/asm"
	"github.com/goccy/go-yaml"

	"github.com/bpflab/bpflab/vms/kernel"
)

// upstreamText is when Linux got what programs need. Its rows name their source.
//
//go:embed upstream.yaml
var upstreamText []byte

// feature is one row.
type feature struct {
	Name   string `yaml:"name"` // cilium/ebpf's: RingBuf, XDP
	Since  string `yaml:"since"`
	Source string `yaml:"source"`
}

// upstream is the file: rows by their kind.
type upstream struct {
	MapTypes     []feature `yaml:"map_types"`
	ProgramTypes []feature `yaml:"program_types"`
	Helpers      []feature `yaml:"helpers"`
}

func readUpstream(text []byte) (u upstream, err error) {
	err = yaml.UnmarshalWithOptions(text, &u, yaml.Strict())
	return u, err
}

var known = func() upstream {
	u, err := readUpstream(upstreamText)
	if err != nil {
		panic(fmt.Sprintf("upstream.yaml, which is part of this program: %v", err))
	}
	return u
}()

// of is the version that has a name, and whether that is known.
func of(rows []feature, name string) (kernel.Version, string, bool) {
	for _, row := range rows {
		if row.Name == name {
			v, err := kernel.ParseVersion(row.Since)
			return v, row.Since, err == nil
		}
	}
	return kernel.Version{}, "", false
}

// subjectType is the type in "name (Type): ...".
func subjectType(f *failure) string {
	text, ok := strings.CutPrefix(f.Reason.Text, "map ")
	if !ok {
		return ""
	}
	_, after, _ := strings.Cut(text, "(")
	kind, _, _ := strings.Cut(after, ")")
	return kind
}

func newerMap(f *failure) bool {
	v, _, ok := of(known.MapTypes, subjectType(f))
	return ok && f.version.Compare(v) < 0
}

func mapTooNew(f *failure) string {
	_, since, _ := of(known.MapTypes, subjectType(f))
	name, _, _ := strings.Cut(strings.TrimPrefix(f.Reason.Text, "map "), " (")
	return fmt.Sprintf("map %s is of type %s, which Linux has from %s on", name, subjectType(f), since)
}

func newerProgram(f *failure) bool {
	v, _, ok := of(known.ProgramTypes, f.Type)
	return ok && f.version.Compare(v) < 0
}

func programTooNew(f *failure) string {
	_, since, _ := of(known.ProgramTypes, f.Type)
	return fmt.Sprintf("it is of type %s, which Linux has from %s on", f.Type, since)
}

// unknownHelper names a helper of which the kernel knows the number at most.
func unknownHelper(f *failure) string {
	number, _ := strconv.Atoi(f.match[2])
	name := f.match[1]
	if name == "" || name == "unknown" {
		name = asm.BuiltinFunc(number).String()
	}
	short := strings.TrimPrefix(name, "bpf_")
	if _, since, ok := of(known.Helpers, strings.TrimPrefix(asm.BuiltinFunc(number).String(), "Fn")); ok {
		return fmt.Sprintf("helper %s (number %d) is not in this kernel; Linux has it from %s on", short, number, since)
	}
	return fmt.Sprintf("helper %s (number %d) is not in this kernel, or not for programs of type %s", short, number, f.Type)
}

func itoa(n int) string { return strconv.Itoa(n) }
