package kernel

import (
	"bytes"
	"strings"
	"testing"
)

// of returns a kernel of Debian's for an architecture.
func of(arch Arch, release, pkgver, flavour string) Ref {
	r := ref(release, pkgver, flavour)
	r.Arch = arch.OrZero()
	return r
}

// mixed are kernels of several architectures, some of one version.
var mixed = []Ref{
	of(AMD64, "6.1.0-56-cloud-amd64", "6.1.192-2", Cloud),
	of(ARM64, "6.1.0-56-cloud-arm64", "6.1.192-2", Cloud),
	of(ARM64, "6.1.0-56-arm64", "6.1.192-2", Generic),
	of(S390X, "6.1.0-56-s390x", "6.1.192-2", Generic),
	of(PPC64EL, "6.1.0-50-powerpc64le", "6.1.176-1", Generic),
	of(AMD64, "6.12.1-cloud-amd64", "6.12.1-1", Cloud),
	of(ARM64, "6.12.2-cloud-arm64", "6.12.2-1", Cloud),
	of(RISCV64, "6.12.1-riscv64", "6.12.1-1", Generic),
	of(AMD64, "7.3.4-cloud-amd64", "7.3.4-1", Cloud),
	imported("mine", "6.1.5"),
}

func TestResolveArchitectures(t *testing.T) {
	for selectors, want := range map[string]string{
		"6.1":                         "6.1",
		"6.1/amd64":                   "6.1",
		"6.1/x86_64":                  "6.1",
		"6.1/arm64":                   "6.1/arm64",
		"6.1/aarch64":                 "6.1/arm64",
		"6.1/generic/arm64":           "6.1/generic/arm64",
		"6.1/arm64/generic":           "6.1/generic/arm64",
		"6.1/s390x":                   "6.1/s390x",
		"6.1/ppc64le":                 "6.1/ppc64el",
		"latest/arm64":                "6.12/arm64",
		"latest":                      "7.3",
		"6.1.0-56-s390x":              "6.1/s390x",
		"6.1/all-arch":                "6.1 6.1/arm64 6.1/s390x 6.1/ppc64el",
		"6.12/all-arch":               "6.12 6.12/arm64 6.12/riscv64",
		"all/arm64":                   "6.1/arm64 6.12/arm64",
		"6.1/arm64+jit=off":           "6.1/arm64+jit=off",
		"6.1/arm64,local:mine,6.1":    "6.1/arm64 local:mine 6.1",
		">=6.1 <6.2/arm64":            "6.1/arm64",
		"6.12/riscv64,6.12.2-1/arm64": "6.12/riscv64 6.12/arm64",
	} {
		got, err := Resolve([]string{selectors}, mixed)
		if err != nil {
			t.Errorf("%s: %v", selectors, err)
			continue
		}
		var labels []string
		for _, r := range got {
			labels = append(labels, r.Label())
		}
		if text := strings.Join(labels, " "); text != want {
			t.Errorf("%s is %q, want %q", selectors, text, want)
		}
	}
}

// TestLabelsSelect has each label select the kernel that it is the label of.
func TestLabelsSelect(t *testing.T) {
	for _, r := range mixed {
		got, err := Resolve([]string{r.Label()}, mixed)
		if err != nil || len(got) != 1 || got[0].Release != r.Release {
			t.Errorf("%s is %+v, %v", r.Label(), got, err)
		}
	}
}

func TestResolveArchitectureErrors(t *testing.T) {
	for selector, want := range map[string]string{
		"6.1/arm46":        `did you mean 6.1/arm64?`,
		"6.1/mips":         "unknown flavour or architecture",
		"6.1/riscv64":      "matches no kernel",
		"5.4/all-arch":     "matches no kernel",
		"6.1/arm64/s390x":  "names two architectures",
		"6.1/arm64/arm64":  "names two architectures",
		"6.1//arm64":       "",
		"6.1/":             "",
		"latest/":          "",
		"7.3/all-arch/all": "",
	} {
		got, err := Resolve([]string{selector}, mixed)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %d kernels, %v, want %q", selector, len(got), err, want)
		}
	}
}

