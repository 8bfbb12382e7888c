package limits

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

// kernelWith returns a fake kernel that takes sizes up to a limit.
func kernelWith(limit int, tries *[]int) func(int) (answer, error) {
	return func(n int) (answer, error) {
		*tries = append(*tries, n)
		if n <= limit {
			return answer{n: n, accepted: true}, nil
		}
		return answer{n: n, errno: "E2BIG", message: "too many"}, nil
	}
}

func TestBisect(t *testing.T) {
	s := subject{least: 2, most: 2 << 20, likely: []int{4096, 1_000_000}}
	for _, test := range []struct{ limit, tries int }{
		{4096, 4}, {1_000_000, 6}, {1, 1}, {2, 2}, {3, 15}, {4095, 15}, {131_072, 25}, {999_999, 25}, {1_500_000, 30}, {2<<20 - 1, 30}, {2 << 20, 8}, {3 << 20, 8},
	} {
		var tries []int
		b, err := bisect(s, kernelWith(test.limit, &tries))
		if err != nil {
			t.Fatal(err)
		}
		want := min(test.limit, s.most)
		if got := b.accepted; test.limit < s.least && got != nil || test.limit >= s.least && (got == nil || got.n != want) {
			t.Errorf("limit %d: accepted %+v", test.limit, got)
		}
		if got := b.rejected; test.limit >= s.most && got != nil || test.limit < s.most && (got == nil || got.n != max(want+1, s.least)) {
			t.Errorf("limit %d: rejected %+v", test.limit, got)
		}
		if len(tries) > test.tries {
			t.Errorf("limit %d: %d tries: %v", test.limit, len(tries), tries)
		}
		seen := map[int]bool{}
		for _, n := range tries {
			if seen[n] || n < s.least || n > s.most {
				t.Errorf("limit %d: %d is tried twice, or out of range: %v", test.limit, n, tries)
			}
			seen[n] = true
		}
	}
}

// A machine that dies is no limit.
func TestBisectFails(t *testing.T) {
	gone := errors.New("gone")
	_, err := bisect(subject{least: 1, most: 10}, func(int) (answer, error) { return answer{}, gone })
	if !errors.Is(err, gone) || !strings.Contains(err.Error(), "with 1") {
		t.Errorf("error %v", err)
	}
}

func TestStatus(t *testing.T) {
	s := subject{because: regexp.MustCompile(`^E2BIG: $`)}
	yes, no, other := &answer{n: 4096, accepted: true}, &answer{n: 4097, errno: "E2BIG"}, &answer{n: 4097, errno: "EFAULT", message: "too complex"}
	for _, test := range []struct {
		b    boundary
		want Status
		cell string
	}{
		{boundary{yes, no}, Measured, "4096"},
		{boundary{yes, other}, Hidden, "4096*"},
		{boundary{yes, nil}, Unlimited, ">= 4096"},
		{boundary{nil, no}, None, "none"},
	} {
		var l Limit
		if l.set(s, test.b); l.Status != test.want || l.cell() != test.cell {
			t.Errorf("%+v: %s %q, want %s %q", test.b, l.Status, l.cell(), test.want, test.cell)
		}
	}
}

func at(n int) *int { return &n }

func sample() Report {
	return Report{Tool: "v1", Kernels: []verdict.Kernel{{Selector: "4.19", SHA256: "ab"}, {Selector: "6.1<&>"}}, Limits: []Limit{
		{Kernel: "4.19", Privileged: true, Name: "program_insns", Accepted: at(4096), Rejected: at(4097), Errno: "E2BIG", Status: Measured},
		{Kernel: "4.19", Name: "program_insns", Accepted: at(4096), Rejected: at(4097), Errno: "E2BIG", Message: "a|b `c`", Status: Hidden},
		{Kernel: "6.1<&>", Privileged: true, Name: "program_insns", Accepted: at(1_000_000), Rejected: at(1_000_001), Status: Measured},
		{Kernel: "6.1<&>", Name: "program_insns", Status: Failed, Error: "gone"},
		{Kernel: "6.1<&>", Privileged: true, Name: "back_edge", Accepted: at(2), Status: Unlimited},
	}}
}

