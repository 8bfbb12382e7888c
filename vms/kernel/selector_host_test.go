package kernel

import (
	"slices"
	"testing"
)

// On a host that is not x86-64, selectors without an architecture mean the host's own.
func TestSelectorsOfAnotherHost(t *testing.T) {
	usualArch = ARM64
	t.Cleanup(func() { usualArch = HostArch() })
	for _, tt := range []struct {
		selector string
		want     []Arch // "" for AMD64, or what the kernel's file says
	}{
		{"6.12", []Arch{ARM64}},
		{">=6.1", []Arch{ARM64}},
		{"6.12/amd64", []Arch{""}},
		{"6.12/generic/s390x", []Arch{S390X}},
		{"6.1.0-50-amd64", []Arch{""}},
		{"local:mine", []Arch{""}},
		{"6.12/all-arch", []Arch{"", ARM64, S390X, RISCV64, PPC64EL}},
		{"default", []Arch{ARM64, ARM64, ARM64, ARM64, ARM64}},
	} {
		parsed, err := ParseSelectors([]string{tt.selector})
		if err != nil {
			t.Fatal(err)
		}
		var got []Arch
		for _, s := range parsed {
			got = append(got, s.Arch())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.selector, got, tt.want)
		}
	}
	across, err := AcrossArches([]string{"6.12", "6.1/s390x"}, []Arch{AMD64, ARM64, S390X})
	if want := []string{"6.12/amd64", "6.12", "6.12/s390x", "6.1/s390x"}; err != nil || !slices.Equal(across, want) {
		t.Errorf("%q, %v, want %q", across, err, want)
	}
	parsed, _ := ParseSelectors([]string{"6.12"})
	if parsed[0].NamesArch() || parsed[0].admits(Ref{}) || !parsed[0].admits(Ref{Arch: ARM64}) {
		t.Error("6.12 names an architecture, or means x86-64")
	}
}
