package verify

import (
	"context"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/annotation"
	"github.com/bpflab/bpflab/vms/kernel"
)

// testOf returns the first test of a program with tags.
func testOf(t *testing.T, tags ...string) *annotation.Test {
	t.Helper()
	o, err := annotation.Parse(map[string][]string{"p": tags})
	if err != nil {
		t.Fatal(err)
	}
	tests, err := o.On("p", kernel.Version{Major: 6, Minor: 1}, "")
	if err != nil {
		t.Fatal(err)
	}
	return &tests[0]
}

func TestExpectationVerdicts(t *testing.T) {
	refused := Result{Stage: "load", Errno: "EACCES", Verdict: Rejected, Reason: &Reason{Code: "uninitialised", Text: "R2 is not set"}, seen: &annotation.Seen{Log: "R2 !read_ok\n", LastWord: "R2 !read_ok"}}
	taken := Result{Verdict: Accepted, Accepted: true, seen: &annotation.Seen{Accepted: true}}
	for _, tt := range []struct {
		name   string
		fails  bool
		result Result
		want   string
		seen   string
	}{
		{"taken", false, taken, Pass, "the kernel took it"},
		{"refused", true, refused, Pass, "the kernel refused it: R2 is not set (R2 !read_ok)"},
		{"taken in spite of it", true, taken, Fail, "the kernel took it"},
		{"refused in spite of it", false, refused, Fail, "the kernel refused it"},
		{"no such type", true, Result{Stage: "load", Errno: "EINVAL", Verdict: Rejected, Reason: &Reason{Code: "program_type", Text: "from 5.14 on"}, seen: &annotation.Seen{}}, Unsupported, "its verifier was not asked"},
		{"no such map", true, Result{Stage: "map", Errno: "EINVAL", Verdict: Rejected, Reason: &Reason{Code: "map_type", Text: "from 5.8 on"}, seen: &annotation.Seen{}}, Unsupported, "from 5.8 on"},
		{"no such type that must be there", false, Result{Stage: "load", Verdict: Rejected, Reason: &Reason{Code: "program_type", Text: "from 5.14 on"}, seen: &annotation.Seen{}}, Fail, "from 5.14 on"},
		{"not for users", true, Result{Stage: "load", Errno: "EPERM", Verdict: Rejected, Reason: &Reason{Code: "privilege", Text: "for root"}, seen: &annotation.Seen{}}, Pass, "for root"},
		{"the loader's limit", true, Result{Verdict: ByLoader, Reason: &Reason{Code: "loader", Text: "own limit"}}, ByLoader, "own limit"},
		{"cannot", true, Result{Verdict: Unsupported, Reason: &Reason{Code: "kernel", Text: "no flag"}}, Unsupported, "no flag"},
		{"crash", true, Result{Stage: stageCrash, Verdict: Rejected, Reason: &Reason{Code: "crash", Text: "died"}}, Fail, "died"},
		{"no machine", true, Result{Verdict: Infra, Infra: "no boot"}, Infra, "no boot"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tag := "comment:0:test_expect_success"
			if tt.fails {
				tag = "comment:0:test_expect_failure"
			}
			r := tt.result
			r.judge(pending{test: testOf(t, tag)})
			if r.Expect.Verdict != tt.want || !strings.Contains(r.Expect.Seen, tt.seen) {
				t.Errorf("%+v, want %s, %q", *r.Expect, tt.want, tt.seen)
			}
		})
	}
}

func TestExpectationExit(t *testing.T) {
	of := func(verdicts ...string) (r Report) {
		for _, v := range verdicts {
			one := Result{Program: "p", Verdict: Rejected, Expect: &Expectation{Verdict: v, Expected: "x", Seen: "y"}}
			if v == Infra {
				one.Infra = "no boot"
			}
			r.Results = append(r.Results, one)
		}
		return r
	}
	for _, tt := range []struct {
		verdicts []string
		want     int
	}{{[]string{Pass, Unsupported}, 0}, {[]string{Pass, Fail}, 1}, {[]string{Pass, ByLoader}, 1}, {[]string{Unsupported}, 1}, {[]string{Pass, Infra}, 3}} {
		if got := of(tt.verdicts...).Exit(); got != tt.want {
			t.Errorf("%q: %d, want %d", tt.verdicts, got, tt.want)
		}
	}
	r := of(Pass, Fail, Unsupported)
	for name, write := range map[string]func(*strings.Builder) error{
		"table":    func(b *strings.Builder) error { return Table(b, r) },
		"markdown": func(b *strings.Builder) error { return Markdown(b, r) },
		"page":     func(b *strings.Builder) error { return HTML(b, r) },
	} {
		var out strings.Builder
		if err := write(&out); err != nil || !strings.Contains(out.String(), "1 pass, 1 fail, 1 unsupported") || !strings.Contains(out.String(), "x") || !strings.Contains(out.String(), "y") {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
	}
}

func TestMachineCode(t *testing.T) {
	if _, err := disassembler(); err != nil {
		t.Skip(err)
	}
	code, err := hex.DecodeString("f30f1efa" + "31c0" + "4883ff10" + "7502" + "ffc0" + "c9" + "e800000001" + "c3")
	if err != nil {
		t.Fatal(err)
	}
	text, err := machineCode(context.Background(), append(code, code...), []int{len(code), len(code)}, kernel.AMD64)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"func #0:\n0:\tf3 0f 1e fa                         \tendbr64\n", "\tcmpq\t$0x10, %rdi\n", "\tjne\tL0\n", "L0:\tleave\n", "\tcallq\t0x1000014\n", "\nfunc #1:\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if _, err := machineCode(context.Background(), code, []int{len(code) + 1}, kernel.AMD64); err == nil {
		t.Error("a function is longer than the code")
	}
}