func TestTable(t *testing.T) {
	var out strings.Builder
	if err := Table(&out, sample(), true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"program_insns  SocketFilter  root  4096   1000000\n", "program_insns  SocketFilter  user  4096*  ?\n", "back_edge      SocketFilter  root         allowed\n",
		"? 6.1<&>: gone (program_insns for user)\n", "* another limit", "4.19    user  program_insns  4096      4097      E2BIG  a|b `c`",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if n := sample().Failures(); n != 1 {
		t.Errorf("%d failures", n)
	}
}

// A machine that does not start is one line, not one for each limit.
func TestTableOfFailures(t *testing.T) {
	var r Report
	for _, s := range subjects {
		r.Limits = append(r.Limits, Limit{Kernel: "6.1", Name: s.name, Status: Failed, Error: "interrupted"})
	}
	var out strings.Builder
	r.writeNotes(&out)
	if want := "? 6.1: interrupted (program_insns for user, processed_insns for user, 25 more)\n"; out.String() != want {
		t.Errorf("wrote %q, want %q", out.String(), want)
	}
}

func TestMarkdown(t *testing.T) {
	var out strings.Builder
	if err := Markdown(&out, sample(), "dir/l.svg"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| `program_insns` | instructions of a program | SocketFilter | user | 4096\\* | ? |", "`a\\|b 'c'`", "| 4.19 |  |  |  | ab |", "](l.svg)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

// A plot is XML whose points are within it.
func TestPlot(t *testing.T) {
	var out bytes.Buffer
	if err := Plot(&out, sample()); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	d := xml.NewDecoder(&out)
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
	for _, want := range []string{"<title>program_insns, 4.19, root: 4096</title>", "6.1&lt;&amp;&gt;", ">1M</text>"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") || strings.Contains(text, "%!") {
		t.Error("the plot has points that are no numbers")
	}
}

func TestPlotOfNothing(t *testing.T) {
	if err := Plot(io.Discard, Report{}); err != nil {
		t.Error(err)
	}
}

// Every limit is of one type of program, which only root may load unless it is a socket
// filter.
func TestTypes(t *testing.T) {
	asked := map[string]int{}
	for _, task := range (Options{Only: []string{"stack_bytes_total*", "map_key_bytes"}}).tasks() {
		asked[task.limit(&queue{}, boundary{}, 0, nil).Type]++
	}
	for kind, want := range map[string]int{"SocketFilter": 2, "Kprobe": 1, "XDP": 1, "fentry": 1, "": 2} {
		if asked[kind] != want {
			t.Errorf("%d limits of type %q, want %d", asked[kind], kind, want)
		}
	}
	for pattern, want := range map[string]bool{"stack_bytes": true, "stack_bytes_total_*": true, "stack": false, "[": false} {
		if Matches(pattern) != want {
			t.Errorf("%q matches: %v", pattern, !want)
		}
	}
}

// A curve does not go on from one architecture's kernels to the next one's.
func TestCurveOfArchitectures(t *testing.T) {
	n := 10
	r := Report{}
	for _, k := range []verdict.Kernel{{Selector: "6.1"}, {Selector: "6.12"}, {Selector: "6.1/arm64", Arch: "arm64"}, {Selector: "6.12/arm64", Arch: "arm64"}} {
		r.Kernels = append(r.Kernels, k)
		r.Limits = append(r.Limits, Limit{Kernel: k.Selector, Privileged: true, Name: "program_insns", Accepted: &n, Status: Measured})
	}
	curve := r.curve("program_insns", "root", scale{low: 0, high: 12})
	path, _, _ := strings.Cut(curve, "/>")
	if strings.Count(path, "M") != 2 || strings.Count(curve, "<circle") != 4 {
		t.Errorf("want two curves of two points:\n%s", curve)
	}
}
