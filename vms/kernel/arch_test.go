package kernel

import "testing"

func TestParseArch(t *testing.T) {
	for name, want := range map[string]Arch{
		"amd64": AMD64, "x86_64": AMD64, "x86-64": AMD64, "aarch64": ARM64, "arm64": ARM64,
		"s390x": S390X, "riscv64": RISCV64, "ppc64el": PPC64EL, "ppc64le": PPC64EL,
	} {
		if got, err := ParseArch(name); err != nil || got != want {
			t.Errorf("ParseArch(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"", "mips", "arm", "AMD64"} {
		if got, err := ParseArch(name); err == nil {
			t.Errorf("ParseArch(%q) = %q, want an error", name, got)
		}
	}
}

func TestArchNames(t *testing.T) {
	if g, m := Arch("").GOARCH(), Arch("").Machine(); g != "amd64" || m != "x86_64" {
		t.Errorf("the zero value is %s, %s", g, m)
	}
	if g, m := PPC64EL.GOARCH(), PPC64EL.Machine(); g != "ppc64le" || m != "ppc64le" {
		t.Errorf("ppc64el is %s, %s", g, m)
	}
	for _, a := range Arches() {
		if a.BigEndian() != (a == S390X) {
			t.Errorf("%s.BigEndian() = %v", a, a.BigEndian())
		}
	}
}
