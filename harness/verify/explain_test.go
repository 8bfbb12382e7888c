package verify

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

func TestExplain(t *testing.T) {
	old, recent := kernel.Version{Major: 5, Minor: 10}, kernel.Version{Major: 6, Minor: 12}
	suggested := Explain(Rejection{Kernel: recent, Stage: "load", Log: "who knows\n\nVerification failed: A: B\n\nSuggestion:\n  Ask\n  it.\n\n"})
	if suggested.Fix != "Ask it." {
		t.Errorf("the kernel's suggestion is %q", suggested.Fix)
	}
	size := Explain(Rejection{Kernel: recent, Stage: "map", Errno: "EINVAL", Message: "map hists (Hash): map start: map create: invalid argument (MaxEntries may be incorrectly set to zero)"})
	if size.Code != "map" || !strings.Contains(size.Text, "map start has no max_entries") {
		t.Errorf("a map without a size: %+v", size)
	}
	attach := Explain(Rejection{Program: Program{Type: "Tracing", Section: "fexit/ip_append_data"}, Kernel: old, Stage: "attach", Message: "create raw tracepoint: not supported"})
	if attach.Code != "attach" || !strings.Contains(attach.Text, "ip_append_data: functions of more than six arguments") {
		t.Errorf("a function of seven arguments: %+v", attach)
	}
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
		"v3's jumps":            {"p", old, "EINVAL", "unknown opcode ae", "instruction", "v3"},
		"v4's bswap":            {"p", old, "EINVAL", "unknown opcode d7", "instruction", "v4"},
		"v4's movsx":            {"p", old, "EINVAL", "BPF_MOV uses reserved fields", "instruction", "v4"},
		"libbpf: kfunc":         {"p", old, "EINVAL", "0: <invalid kfunc call>\nkfunc 'bpf_x' is referenced but wasn't resolved", "kfunc", "function bpf_x is neither"},
		"libbpf: CO-RE":         {"p", old, "EINVAL", "0: <invalid CO-RE relocation>\nfailed to resolve CO-RE relocation <byte_off> [7] struct a.b (0:1 @ offset 4)", "co_re", "struct a.b"},
		"source of C":           {"p", recent, "EINVAL", "; cannot call GPL-restricted function from non-GPL compatible program @ a.c:1\n0: (95) exit\nR0 !read_ok", "uninitialised", "without a value"},
		"only the end counts":   {"p", recent, "EINVAL", "R1 invalid mem access 'scalar'\n0: (95) exit\nbpf_spin_unlock is missing", "lock", "bpf_spin_unlock()"},
		"a module's function":   {"p", recent, "EINVAL", "unknown kfunc", "kfunc", "in a module"},
		"a pointer of the kernel, after any call": {"p", recent, "EACCES", "1: (85) call bpf_map_lookup_elem#1 ; R1=ptr_request(off=0,imm=0)\n2: (79) r2 = *(u64 *)(r1 +4)\nR1 invalid mem access 'scalar'", "invalid_access", "not a pointer"},
		"a kfunc before 5.13":                     {"p", old, "EINVAL", "1: (85) call unknown#71189\nBPF_CALL uses reserved fields", "kfunc", "from 5.13 on"},
		"minus one":                               {"p", old, "EINVAL", "3: (95) exit\nAt program exit the register R0 has value (0xffffffff; 0x0) should have been in (0x0; 0x1)", "return_value", "4294967295 (-1 as an int), and must return 0 to 1"},
		"the kernel explains":                     {"p", recent, "EINVAL", "0: (95) exit\nwho knows\n\nVerification failed: A: B\n\nReason:\n  Nobody\n  does.\n\nSuggestion:\n  Ask.\n\nprocessed 1 insns", "rejected", "who knows: Nobody does."},
	} {
		reason := Explain(Rejection{Program: Program{Name: c.program}, Kernel: c.version, Stage: "load", Errno: c.errno,
			Message: "program " + c.program + ": load program: rejected", Log: c.log})
		if reason.Code != c.code || !strings.Contains(reason.Text, c.text) {
			t.Errorf("%s: %+v, want %s, %s", name, reason, c.code, c.text)
		}
	}
}

// TestExplainsTheKernelsWords has messages of a loader that quote, or hide, those of the kernel.
func TestExplainsTheKernelsWords(t *testing.T) {
	recent := kernel.Version{Major: 6, Minor: 12}
	// The end of a log that the message quotes may be of the program's source.
	quotes := Explain(Rejection{Program: Program{Name: "p"}, Kernel: recent, Stage: "load", Errno: "EINVAL",
		Message: "program p: load program: invalid argument: ; call(\"infinite loop detected at insn 3\"); @ a.c:3: nobody knows (4 line(s) omitted)",
		Log:     "0: (b7) r0 = 0\n; call(\"infinite loop detected at insn 3\"); @ a.c:3\nnobody knows\nprocessed 1 insns"})
	if quotes.Code != "rejected" || quotes.Text != "nobody knows" {
		t.Errorf("source that a message quotes: %+v", quotes)
	}
	// An early rule that fits the loader's message does not hide a later one that fits the kernel's.
	both := Explain(Rejection{Program: Program{Name: "p"}, Kernel: recent, Stage: "load", Errno: "EINVAL",
		Message: "program p: load program: invalid argument: kernel BTF", Log: "0: (95) exit\nR0 !read_ok\nprocessed 1 insns"})
	if both.Code != "uninitialised" {
		t.Errorf("the kernel's words and the loader's: %+v", both)
	}
}
