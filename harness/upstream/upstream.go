// Package upstream knows since which release of Linux there is what eBPF programs
// need. The rows are in upstream.yaml, each with its source.
package upstream

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/goccy/go-yaml"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Kinds of rows.
const (
	ProgramType = "program_type"
	MapType     = "map_type"
	Helper      = "helper"
	AttachType  = "attach_type"
	LinkType    = "link_type"
	BTFKind     = "btf_kind"
	Kfunc       = "kfunc"

	Instructions = "instructions"
)

// Row is one feature. Names are cilium/ebpf's: RingBuf, XDP, RingbufReserve.
type Row struct {
	Name   string `yaml:"name"`
	Since  string `yaml:"since"` // the first release
	Source string `yaml:"source"`
}

//go:embed upstream.yaml
var text []byte

type file struct {
	MapTypes     []Row `yaml:"map_types"`
	ProgramTypes []Row `yaml:"program_types"`
	Helpers      []Row `yaml:"helpers"`
	AttachTypes  []Row `yaml:"attach_types"`
	LinkTypes    []Row `yaml:"link_types"`
	BTFKinds     []Row `yaml:"btf_kinds"`
	Kfuncs       []Row `yaml:"kfuncs"`
	Instructions []Row `yaml:"instructions"`
}

func read(text []byte) (map[string][]Row, error) {
	var f file
	err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict())
	return map[string][]Row{MapType: f.MapTypes, ProgramType: f.ProgramTypes, Helper: f.Helpers,
		AttachType: f.AttachTypes, LinkType: f.LinkTypes, BTFKind: f.BTFKinds, Kfunc: f.Kfuncs, Instructions: f.Instructions}, err
}

// known is read when it is first asked for: the guest agent is the same program, and must
// not wait for it at every start.
var known = sync.OnceValue(func() map[string][]Row {
	rows, err := read(text)
	if err != nil {
		panic(fmt.Sprintf("upstream.yaml, which is part of this program: %v", err))
	}
	return rows
})

// Rows returns all rows of a kind.
func Rows(kind string) []Row { return known()[kind] }

// Since returns the first release that has a feature, as in "5.8".
func Since(kind, name string) (string, bool) {
	for _, row := range known()[kind] {
		if row.Name == name {
			return row.Since, true
		}
	}
	return "", false
}

// IsNewer reports whether a feature is known to have come after a version.
func IsNewer(kind, name string, than kernel.Version) bool {
	since, ok := Since(kind, name)
	if !ok {
		return false
	}
	v, err := kernel.ParseVersion(since)
	return err == nil && than.Compare(v) < 0
}
