package annotation

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/bpflab/bpflab/vms/suggest"
)

// check returns an error if a tag's value is none.
func (t Tag) check() error {
	var err error
	switch t.Name {
	case "test_retval":
		_, err = parseReturn(t.Value)
	case "test_log_level":
		var n int64
		if n, err = parseInt(t.Value); err == nil && (n < 0 || n > 7) {
			err = fmt.Errorf("%q is no log level, which are 0 to 7", t.Value)
		}
	case "test_linear_size":
		var n int64
		if n, err = parseInt(t.Value); err == nil && (n < 0 || n > 1<<16) {
			err = fmt.Errorf("%q is no size", t.Value)
		}
	case "test_prog_flags":
		_, _, err = parseFlag(t.Value)
	case "test_arch":
		if arches[t.Value] == "" {
			err = fmt.Errorf("%q is no architecture", t.Value)
		}
	case "test_caps_unpriv":
		_, err = parseCaps(t.Value)
	case "load_mode":
		if t.Value != "jited" && t.Value != "no_jited" {
			err = fmt.Errorf("%q is neither jited nor no_jited", t.Value)
		}
	default:
		if slices.Contains(messages, t.Name) {
			_, err = t.pattern()
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", t, err)
	}
	return nil
}

// pattern returns the pattern of a message.
func (t Tag) pattern() (Pattern, error) {
	return compile(t.Value, t.Name == "test_expect_regex", t.Name == "test_expect_not_msg")
}

// parseInt reads a number as the kernel's runner does: decimal, or hexadecimal behind 0x.
func parseInt(text string) (int64, error) {
	base, digits := 10, text
	if rest, ok := strings.CutPrefix(text, "0x"); ok {
		base, digits = 16, rest
	}
	n, err := strconv.ParseInt(digits, base, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number", text)
	}
	return n, nil
}

// Return is the value that a program must return.
type Return struct {
	Value int32
	Any   bool // any: it returns a pointer
}

func (r Return) String() string {
	if r.Any {
		return "any value"
	}
	return strconv.Itoa(int(r.Value))
}

// returns are names of values: those of bpf_misc.h before it expanded them, and enumerators, which
// no macro expands.
var returns = map[string]int64{"_INT_MIN": math.MinInt32, "INT_MIN": math.MinInt32, "TEST_DATA_LEN": DataSize,
	"XDP_ABORTED": 0, "XDP_DROP": 1, "XDP_PASS": 2, "XDP_TX": 3, "XDP_REDIRECT": 4}

// anyPointer is POINTER_VALUE of bpf_misc.h.
const anyPointer = 0xbadcafe

func parseReturn(text string) (r Return, err error) {
	text = strings.TrimSpace(text)
	for strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") {
		text = strings.TrimSpace(text[1 : len(text)-1])
	}
	if strings.HasPrefix(text, "POINTER_VALUE") || text == "0xcafe4all" {
		return Return{Any: true}, nil
	}
	n, named := returns[text]
	if !named {
		if n, err = parseInt(text); err != nil {
			return r, err
		}
	}
	if n < math.MinInt32 || n > math.MaxUint32 {
		return r, fmt.Errorf("%s has more than 32 bits", text)
	}
	return Return{Value: int32(n), Any: n == anyPointer}, nil
}

// Flags of BPF_PROG_LOAD (include/uapi/linux/bpf.h) by the names that bpf_misc.h takes.
var flags = map[string]uint32{"BPF_F_STRICT_ALIGNMENT": 1 << 0, "BPF_F_ANY_ALIGNMENT": 1 << 1, "BPF_F_TEST_RND_HI32": 1 << 2,
	"BPF_F_TEST_STATE_FREQ": 1 << 3, "BPF_F_SLEEPABLE": 1 << 4, "BPF_F_XDP_HAS_FRAGS": 1 << 5, "BPF_F_TEST_REG_INVARIANTS": 1 << 7}

// usual are the flags that the kernel's runner sets where the kernel knows them
// (testing_prog_flags of testing_helpers.c).
const usual = 1<<2 | 1<<7

// parseFlag reads a flag, and whether it is taken away: "!BPF_F_TEST_RND_HI32".
func parseFlag(text string) (bits uint32, taken bool, err error) {
	name, taken := strings.CutPrefix(text, "!")
	if bits, known := flags[name]; known {
		return bits, taken, nil
	}
	n, err := parseInt(name)
	if err != nil || n < 0 || n > math.MaxUint32 {
		return 0, false, fmt.Errorf("there is no flag %q%s", name, meantOf(name))
	}
	return uint32(n), taken, nil
}

func meantOf(name string) string {
	if like := suggest.Spelling(strings.ToUpper(name), slices.Sorted(maps.Keys(flags))); like != "" {
		return "; did you mean " + like + "?"
	}
	return ""
}

// arches are Debian's names of what __arch_* names, as kernels have them here.
var arches = map[string]string{"X86_64": "amd64", "X86_32": "i386", "ARM64": "arm64", "RISCV64": "riscv64", "s390x": "s390x", "LOONGARCH": "loong64"}

// capabilities by their names (include/uapi/linux/capability.h), where no macro expanded them.
var capabilities = map[string]int{"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21, "CAP_PERFMON": 38, "CAP_BPF": 39}

func parseCaps(text string) (caps []int, err error) {
	for name := range strings.SplitSeq(text, "|") {
		name = strings.TrimSpace(name)
		n, known := capabilities[name]
		if !known {
			if n, err = strconv.Atoi(name); err != nil || n < 1 || n > 63 {
				return nil, fmt.Errorf("%q is no capability", name)
			}
		}
		caps = append(caps, n)
	}
	return caps, nil
}