func TestLockOfArchitectures(t *testing.T) {
	lock := Lock{}
	for _, r := range mixed[:4] {
		lock = lock.With(r)
	}
	text, err := lock.Text()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseLock(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(again.Refs) != 4 {
		t.Fatalf("%d of 4 kernels are pinned:\n%s", len(again.Refs), text)
	}
	if bytes.Count(text, []byte("arch: ")) != 3 || bytes.Contains(text, []byte("arch: amd64")) {
		t.Errorf("an entry without arch is amd64's, and others name theirs:\n%s", text)
	}
	for _, r := range mixed[:4] {
		if got, err := Resolve([]string{r.Label()}, again.Refs); err != nil || len(got) != 1 || !got[0].Arch.Is(r.Arch) {
			t.Errorf("%s: %+v, %v", r.Label(), got, err)
		}
	}
	if _, err := ParseLock(bytes.Replace(text, []byte("arch: s390x"), []byte("arch: sparc64"), 1)); err == nil || !strings.Contains(err.Error(), "sparc64") {
		t.Errorf("an unknown architecture: %v", err)
	}
}

func TestParseArches(t *testing.T) {
	for list, want := range map[string]string{
		"arm64":            "arm64",
		"aarch64,x86_64":   "arm64 amd64",
		"s390x, ppc64le":   "s390x ppc64el",
		"all-arch":         "amd64 arm64 s390x riscv64 ppc64el",
		"arm46":            "did you mean arm64?",
		"risc64":           "did you mean riscv64?",
		"mips":             "there is: amd64, arm64",
		"arm64,aarch64":    "arm64 is named twice",
		"s390x,all-arch":   "s390x is named twice",
		"arm64,s390x,x86":  "\"x86\" is no architecture",
		"all-arch,riscv64": "riscv64 is named twice",
	} {
		got, err := ParseArches([]string{list})
		text := strings.ReplaceAll(joinArches(got), ",", "")
		if err != nil {
			text = err.Error()
		}
		if text != want && (err == nil || !strings.Contains(text, want)) {
			t.Errorf("%s: %s, want %s", list, text, want)
		}
	}
}

func TestAcrossArches(t *testing.T) {
	for args, want := range map[string]string{
		"6.1 amd64,arm64":               "6.1 6.1/arm64",
		"6.1/generic arm64":             "6.1/generic/arm64",
		"6.1+jit=off arm64,s390x":       "6.1/arm64+jit=off 6.1/s390x+jit=off",
		"6.1,latest arm64":              "6.1/arm64 latest/arm64",
		"6.12,6.1/s390x arm64,s390x":    "6.12/arm64 6.12/s390x 6.1/s390x",
		"6.1.0-56-s390x s390x":          "6.1.0-56-s390x",
		"default s390x":                 "default/s390x",
		"6.1 all-arch":                  "6.1/all-arch",
		"6.1+jit=off all-arch":          "6.1/all-arch+jit=off",
		"6.1/all-arch all-arch":         "6.1/all-arch",
		"local:mine,6.1 arm64,s390x":    "local:mine 6.1/arm64 6.1/s390x",
		">=5.10_<6.2 arm64":             ">=5.10 <6.2/arm64",
		"ubuntu/22.04 arm64":            "ubuntu/22.04/arm64",
		"6.1/s390x arm64":               `kernel "6.1/s390x" is for s390x, and --arch names arm64`,
		"6.1/all-arch arm64,amd64":      `is for s390x, and --arch names arm64, amd64`,
		"6.1.0-56-cloud-amd64 arm64":    `is for amd64, and --arch names arm64`,
		"6.1/arm64/s390x arm64":         "names two architectures",
		"default/riscv64,6.1 arm64":     "is for riscv64",
		"6.1/amd64 arm64,s390x,riscv64": "is for amd64",
	} {
		selectors, list, _ := strings.Cut(args, " ")
		arches, err := ParseArches([]string{list})
		if err != nil {
			t.Fatal(err)
		}
		got, err := AcrossArches([]string{strings.ReplaceAll(selectors, "_", " ")}, arches)
		text := strings.Join(got, " ")
		if err != nil {
			text = err.Error()
		}
		if text != want && (err == nil || !strings.Contains(text, want)) {
			t.Errorf("%s: %s, want %s", args, text, want)
		}
	}
	if got, err := AcrossArches([]string{"6.1,,"}, nil); err != nil || len(got) != 1 {
		t.Errorf("without architectures: %q, %v", got, err)
	}
}

func TestCheckArches(t *testing.T) {
	mine := imported("mine", "6.1.5")
	for _, test := range []struct {
		arches []Arch
		want   string
	}{{nil, ""}, {[]Arch{ARM64, AMD64}, ""}, {[]Arch{ARM64, S390X}, "local:mine\" is for amd64, and --arch names arm64, s390x"}} {
		err := CheckArches([]Ref{mine}, test.arches)
		if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want %q", test.arches, err, test.want)
		}
	}
}
