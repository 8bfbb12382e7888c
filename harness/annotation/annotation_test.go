package annotation

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// tests returns the tests of a program "p" with some tags, on a kernel of amd64.
func tests(release string, tags ...string) ([]Test, error) {
	o, err := Parse(map[string][]string{"p": tags})
	if err != nil {
		return nil, err
	}
	v, err := kernel.ParseVersion(release)
	if err != nil {
		return nil, err
	}
	return o.On("p", v, "")
}

// show writes tests in a few words.
func show(all []Test) string {
	var out []string
	for _, t := range all {
		text := t.Name() + " " + t.Expected()
		for _, p := range append(append(append([]Pattern{}, t.Messages...), t.Xlated...), t.Jited...) {
			text += " " + p.Text
			if p.Negative {
				text += "-"
			}
			if p.NextLine {
				text += "+"
			}
		}
		if t.Skip != "" {
			text += " skip:" + t.Skip
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func TestTests(t *testing.T) {
	for _, tt := range []struct {
		name, kernel string
		tags         []string
		want         string
	}{
		{"nothing of a result", "6.1", []string{"comment:test_description=d"}, "p loads"},
		{"failure", "6.1", []string{"comment:0:test_expect_failure", "comment:1:test_expect_msg=b", "comment:2:test_expect_not_msg=c"}, "p is refused, 2 messages b c-"},
		{"sorted by number", "6.1", []string{"comment:10:test_expect_msg=b", "comment:9:test_expect_msg=a"}, "p loads, 2 messages a b"},
		{"without numbers as they are", "6.1", []string{"comment:test_expect_msg=b", "comment:test_expect_msg=a"}, "p loads, 2 messages b a"},
		{"of 6.12", "6.1", []string{"comment:test_expect_msg=11=b", "comment:test_expect_msg=2=a"}, "p loads, 2 messages a b"},
		{"a number that is text", "6.1", []string{"comment:test_expect_msg=2=b", "comment:test_expect_msg=a"}, "p loads, 2 messages 2=b a"},
		{"users only", "6.1", []string{"comment:0:test_expect_failure_unpriv"}, "p @unpriv is refused"},
		{"users inherit", "6.1", []string{"comment:0:test_expect_success", "comment:1:test_retval=7", "comment:2:test_caps_unpriv=12|39", "comment:3:test_expect_msg=x"}, "p loads, 1 message, returns 7 x; p @unpriv loads, 1 message, returns 7 x"},
		{"refused users inherit no run", "6.1", []string{"comment:0:test_expect_success", "comment:1:test_retval=7", "comment:2:test_expect_failure_unpriv", "comment:3:test_expect_xlated=x"}, "p loads, 1 instruction, returns 7 x; p @unpriv is refused"},
		{"consecutive lines", "6.1", []string{"comment:0:test_expect_xlated=a", "comment:1:test_expect_xlated=b", "comment:2:test_expect_xlated=...", "comment:3:test_expect_xlated=c"}, "p loads, 3 instructions a b+ c"},
		{"machine code of this architecture", "6.1", []string{"comment:0:test_arch=ARM64", "comment:1:test_jited=a", "comment:2:test_arch=X86_64", "comment:3:test_jited=b", "comment:4:test_jited=c"}, "p loads, 2 machine instructions b c+"},
		{"another architecture", "6.1", []string{"comment:0:test_arch=ARM64", "comment:1:test_arch=s390x"}, "p loads skip:it is not for amd64: __arch(ARM64) __arch(s390x)"},
		{"skipped", "6.1", []string{"comment:0:test_skip=why"}, "p loads skip:skipped: why"},
		{"before a version", "4.19", []string{"bpflab:0:<5.3:test_expect_failure", "bpflab:1:<5.3:test_expect_msg=back-edge"}, "p is refused, 1 message back-edge"},
		{"from it on", "5.10", []string{"bpflab:0:<5.3:test_expect_failure", "bpflab:1:<5.3:test_expect_msg=back-edge"}, "p loads"},
		{"over the kernel's tags", "4.19", []string{"comment:0:test_expect_success", "comment:1:test_retval=3", "comment:2:test_expect_msg=x", "bpflab:3:<5.3:test_expect_failure"}, "p is refused"},
		{"a value of some kernels", "4.19", []string{"comment:1:test_retval=3", "bpflab:3:<5.3:test_retval=4"}, "p loads, returns 4"},
		{"and of the others", "5.3", []string{"comment:1:test_retval=3", "bpflab:3:<5.3:test_retval=4"}, "p loads, returns 3"},
		{"of all kernels", "5.3", []string{"bpflab:0::test_expect_failure"}, "p is refused"},
		{"any value", "5.3", []string{"comment:0:test_retval=0xbadcafe"}, "p loads, returns any value"},
		{"the smallest", "5.3", []string{"comment:0:test_retval=_INT_MIN"}, "p loads, returns -2147483648"},
		{"streams without a run", "7.2", []string{"comment:0:test_expect_stderr=x"}, "p loads, 1 line of stderr skip:its streams are not judged, for without __retval it is not run"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all, err := tests(tt.kernel, tt.tags...)
			if got := show(all); err != nil || got != tt.want {
				t.Errorf("%q and %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestFlags(t *testing.T) {
	all, err := tests("6.12", "comment:0:test_prog_flags=BPF_F_TEST_STATE_FREQ", "comment:1:test_prog_flags=!BPF_F_TEST_RND_HI32", "comment:2:test_prog_flags=0x10", "comment:3:test_log_level=2", "comment:4:load_mode=no_jited", "comment:5:test_linear_size=8")
	if err != nil || all[0].Flags != 1<<3|1<<4 || all[0].UsualFlags != 1<<7 || all[0].LogLevel != 2 || all[0].LoadMode != "no_jited" || all[0].LinearSize != 8 {
		t.Errorf("%+v and %v", all, err)
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct {
		name string
		tags []string
		want string // all that the error must say
	}{
		{"unknown", []string{"comment:0:test_expect_sucess"}, `p: "comment:0:test_expect_sucess": there is no tag test_expect_sucess; did you mean test_expect_success?`},
		{"unknown of users", []string{"comment:0:test_log_level_unpriv=1"}, "there is no tag test_log_level_unpriv"},
		{"no value", []string{"comment:0:test_retval"}, "test_retval needs a value"},
		{"a value too many", []string{"comment:0:test_expect_failure=1"}, "test_expect_failure takes no value"},
		{"no number", []string{"comment:0:test_retval=XDP_PAS"}, `p: __retval(XDP_PAS): "XDP_PAS" is no number`},
		{"too large", []string{"comment:0:test_retval=0x1ffffffff"}, "more than 32 bits"},
		{"log level", []string{"comment:0:test_log_level=8"}, `p: __log_level(8): "8" is no log level`},
		{"flag", []string{"comment:0:test_prog_flags=bpf_f_sleepable"}, "did you mean BPF_F_SLEEPABLE?"},
		{"architecture", []string{"comment:0:test_arch=x86"}, `p: __arch(x86): "x86" is no architecture`},
		{"capability", []string{"comment:0:test_caps_unpriv=CAP_BFP"}, `"CAP_BFP" is no capability`},
		{"load mode", []string{"comment:0:load_mode=jitted"}, "neither jited nor no_jited"},
		{"open brackets", []string{"comment:0:test_expect_msg=a{{b"}, `__msg("a{{b"): "a{{b" has {{ without }}`},
		{"bad expression", []string{"comment:0:test_expect_msg=a{{b(}}"}, "missing closing )"},
		{"empty message", []string{"comment:0:test_expect_not_msg="}, `__not_msg(""): it is empty`},
		{"bad range", []string{"bpflab:0:<5:test_expect_failure"}, "is no kernel range"},
		{"no range", []string{"bpflab:0:test_expect_failure"}, "bpflab:NUMBER:KERNELS:TAG"},
		{"both results", []string{"comment:0:test_expect_success", "comment:1:test_expect_failure"}, "p: __success and __failure contradict each other"},
		{"both results of users", []string{"comment:0:test_expect_success_unpriv", "comment:1:test_expect_failure_unpriv"}, "p: __success_unpriv and __failure_unpriv contradict"},
		{"two values", []string{"comment:0:test_retval=1", "comment:1:test_retval=2"}, "p: __retval(1) and __retval(2) contradict each other"},
		{"two log levels", []string{"comment:0:test_log_level=1", "comment:1:test_log_level=2"}, "__log_level(1) and __log_level(2) contradict"},
		{"two modes", []string{"comment:0:load_mode=jited", "comment:1:load_mode=no_jited"}, "__load_if_JITed() and __load_if_no_JITed() contradict"},
		{"a run of nothing", []string{"comment:0:test_expect_failure", "comment:1:test_retval=2"}, "__failure and __retval(2) contradict"},
		{"instructions of nothing", []string{"comment:0:test_expect_failure", "comment:1:test_expect_xlated=x"}, "contradict"},
		{"machine code of no architecture", []string{"comment:0:test_jited=x"}, `__jited("x"): there is no __arch_* before it`},
		{"an auxiliary that fails", []string{"comment:0:test_auxiliary", "comment:1:test_expect_failure"}, "__auxiliary and __failure contradict"},
		{"ranges that overlap", []string{"bpflab:0:<7.0:test_expect_failure", "bpflab:1:>=5.3:test_expect_success"}, "failure on <7.0 and success on >=5.3 contradict"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tests("6.1", tt.tags...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestNone(t *testing.T) {
	for _, tags := range [][]string{nil, {"comment:by hand"}, {"arg:ctx"}} {
		if _, err := tests("6.1", tags...); !errors.Is(err, ErrNone) {
			t.Errorf("%q: %v", tags, err)
		}
	}
}

func TestFunctionThatIsNoProgram(t *testing.T) {
	o, err := Parse(map[string][]string{"p": {"comment:0:test_expect_success"}, "helper": {"comment:1:test_expect_failure"}, "other": {"comment:2:test_description=x"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.CheckFunctions([]string{"p"}); err == nil || !strings.HasPrefix(err.Error(), "helper: __failure: the function is no program") || strings.Contains(err.Error(), "other") {
		t.Errorf("error %v", err)
	}
}

func patterns(t *testing.T, texts ...string) (out []Pattern) {
	t.Helper()
	for _, text := range texts {
		rest, negative := strings.CutPrefix(text, "!")
		rest, next := strings.CutPrefix(rest, "+")
		p, err := compile(rest, false, negative)
		if err != nil {
			t.Fatal(err)
		}
		p.NextLine = next
		out = append(out, p)
	}
	return out
}

func TestMatch(t *testing.T) {
	const text = "0: r0 = 0\n1: r1 = r10\n2: exit\nR1 !read_ok [3]\n"
	for _, tt := range []struct {
		want     string // the pattern that does not hold and what is seen, "" if all hold
		patterns []string
	}{
		{"", []string{"r0 = 0", "exit"}},
		{"r0 = 0 not found", []string{"exit", "r0 = 0"}},
		{"", []string{"{{[0-9]+}}: exit", "read_ok [{{.}}]"}},
		{"r0{{.*}}exit not found", []string{"r0{{.*}}exit"}},       // . is in one line
		{"r0{{[^x]*}}exit not found", []string{"r0{{[^x]*}}exit"}}, // and so is [^x]
		{"", []string{"{{^}}2: exit{{$}}"}},
		{"", []string{"{{[\\w]|r\\w}} = r10"}},
		{"", []string{"r0", "+1: r1", "+exit"}},
		{`+exit found in line 3, 2 after that of "r0"`, []string{"r0", "+exit"}},
		{"", []string{"!pwned"}},
		{`!exit there is "2: exit"`, []string{"r0", "!exit", "R1"}},
		{"", []string{"exit", "!exit", "R1"}},
		{"", []string{"r0", "!exit", "r1 = r10"}},
		{`!r1 there is "1: r1 = r10"`, []string{"r0", "!nothing", "!r1", "exit"}}, // each of several
		{`!r1 there is "1: r1 = r10"`, []string{"r0", "!r1"}},
		{"nothing not found", []string{"r0", "!r1", "nothing"}},
	} {
		t.Run(fmt.Sprint(tt.patterns), func(t *testing.T) {
			got := ""
			if miss := Match(text, patterns(t, tt.patterns...)); miss != nil {
				got = miss.Text + " " + miss.Seen
				if miss.NextLine {
					got = "+" + got
				}
				if miss.Negative {
					got = "!" + got
				}
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	all, err := tests("6.12", "comment:0:test_expect_success", "comment:1:test_expect_msg=processed", "comment:2:test_expect_xlated=0: exit", "comment:3:test_retval=-3", "comment:4:test_arch=X86_64", "comment:5:test_jited=ret", "comment:6:test_expect_stderr=oops")
	if err != nil {
		t.Fatal(err)
	}
	good := Seen{Accepted: true, Log: "processed 1 insns", Xlated: Text{Text: "0: exit\n"}, Jited: Text{Text: "\tret\n"}, Stderr: Text{Text: "oops"}, Ran: &Run{Returned: -3}}
	for _, tt := range []struct {
		name   string
		change func(*Seen)
		want   string // of the first check that does not hold
	}{
		{"all", func(*Seen) {}, ""},
		{"refused", func(s *Seen) { s.Accepted, s.Refusal = false, "EACCES" }, "success: the kernel takes it, EACCES"},
		{"message", func(s *Seen) { s.Log, s.LastWord = "loop", "loop" }, `msg: "processed", not found; there is "loop"`},
		{"instruction", func(s *Seen) { s.Xlated.Text = "0: goto pc+1\n" }, `xlated: "0: exit", not found; there is "0: goto pc+1"`},
		{"machine code", func(s *Seen) { s.Jited.Text = "" }, `jited: "ret", not found: there is no text at all`},
		{"no disassembler", func(s *Seen) { s.Jited = Text{Missing: "no llvm"} }, `jited: "ret", no llvm (unsupported)`},
		{"value", func(s *Seen) { s.Ran = &Run{Returned: 3} }, "retval: -3, 3"},
		{"no run", func(s *Seen) { s.Ran = nil }, "retval: -3, it was not run"},
		{"failed run", func(s *Seen) { s.Ran = &Run{Failed: "EINVAL"} }, "retval: -3, EINVAL"},
		{"cannot run", func(s *Seen) { s.Ran = &Run{Lacking: "before 5.10"} }, "retval: -3, before 5.10 (unsupported)"},
		{"stream", func(s *Seen) { s.Stderr.Text = "fine" }, `stderr: "oops", not found; there is "fine"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen, got := good, ""
			tt.change(&seen)
			for _, c := range all[0].Judge(seen) {
				if got == "" && !c.Holds {
					got = c.Tag + ": " + c.Expected + ", " + c.Seen
					if c.Lacking != "" {
						got += " (unsupported)"
					}
				}
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestDisassemble(t *testing.T) {
	for _, tt := range []struct {
		code, registers byte
		off             int16
		imm             int32
		want            string
	}{
		{0xb7, 0x00, 0, -1, "r0 = -1"}, {0xb4, 0x01, 0, 1, "w1 = 1"}, {0xbf, 0xa1, 0, 0, "r1 = r10"}, {0xbc, 0x21, 0, 0, "w1 = w2"},
		{0xbf, 0x21, 8, 0, "r1 = (s8)r2"}, {0xbf, 0x00, -1, 0, "r0 = &(void __percpu *)(r0)"}, {0xbf, 0x21, 1, 1 << 16, "r1 = addr_space_cast(r2, 1, 0)"},
		{0x87, 0x01, 0, 0, "r1 = -r1"}, {0xdc, 0x01, 0, 16, "r1 = be16 r1"}, {0xd4, 0x01, 0, 32, "r1 = le32 r1"}, {0xd7, 0x01, 0, 64, "r1 = bswap64 r1"},
		{0x37, 0x01, 1, 3, "r1 s/= 3"}, {0xc7, 0x01, 0, 3, "r1 s>>= 3"}, {0x7b, 0x1a, -8, 0, "*(u64 *)(r10 -8) = r1"}, {0x72, 0x0a, -1, 7, "*(u8 *)(r10 -1) = 7"},
		{0x61, 0x10, 4, 0, "r0 = *(u32 *)(r1 +4)"}, {0x81, 0x10, 4, 0, "r0 = *(s32 *)(r1 +4)"}, {0x85, 0x10, 0, 2, "call pc+2"}, {0x85, 0x00, 0, 123456, "call unknown"}, {0x85, 0x20, 0, 3, "call kernel-function"},
		{0x05, 0, -3, 0, "goto pc-3"}, {0x06, 0, 0, 5, "gotol pc+5"}, {0xe5, 0, 2, 0, "may_goto pc+2"}, {0x95, 0, 0, 0, "exit"},
		{0x15, 0x01, 2, -1, "if r1 == 0xffffffff goto pc+2"}, {0x2d, 0x21, 2, 0, "if r1 > r2 goto pc+2"}, {0xa6, 0x01, 2, 16, "if w1 < 0x10 goto pc+2"}, {0x66, 0x01, 2, 16, "if w1 s> 0x10 goto pc+2"},
		{0xdb, 0x1a, -8, 0, "lock *(u64 *)(r10 -8) += r1"}, {0xdb, 0x1a, -8, 1, "r1 = atomic64_fetch_add((u64 *)(r10 -8), r1)"}, {0xc3, 0x1a, -8, 0xf1, "r0 = atomic_cmpxchg((u32 *)(r10 -8), r0, r1)"},
		{0xc3, 0x1a, -8, 0xe1, "r1 = atomic_xchg((u32 *)(r10 -8), r1)"}, {0xdb, 0x21, 0, 0x100, "r1 = load_acquire((u64 *)(r2 +0))"}, {0xdb, 0x21, 0, 0x110, "store_release((u64 *)(r1 +0), r2)"},
		{0x20, 0, 0, 12, "r0 = *(u32 *)skb[12]"}, {0x50, 0x10, 0, 12, "r0 = *(u8 *)skb[r1 + 12]"}, {0xc2, 0, 0, 0, "nospec"},
	} {
		raw := []byte{tt.code, tt.registers, 0, 0, 0, 0, 0, 0}
		binary.LittleEndian.PutUint16(raw[2:], uint16(tt.off))
		binary.LittleEndian.PutUint32(raw[4:], uint32(tt.imm))
		if got := Disassemble(raw, binary.LittleEndian); got != "0: "+tt.want+"\n" {
			t.Errorf("%02x: %q, want %q", tt.code, got, tt.want)
		}
		raw[1] = raw[1]<<4 | raw[1]>>4
		binary.BigEndian.PutUint16(raw[2:], uint16(tt.off))
		binary.BigEndian.PutUint32(raw[4:], uint32(tt.imm))
		if got := Disassemble(raw, binary.BigEndian); got != "0: "+tt.want+"\n" {
			t.Errorf("%02x of big-endian: %q, want %q", tt.code, got, tt.want)
		}
	}
	wide := []byte{0x18, 0x11, 0, 0, 0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0, 0x95}
	if got := Disassemble(wide, binary.LittleEndian); got != "0: r1 = 0x112345678\n2: exit\n" {
		t.Errorf("%q", got)
	}
}

// Any text is a tag, none, or an error; and what was read can be judged by any log.
func FuzzTags(f *testing.F) {
	for _, seed := range []string{"comment:0:test_expect_failure\ncomment:1:test_expect_msg=R{{[0-9]+}} !read_ok", "comment:test_expect_msg=3=a\ncomment:test_retval=(2)",
		"bpflab:0:>=5.3 <6.1:test_retval=0xffffffff\nbpflab:1::test_jited=...", "comment:0:test_expect_xlated=...\ncomment:1:test_expect_not_msg={{[]a\\]}}", "comment:0:test_prog_flags=!0x10\ncomment:4:test_caps_unpriv=12|38"} {
		f.Add(seed, "0: exit\nprocessed 1 insns\n", "5.10")
	}
	f.Fuzz(func(t *testing.T, tags, log, release string) {
		all, err := tests(release, strings.Split(tags, "\n")...)
		if err != nil {
			return
		}
		if len(all) == 0 {
			t.Fatalf("nothing is judged by %q", tags)
		}
		for _, one := range all {
			for _, c := range one.Judge(Seen{Accepted: !one.Fails, Refusal: "EINVAL", Log: log, Xlated: Text{Text: log}, Jited: Text{Text: log}}) {
				if c.Expected == "" || c.Seen == "" {
					t.Fatalf("%+v says not what it is about", c)
				}
			}
		}
	})
}

func FuzzDisassemble(f *testing.F) {
	f.Add([]byte{0x18, 0x11, 0, 0, 0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		Disassemble(raw, binary.LittleEndian)
		Disassemble(raw, binary.BigEndian)
	})
}
