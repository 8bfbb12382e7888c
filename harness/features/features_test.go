package features

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

func asked(t *testing.T, version string) Kernel {
	t.Helper()
	v, err := kernel.ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	return Kernel{Selector: version, version: v}
}

func result(listed []string, features ...wire.Feature) wire.FeaturesResult {
	return wire.FeaturesResult{Features: features, Listed: listed}
}

func sample(t *testing.T) Report {
	answer := func(ring, lirc, arena wire.Answer) wire.FeaturesResult {
		return result(nil, wire.Feature{Kind: "map_type", Name: "Arena", Answer: arena}, wire.Feature{Kind: "map_type", Name: "RingBuf", Answer: ring}, wire.Feature{Kind: "program_type", Name: "LircMode2", Answer: lirc})
	}
	yes, no, unsure := wire.Answer{Supported: true}, wire.Answer{}, wire.Answer{Inconclusive: true, Note: "strange"}
	r := Report{Kernels: []Kernel{asked(t, "6.12"), asked(t, "5.1"), asked(t, "5.10")}, Infra: map[string]string{"7.0": "no boot"}}
	r.collect([]wire.FeaturesResult{answer(yes, no, unsure), answer(yes, yes, no), answer(yes, yes, no)})
	return r
}

func TestCollect(t *testing.T) {
	for _, test := range []struct {
		kernel, name string
		want         Feature
	}{
		{"6.12", "RingBuf", Feature{Supported: true, Since: "5.1", Upstream: "5.8"}},
		{"5.1", "RingBuf", Feature{Supported: true, Since: "5.1", Upstream: "5.8", Note: "a backport, Linux has it from 5.8 on"}},
		{"6.12", "LircMode2", Feature{Since: "5.1", Upstream: "4.18", Note: "switched off, Linux has it from 4.18 on"}},
		{"6.12", "Arena", Feature{Inconclusive: true, Upstream: "6.9", Note: "strange"}},
	} {
		for _, f := range sample(t).Features {
			if f.Kernel != test.kernel || f.Name != test.name {
				continue
			}
			test.want.Kernel, test.want.Name, test.want.Kind = f.Kernel, f.Name, f.Kind
			if f != test.want {
				t.Errorf("%+v, want %+v", f, test.want)
			}
		}
	}
}

func TestMatrixAndDiff(t *testing.T) {
	r := sample(t)
	var some, all, diff strings.Builder
	if err := Matrix(&some, r, "", false); err != nil {
		t.Fatal(err)
	}
	if err := Matrix(&all, r, "map_type", true); err != nil {
		t.Fatal(err)
	}
	if text := some.String(); strings.Contains(text, "map_type      RingBuf") || !strings.Contains(text, "1 features that all") || !strings.Contains(text, "7.0 could not be asked: no boot") {
		t.Errorf("the matrix:\n%s", text)
	}
	if text := all.String(); !strings.Contains(text, "RingBuf") || strings.Contains(text, "program_type") || !strings.Contains(text, "?") {
		t.Errorf("the whole matrix of maps:\n%s", text)
	}
	r.Kernels, r.Features = r.Kernels[:2], r.Features[:0]
	r.collect([]wire.FeaturesResult{
		{Features: []wire.Feature{{Kind: "map_type", Name: "Old", Answer: wire.Answer{Supported: true}}, {Kind: "map_type", Name: "New"}, {Kind: "map_type", Name: "Both", Answer: wire.Answer{Supported: true}}}},
		{Features: []wire.Feature{{Kind: "map_type", Name: "Old"}, {Kind: "map_type", Name: "New", Answer: wire.Answer{Supported: true}}, {Kind: "map_type", Name: "Both", Answer: wire.Answer{Supported: true}}}},
	})
	if err := Diff(&diff, r, ""); err != nil {
		t.Fatal(err)
	}
	if want := "+  map_type  New\n-  map_type  Old\n7.0 could not be asked: no boot\n"; diff.String() != want {
		t.Errorf("diff:\n%swant:\n%s", &diff, want)
	}
}

// A comparison that finds nothing says what it has compared.
func TestDiffOfTheSame(t *testing.T) {
	r := sample(t)
	r.Kernels, r.Features, r.Infra = r.Kernels[:2], nil, nil
	same := result(nil, wire.Feature{Kind: "map_type", Name: "Both", Answer: wire.Answer{Supported: true}}, wire.Feature{Kind: "helper", Name: "None"})
	r.collect([]wire.FeaturesResult{same, same})
	for kind, want := range map[string]string{"": "2 features\n", "map_type": "1 features\n", "kfunc": ""} {
		var out strings.Builder
		if err := Diff(&out, r, kind); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.HasSuffix(got, want) || (got == "") != (want == "") {
			t.Errorf("kind %q: %q, want it to end in %q", kind, got, want)
		}
	}
}

