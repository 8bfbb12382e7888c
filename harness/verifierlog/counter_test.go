package verifierlog

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// counted returns what a log says if it comes in pieces of a size.
func counted(log string, size int) Counts {
	var c Counter
	for len(log) > size {
		c.Write([]byte(log[:size]))
		log = log[size:]
	}
	c.Write([]byte(log))
	return c.Counts()
}

// logs returns the logs of real kernels.
func logs(t testing.TB) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.log")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no logs in testdata: %v", err)
	}
	out := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(path), ".log")] = string(text)
	}
	return out
}

// What the kernel says it processed is what its log has, in pieces of any size.
func TestLogsOfKernels(t *testing.T) {
	for name, log := range logs(t) {
		whole := counted(log, len(log))
		if !whole.Whole() || whole.Unplaced != 0 || whole.Pruned == 0 {
			t.Errorf("%s: %d of %d, %d pruned, %d unplaced", name, whole.Counted(), whole.Processed, whole.Pruned, whole.Unplaced)
		}
		if whole.Bytes != int64(len(log)) {
			t.Errorf("%s: %d bytes, want %d", name, whole.Bytes, len(log))
		}
		for _, size := range []int{1, 2, 7, 4096} {
			if got := counted(log, size); !reflect.DeepEqual(got, whole) {
				t.Errorf("%s in pieces of %d bytes: %+v, want %+v", name, size, got, whole)
			}
		}
	}
}

// The chains of calls have all instructions, and each is one that the program has: calls (0)
// calls middle and leaf, and middle calls leaf.
func TestChainsOfKernels(t *testing.T) {
	for name, log := range logs(t) {
		got, sum := counted(log, len(log)), 0
		var chains []string
		for _, c := range got.Chains {
			sum += c.Insns
			chains = append(chains, fmt.Sprint(c.Entries))
		}
		if sum != got.Counted() {
			t.Errorf("%s: the chains have %d instructions of %d", name, sum, got.Counted())
		}
		program, _, _ := strings.Cut(name, "-")
		if want := chainsOf[program]; !reflect.DeepEqual(chains, want) {
			t.Errorf("%s: %v, want %v", name, chains, want)
		}
	}
}

var chainsOf = map[string][]string{
	"calls":     {"[0]", "[0 12]", "[0 23]", "[0 23 12]"},
	"callbacks": {"[0]", "[0 20]", "[0 20 56]", "[0 56]", "[34]"},
}

