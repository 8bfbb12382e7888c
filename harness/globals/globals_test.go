package globals

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/object"
)

// compiled returns an object of testdata/globals.bpf.c, for clang's target bpfel or bpfeb.
func compiled(t testing.TB, target string, flags ...string) []byte {
	t.Helper()
	clang := ""
	for version := 40; version >= 10 && clang == ""; version-- {
		name := "clang"
		if version < 40 {
			name += fmt.Sprintf("-%d", version)
		}
		clang, _ = exec.LookPath(name)
	}
	if clang == "" {
		t.Fatal("there is no clang in PATH")
	}
	path := filepath.Join(t.TempDir(), "globals.o")
	args := append([]string{"-target", target, "-O2", "-g", "-c", filepath.Join("testdata", "globals.bpf.c"), "-o", path}, flags...)
	if out, err := exec.Command(clang, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func variables(t testing.TB, text []byte) *Variables {
	t.Helper()
	v, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// set returns the object with assignments, of which each must fit.
func set(t *testing.T, text []byte, assignments ...string) []byte {
	t.Helper()
	v := variables(t, text)
	var patches []Patch
	for _, one := range assignments {
		a, err := ParseAssignment(one)
		if err != nil {
			t.Fatal(err)
		}
		p, err := v.Patch(a)
		if err != nil {
			t.Fatal(err)
		}
		patches = append(patches, p)
	}
	out, err := Apply(text, patches)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// contentOf returns the bytes of an object's variables as cilium/ebpf reads them.
func contentOf(t *testing.T, text []byte) map[string][]byte {
	t.Helper()
	spec, err := object.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for name, v := range spec.Variables {
		out[name] = bytes.Clone(v.Value)
	}
	out["hidden"] = symbolContent(t, text, "hidden") // cilium/ebpf leaves static variables out
	if len(out) < 20 {
		t.Fatalf("only %d variables are read", len(out))
	}
	return out
}

// symbolContent returns the bytes of a symbol.
func symbolContent(t *testing.T, text []byte, name string) []byte {
	t.Helper()
	file, err := elf.NewFile(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := file.Symbols()
	at := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == name })
	if err != nil || at < 0 {
		t.Fatalf("no symbol %s: %v", name, err)
	}
	content, err := file.Sections[symbols[at].Section].Data()
	if err != nil {
		t.Fatal(err)
	}
	return content[symbols[at].Value:][:symbols[at].Size]
}

// values are assignments with the bytes of the whole variable that they make, of a little-endian
// object and of a big-endian one.
var values = []struct{ set, variable, little, big string }{
	{"targ_pid=-1", "targ_pid", "ffffffff", "ffffffff"},
	{" targ_pid = 1234 ", "targ_pid", "d2040000", "000004d2"},
	{"targ_pid=0x7fffffff", "targ_pid", "ffffff7f", "7fffffff"},
	{"targ_pid=0xfffffffe", "targ_pid", "feffffff", "fffffffe"},
	{"targ_pid=-0x80000000", "targ_pid", "00000080", "80000000"},
	{"targ_uid=017", "targ_uid", "0f000000", "0000000f"},
	{"targ_uid=-1", "targ_uid", "ffffffff", "ffffffff"},
	{"targ_uid=4294967295", "targ_uid", "ffffffff", "ffffffff"},
	{"small=255", "small", "ff", "ff"},
	{"tiny=-128", "tiny", "80", "80"},
	{"half=-32768", "half", "0080", "8000"},
	{"large=18446744073709551615", "large", "ffffffffffffffff", "ffffffffffffffff"},
	{"deep=-9223372036854775808", "deep", "0000000000000080", "8000000000000000"},
	{"deep=0xf000000000000001", "deep", "01000000000000f0", "f000000000000001"},
	{"filter=true", "filter", "01", "01"},
	{"filter=0", "filter", "00", "00"},
	{"letter='z'", "letter", "7a", "7a"},
	{"letter=z", "letter", "7a", "7a"},
	{`letter='\n'`, "letter", "0a", "0a"},
	{"letter=7", "letter", "07", "07"},
	{"mode=MODE_SLOW", "mode", "07000000", "00000007"},
	{"mode=100", "mode", "64000000", "00000064"},
	{"sign=SIGN_MINUS", "sign", "fbffffff", "fffffffb"},
	{"small=MODE_SLOW", "small", "07", "07"},
	{"wide=WIDE_ONE", "wide", "0100000000000000", "0000000000000001"},
	{"name=eth0", "name", "6574683000000000", "6574683000000000"},
	{`name="a b\t\xff"`, "name", "61206209ff000000", "61206209ff000000"},
	{`name=""`, "name", "0000000000000000", "0000000000000000"},
	{"name=1234567", "name", "3132333435363700", "3132333435363700"},
	{`bytes="abc"`, "bytes", "61626300", "61626300"},
	{"bytes=[9, 0x8]", "bytes", "09080000", "09080000"},
	{"table[2]=7", "table", "01000200070004000500", "00010002000700040005"},
	{"table[MODE_FAST]=7", "table", "01000200030007000500", "00010002000300070005"},
	{"table=[65535]", "table", "ffff0000000000000000", "ffff0000000000000000"},
	{"grid[1][2]=9", "grid", "010000000200000003000000040000000500000009000000", "000000010000000200000003000000040000000500000009"},
	{"grid[0]=[7]", "grid", "070000000000000000000000040000000500000006000000", "000000070000000000000000000000040000000500000006"},
	{"grid=[[1,1],[2]]", "grid", "010000000100000000000000020000000000000000000000", "000000010000000100000000000000020000000000000000"},
	{"hidden=-2", "hidden", "feffffff", "fffffffe"},
	{"apart=2", "apart", "02000000", "00000002"},
	{"written=258", "written", "02010000", "00000102"},
	{"elsewhere=7", "elsewhere", "07000000", "00000007"},
	{"counted=3", "counted", "03000000", "00000003"},
	{"counted=0", "counted", "00000000", "00000000"},
	{"counters[1]=1", "counters", "000000000000000001000000000000000000000000000000", "000000000000000000000000000000010000000000000000"},
}

func TestValues(t *testing.T) {
	for _, target := range []string{"bpfel", "bpfeb"} {
		text := compiled(t, target)
		before := contentOf(t, text)
		for _, one := range values {
			want := one.little
			if target == "bpfeb" {
				want = one.big
			}
			after := contentOf(t, set(t, text, one.set))
			if got := fmt.Sprintf("%x", after[one.variable]); got != want {
				t.Errorf("%s: %q makes %s, want %s", target, one.set, got, want)
			}
			for name, content := range before {
				if name != one.variable && !bytes.Equal(after[name], content) {
					t.Errorf("%s: %q changes %s from %x to %x", target, one.set, name, content, after[name])
				}
			}
		}
	}
}

// Fields are where C puts them: what clang makes of an initializer and what is set are the same.
func TestFields(t *testing.T) {
	for _, target := range []string{"bpfel", "bpfeb"} {
		got := set(t, compiled(t, target), "cfg.mode=7", "cfg.on=true", "cfg.ports[1]=8443", "cfg.ports[2]=1", "cfg.in[1].port=99",
			"cfg.in[0].word=0x01020304", "cfg.in[1].parts[2]=5", "cfg.fast=MODE_SLOW", "cfg.low=3", "cfg . mid=511", "cfg.high=2748")
		want := compiled(t, target, "-DCFG={ .mode = 7, .on = 1, .ports = { 80, 8443, 1 }, .in = { { 0, { .word = 0x01020304 } }, { 99, { .parts = { 0, 0, 5 } } } }, .fast = MODE_SLOW, .low = 3, .mid = 511, .high = 2748 }")
		if got, want := contentOf(t, got)["cfg"], contentOf(t, want)["cfg"]; !bytes.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s:\n%x, want\n%x", target, got, want)
		}
	}
}

// One assignment follows the other, and the object is not changed.
func TestApply(t *testing.T) {
	text := compiled(t, "bpfel")
	kept := bytes.Clone(text)
	got := contentOf(t, set(t, text, "table=[1,2,3,4,5]", "table[0]=9", "counted=1", "counters[0]=2", "counted=4"))
	for name, want := range map[string]string{"table": "09000200030004000500", "counted": "04000000", "counters": "020000000000000000000000000000000000000000000000"} {
		if fmt.Sprintf("%x", got[name]) != want {
			t.Errorf("%s is %x, want %s", name, got[name], want)
		}
	}
	if !bytes.Equal(text, kept) {
		t.Error("the object itself was changed")
	}
	if _, err := Apply(text, []Patch{{Section: ".rodata", Offset: 1 << 40, Bytes: []byte{1}}}); err == nil {
		t.Error("a patch was written outside of its section")
	}
}

// The maps of an object whose .bss has bytes are those that it had, with one name changed, and so
// are its programs.
func TestBss(t *testing.T) {
	text := compiled(t, "bpfel")
	before, err := object.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	out := set(t, text, "counted=1")
	after, err := object.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := object.Check(out); err != nil || after.Maps[".data.bss"] == nil || after.Maps[".bss"] != nil || len(after.Maps) != len(before.Maps) {
		t.Errorf("error %v, maps %v", err, after.Maps)
	}
	for name, m := range before.Maps {
		if name == ".bss" {
			name = ".data.bss"
		}
		if other := after.Maps[name]; other == nil || other.ValueSize != m.ValueSize || other.Flags != m.Flags || name == ".data.bss" && other.Value.TypeName() != ".data.bss" {
			t.Errorf("map %s is %+v, and was %+v", name, other, m)
		}
	}
	if got, want := code(after), code(before); got != want {
		t.Errorf("the program is\n%s\nand was\n%s", got, want)
	}
	alone, err := object.Alone(out, "reads")
	if err != nil {
		t.Fatal(err)
	}
	if spec, err := object.Read(alone); err != nil || spec.Programs["reads"] == nil {
		t.Errorf("alone: %v, %v", spec, err)
	}
}

// code returns a program's instructions, with the section by its old name.
func code(spec *ebpf.CollectionSpec) string {
	return strings.ReplaceAll(fmt.Sprint(spec.Programs["reads"].Instructions), ".data.bss", ".bss")
}

// mistakes are assignments that do not fit, with what is said about each.
var mistakes = []struct{ set, says string }{
	{"small", "is not VAR=VALUE"},
	{"=1", "is no name of a variable"},
	{"small=", "small: there is no value"},
	{"small=1 2", `"2" follows the value`},
	{"cfg.=1", "is no name of a variable"},
	{"cfg[=1", "is no name of a variable"},
	{"targ_pdi=1", "there is no global variable targ_pdi; did you mean targ_pid?"},
	{"LINUX_KERNEL_VERSION=1", "LINUX_KERNEL_VERSION is in .kconfig"},
	{"small=256", "small is a __u8, which takes 0 to 255, and not 256"},
	{"small=-129", "small is a __u8, which takes 0 to 255, and not -129"},
	{"tiny=128", "tiny is a signed char, which takes -128 to 127, and not 128"},
	{"targ_pid=2147483648", "targ_pid is a pid_t, which takes -2147483648 to 2147483647"},
	{"targ_pid=0x100000000", "targ_pid is a pid_t, which takes"},
	{"deep=9223372036854775808", "deep is a long long, which takes -9223372036854775808 to 9223372036854775807"},
	{"large=18446744073709551616", "has more than 64 bits"},
	{"small=1x", "1x is no number"},
	{"small=08", "08 is no number"},
	{"small=FAST", `"FAST" is no number, and no enumerator`},
	{"filter=2", "filter is a _Bool, which takes true or false, and not 2"},
	{"filter=yes", "filter is a _Bool, which takes true or false"},
	{"mode=MODE_SLO", `"MODE_SLO" is no number, and no enumerator; did you mean MODE_SLOW?`},
	{"mode=SIGN_PLUS", "an enumerator (MODE_OFF, MODE_FAST, MODE_SLOW), or 0 to 4294967295"},
	{"mode=4294967296", "mode is an enum mode"},
	{"sign=4294967296", "sign is an enum sign, which takes an enumerator (SIGN_MINUS, SIGN_PLUS)"},
	{"letter=ab", "letter is a char"},
	{"letter='ab'", "is no character"},
	{"letter=''", "is no character"},
	{"name=12345678", "name is an array of 8 (char), which holds text of up to 7 bytes"},
	{`name="a\x00b"`, "has a NUL"},
	{`name="a`, "has no closing quote"},
	{"bytes=abc", "it takes text in double quotes, a list such as [1, 2, 3], or one element, as in bytes[0]"},
	{"table=1", "it takes a list such as [1, 2, 3], or one element, as in table[0]"},
	{"table=[1,2,3,4,5,6]", "table is an array of 5 (__u16), and the list has 6 values"},
	{"table=[1,70000]", "table[1] is a __u16, which takes 0 to 65535, and not 70000"},
	{"table=[1,2", "a list ends with ]"},
	{"table=[]", "the list is empty"},
	{"table[5]=1", "table has 5 elements, so an index is 0 to 4, and not 5"},
	{"table[-1]=1", "is no name of a variable"},
	{"table[MODE_SLOW]=1", "table has 5 elements"},
	{"table[x]=1", "table[x]: the index is no number and no enumerator"},
	{"small[0]=1", "small is a __u8, which has no elements"},
	{"small=[1]", "small is a __u8, and no array"},
	{"small.x=1", "small is a __u8, which has no fields"},
	{"cfg=1", "cfg is a struct config: set its fields one by one, as in cfg.mode"},
	{"cfg.prots[0]=1", "cfg is a struct config, which has no field prots; did you mean ports?"},
	{"cfg.in[0].wrod=1", "cfg.in[0] is a struct inner, which has no field wrod; did you mean word?"},
	{"cfg.low=4", "cfg.low is a int, which takes -4 to 3, and not 4"},
	{"cfg.mid=512", "cfg.mid is a __u32, which takes 0 to 511"},
	{"cfg.text=1", "cfg.text is a pointer"},
	{"ratio=1", "ratio is a float"},
	{"grid=[1,2]", "grid[0] is an array of 3 (int)"},
	{"small=[[[[[[[[[1]]]]]]]]]", "more than 8 lists"},
}

func TestMistakes(t *testing.T) {
	v := variables(t, compiled(t, "bpfel"))
	for _, one := range mistakes {
		a, err := ParseAssignment(one.set)
		if err == nil {
			_, err = v.Patch(a)
		}
		if err == nil || !strings.Contains(err.Error(), one.says) {
			t.Errorf("%q: error %v, want %q", one.set, err, one.says)
		}
	}
}

func TestNotes(t *testing.T) {
	v := variables(t, compiled(t, "bpfel"))
	for set, says := range map[string]string{"targ_pid=1": "", "cfg.mode=1": "", "hidden=1": "", "apart=1": "", "table[1]=1": "",
		"folded=1": "folded is not volatile", "written=1": "written is in .data", "counted=0": "counted is in .bss", "elsewhere=1": "elsewhere is in .data.elsewhere"} {
		a, err := ParseAssignment(set)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := v.Patch(a); err != nil || !strings.HasPrefix(p.Note, says) || (says == "") != (p.Note == "") {
			t.Errorf("%s: note %q, error %v, want %q", set, p.Note, err, says)
		}
	}
}

func TestRead(t *testing.T) {
	text := compiled(t, "bpfel")
	if names := variables(t, text).Names(); !slices.IsSorted(names) || !slices.Contains(names, "hidden") || slices.Contains(names, "LINUX_KERNEL_VERSION") {
		t.Errorf("names %q", names)
	}
	if _, err := Read(compiled(t, "bpfel", "-g0")); !errors.Is(err, ErrNoTypes) {
		t.Errorf("without BTF: error %v", err)
	}
	if _, err := Read([]byte("\x7fELF")); err == nil {
		t.Error("an object that is cut off is read")
	}
}

// Two static variables of one name in one object, as `bpftool gen object` makes, cannot be told
// apart.
func TestSameName(t *testing.T) {
	v := variables(t, compiled(t, "bpfel"))
	v.found["hidden"] = append(v.found["hidden"], v.found["hidden"][0])
	if _, err := v.Patch(Assignment{Path: Path{Name: "hidden"}, Value: Value{Text: "1"}}); err == nil || !strings.Contains(err.Error(), "2 static variables have the name hidden") {
		t.Errorf("error %v", err)
	}
}

func FuzzParseAssignment(f *testing.F) {
	for _, one := range values {
		f.Add(one.set)
	}
	for _, one := range mistakes {
		f.Add(one.set)
	}
	v := variables(f, compiled(f, "bpfel"))
	text := compiled(f, "bpfel")
	f.Fuzz(func(t *testing.T, set string) {
		a, err := ParseAssignment(set)
		if err != nil {
			return
		}
		again, err := ParseAssignment(a.String())
		if err != nil || again.String() != a.String() {
			t.Fatalf("%q is read as %q, and that as %q, error %v", set, a, again, err)
		}
		p, err := v.Patch(a)
		if err != nil {
			return
		}
		out, err := Apply(text, []Patch{p})
		if err != nil {
			t.Fatalf("%q fits, and is not written: %v", set, err)
		}
		if _, err := elf.NewFile(bytes.NewReader(out)); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzRead reads objects that others wrote.
func FuzzRead(f *testing.F) {
	f.Add(compiled(f, "bpfel"))
	f.Add(compiled(f, "bpfeb"))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := Read(text)
		if err != nil {
			return
		}
		for _, name := range v.Names() {
			p, err := v.Patch(Assignment{Path: Path{Name: name}, Value: Value{Text: "1"}})
			if err == nil {
				Apply(text, []Patch{p})
			}
		}
	})
}
