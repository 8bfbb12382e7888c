package libbpf

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bpflab/bpflab/harness/object"
)

// Answer is what the loader prints about a program.
type Answer struct {
	Prepared []object.Preparation `json:"prepared"`
	Section  string               `json:"section"`
	Type     uint32               `json:"type"` // BPF_PROG_TYPE_*
	Seen     bool                 `json:"seen"` // the kernel was asked about the program
	Seconds  float64              `json:"seconds"`
	Log      string               `json:"log"`   // the verifier's
	Stage    string               `json:"stage"` // where it failed: a Stage constant, "" if it is loaded
	Error    int                  `json:"error"` // of the failure, or of the attachment
	Errno    string               `json:"errno"` // its name
	Map      string               `json:"map"`   // at StageMap: the map that could not be created
	MapSpec                       // of that map
	Jited    int                  `json:"jited"`    // bytes
	Xlated   int                  `json:"xlated"`   // bytes
	Attached string               `json:"attached"` // "" if not asked for, else "yes", "no" or "unsupported"
	Messages string               `json:"messages"` // libbpf's, as it prints them
	Version  string               `json:"version"`  // libbpf's
}

// MapSpec is a map as libbpf asked the kernel for it.
type MapSpec struct {
	MapType uint32 `json:"map_type"`    // BPF_MAP_TYPE_*
	Key     uint32 `json:"map_key"`     // bytes of a key
	Value   uint32 `json:"map_value"`   // bytes of a value
	Entries uint32 `json:"map_entries"` // max_entries
	Flags   uint32 `json:"map_flags"`   // BPF_F_*
}

// Stages at which a program fails.
const (
	StageOpen    = "open"    // libbpf cannot read the object
	StageMap     = "map"     // the kernel refuses a map
	StagePrepare = "prepare" // libbpf gives up between the two
	StageLoad    = "load"    // the kernel rejects the program
)

// Read parses what the loader printed.
func Read(text []byte) (Answer, error) {
	var a Answer
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("the libbpf loader's answer: %w", err)
	}
	return a, nil
}

// Said returns libbpf's messages, one a line, without its name before each.
func (a Answer) Said() []string {
	var out []string
	for line := range strings.Lines(a.Messages) {
		if line = strings.TrimSpace(strings.TrimPrefix(line, "libbpf: ")); line != "" {
			out = append(out, line)
		}
	}
	return out
}