func TestLines(t *testing.T) {
	for name, test := range map[string]struct {
		log    string
		counts []int
		pruned int
	}{
		"instructions":          {"0: (b7) r0 = 0\n1: (95) exit\n", []int{1, 1}, 0},
		"a state":               {"0: R1=ctx(id=0,off=0,imm=0) R10=fp0\n0: (95) exit\n", []int{1}, 0},
		"a state behind":        {"0: (b7) r0 = 0                        ; R0_w=0\n", []int{1}, 0},
		"known states":          {"1: safe\nfrom 0 to 1: safe\nfrom 0 to 1 (speculative execution): safe\n", []int{0, 3}, 3},
		"a path that goes on":   {"from 1 to 2: R0=1 R10=fp0\n", nil, 0},
		"precision":             {"regs=4 stack=0 before 1: (b7) r2 = 1\nmark_precise: frame0: regs=r2 stack= before 1: (b7) r2 = 1\n", nil, 0},
		"live registers":        {"Live regs before insn:\n      0: .1........ (bf) r6 = r1\n1234567: 0......... (95) exit\n", nil, 0},
		"a list":                {"subprog#0 main:\n  0: (bf) r6 = r1\n100: (95) exit\nLive regs before insn:\n      0: .1........ (bf) r6 = r1\n0: (95) exit\n", []int{1}, 0},
		"a list before a state": {"stack use/def subprog#0 main (d0,cs0):\n100: (95) exit\n0: R1=ctx() R10=fp0\n0: (95) exit\n", []int{1}, 0},
		"source":                {"; 1: (95) exit @ a.c:1\n;\n", nil, 0},
		"cut off":               {"0: (b7", nil, 0},
		"the last line cut off": {"0: (b7) r0 = 0\n1: (95) ex", []int{1, 1}, 0},
		"after the closing":     {"0: (95) exit\nprocessed 1 insns (limit 1000000)\n0: (95) exit\n", []int{1}, 0},
		"no such instruction":   {"99999999: (95) exit\n4294967296: safe\n", nil, 0},
	} {
		got := counted(test.log, len(test.log))
		if !reflect.DeepEqual(got.Insns, test.counts) || got.Pruned != test.pruned {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A path that is put off goes on in the chain of calls in which it was put off, though the same
// branch was come to from elsewhere since.
func TestPathsGoOnWhereTheyWerePutOff(t *testing.T) {
	const branch = "5: (15) if r1 == 0x0 goto pc+1\n6: (b7) r0 = 1\n7: (95) exit\n"
	call := func(site int) string {
		return fmt.Sprintf("%d: (85) call pc+9\ncaller:\n R10=fp0\ncallee:\n frame1: R10=fp0\n%sreturning from callee:\n frame1: R0=1\nto caller at %d:\n R0=1\n", site, branch, site+1)
	}
	log := call(1) + call(2) + "3: (95) exit\n" +
		"from 5 to 7: frame1: R0=0\n7: (95) exit\nreturning from callee:\n frame1: R0=0\nto caller at 3:\n R0=0\n3: safe\n" +
		"from 5 to 7: frame1: R0=0\n7: (95) exit\nreturning from callee:\n frame1: R0=0\nto caller at 2:\n R0=0\n2: safe\nprocessed 14 insns"
	got := counted(log, len(log))
	want := []Chain{{[]int{1}, 5}, {[]int{1, 5}, 8}}
	if !reflect.DeepEqual(got.Chains, want) || got.Unplaced != 0 {
		t.Errorf("%+v", got)
	}
	// A return to elsewhere than the call shows that a path was put off in another chain.
	at := strings.LastIndex(log, "to caller at 2:")
	wrong := log[:at] + "to caller at 9:" + log[at+len("to caller at 2:"):]
	if got := counted(wrong, len(wrong)); got.Unplaced != 1 {
		t.Errorf("%d unplaced: %+v", got.Unplaced, got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var c Counter
	piece := strings.Repeat("5: (15) if r1 == 0x0 goto pc+1\n", 1000) + strings.Repeat("x", 1<<16) + "\ncaller:\ncallee:\n"
	for range 3 * mostOpen / 1000 {
		c.Write([]byte(piece))
	}
	if len(c.paths.open) > mostOpen || cap(c.line) > 2*longestLine || len(c.paths.nodes) > mostNodes {
		t.Errorf("%d branches, %d bytes of a line, %d chains", len(c.paths.open), cap(c.line), len(c.paths.nodes))
	}
}

func FuzzCounter(f *testing.F) {
	for _, log := range logs(f) {
		f.Add(log, 512)
	}
	f.Add("callee:\n1: (85) call bpf_loop#181\nfrom 1 to 3: frame1: R1=0\n3: (95) exit\nreturning from callee:\nto caller at 1:\nValidating f() func#1...\n", 3)
	f.Fuzz(func(t *testing.T, log string, size int) {
		whole, cut := counted(log, max(1, len(log))), counted(log, 1+max(0, size%4096))
		if !reflect.DeepEqual(whole, cut) {
			t.Errorf("in pieces of %d: %+v, want %+v", size, cut, whole)
		}
		sum := 0
		for _, c := range whole.Chains {
			sum += c.Insns
		}
		if lines := strings.Count(log, "\n") + 1; sum != whole.Counted() || sum > lines || whole.Pruned > sum || len(whole.Insns) > mostInsns+2 {
			t.Errorf("%d lines: %d in chains, %d counted, %d pruned", lines, sum, whole.Counted(), whole.Pruned)
		}
	})
}
