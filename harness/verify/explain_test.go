package verify

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

func TestExplain(t *testing.T) {
	old, recent := kernel.Version{Major: 5, Minor: 10}, kernel.Version{Major: 6, Minor: 12}
	for name, c := range map[string]struct {
		program    string
		version    kernel.Version
		errno, log string
		code, text string
	}{
		"packet":                {"p", recent, "EACCES", "invalid access to packet, off=65535 size=1, R1(id=0,off=65535,r=65535)\nR1 min value is outside of the allowed memory range", "invalid_access", "invalid access to packet, off=65535"},
		"a number as pointer":   {"p", old, "EACCES", "R0 invalid mem access 'inv'", "invalid_access", "not a pointer"},
		"and since 5.18":        {"p", recent, "EACCES", "R0 invalid mem access 'scalar'", "invalid_access", "not a pointer"},
		"NULL":                  {"p", recent, "EACCES", "R0 invalid mem access 'map_value_or_null'", "invalid_access", "map_value_or_null"},
		"fetch":                 {"p", old, "EINVAL", "BPF_XADD uses reserved fields", "instruction", "5.12"},
		"may_goto":              {"p", old, "EINVAL", "unknown opcode e5", "instruction", "may_goto"},
		"may_goto on a new one": {"p", recent, "EINVAL", "unknown opcode e5", "rejected", "unknown opcode e5"},
		"a poisoned name":       {"drop_poisoned_packets", recent, "EACCES", "R0 invalid mem access 'scalar'", "invalid_access", "not a pointer"},
		"CO-RE":                 {"p", recent, "EINVAL", "; instruction poisoned by CO-RE @ :0\n0: (18) r10 = 0xbad2310\nframe pointer is read only", "co_re", "CO-RE relocation"},
	} {
		reason := Explain(Rejection{Program: Program{Name: c.program}, Kernel: c.version, Stage: "load", Errno: c.errno,
			Message: "program " + c.program + ": load program: rejected", Log: c.log})
		if reason.Code != c.code || !strings.Contains(reason.Text, c.text) {
			t.Errorf("%s: %+v, want %s, %s", name, reason, c.code, c.text)
		}
	}
}