func TestPages(t *testing.T) {
	r := sample(t)
	r.Kernels[0].Release = "6.12<&>"
	for name, write := range map[string]func(io.Writer, Report) error{"HTML": HTML, "Markdown": Markdown} {
		var out strings.Builder
		if err := write(&out, r); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"RingBuf", "a backport, Linux has it from 5.8 on", "5.10"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: %q is not in\n%s", name, want, out.String())
			}
		}
		if name == "HTML" && strings.Contains(out.String(), "6.12<&>") {
			t.Error("HTML: a release is not escaped")
		}
	}
}

func TestSince(t *testing.T) {
	var out strings.Builder
	if err := Since(&out, sample(t), "map_type"); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "map_type  RingBuf  5.1    5.8\n") || strings.Contains(got, "program_type") {
		t.Errorf("wrote\n%s", got)
	}
}

// What only the newer kernel's BTF names is new if the older one's has all names, and not
// known if that has none.
func TestNamed(t *testing.T) {
	probed := wire.Feature{Kind: "map_type", Name: "RHASH", Answer: wire.Answer{Supported: true}}
	unprobed := wire.Feature{Kind: "kfunc", Name: "bpf_new", Answer: wire.Answer{Named: true, Note: "named by the kernel, not probed"}}
	both := []string{"map_type", "kfunc"}
	for name, test := range map[string]struct {
		listed       []string
		diff, matrix string
	}{
		"both have lists": {both, "+  kfunc     bpf_new  named by the kernel, not probed\n+  map_type  RHASH\n", "bpf_new  -    named"},
		"one has none": {[]string{"map_type"}, "+  map_type  RHASH\n6.1 has no list of these in its BTF, and was not asked for those that only other kernels name: kfunc\n",
			"bpf_new  ?    named"},
	} {
		r := Report{Kernels: []Kernel{asked(t, "6.1"), asked(t, "7.3")}}
		r.collect([]wire.FeaturesResult{result(test.listed), result(both, probed, unprobed)})
		var diff, matrix strings.Builder
		if err := errors.Join(Diff(&diff, r, ""), Matrix(&matrix, r, "", false)); err != nil {
			t.Fatal(err)
		}
		if diff.String() != test.diff {
			t.Errorf("%s: diff\n%s", name, &diff)
		}
		if !strings.Contains(matrix.String(), test.matrix) {
			t.Errorf("%s: no %q in\n%s", name, test.matrix, &matrix)
		}
	}
}

// The first kernel that has a feature is looked for in each architecture: what x86-64 has since
// 5.10 may be younger elsewhere, or not there at all.
func TestSinceOfArchitectures(t *testing.T) {
	kernels := []Kernel{asked(t, "5.10"), asked(t, "6.12"), asked(t, "6.1"), asked(t, "6.12")}
	for i := range kernels[2:] {
		kernels[2+i].Arch = "s390x"
		kernels[2+i].Selector += "/s390x"
	}
	r := Report{Kernels: kernels}
	var answers []wire.FeaturesResult
	for _, has := range []bool{true, true, false, true} {
		answers = append(answers, result(nil,
			wire.Feature{Kind: "map_type", Name: "RingBuf", Answer: wire.Answer{Supported: has}},
			wire.Feature{Kind: "map_type", Name: "Arena"}))
	}
	r.collect(answers)
	var out, notes strings.Builder
	if err := Since(&out, r, "map_type"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "5.10, 6.12/s390x") {
		t.Errorf("since:\n%s", &out)
	}
	for _, f := range r.Features {
		want := map[string]string{"5.10": "5.10", "6.12": "5.10", "6.1/s390x": "6.12/s390x", "6.12/s390x": "6.12/s390x"}[f.Kernel]
		if f.Name == "RingBuf" && f.Since != want {
			t.Errorf("%s has it since %s, want %s", f.Kernel, f.Since, want)
		}
		notes.WriteString(f.Note + "\n")
	}
	if text := notes.String(); !strings.Contains(text, "switched off, or not made for s390x, Linux has it from 6.9 on") || !strings.Contains(text, "switched off, Linux has it from 6.9 on") {
		t.Errorf("notes:\n%s", text)
	}
}
