package command

import "testing"

func TestDirName(t *testing.T) {
	for want, got := range map[string]string{
		"000-6.12":            DirName(0, "6.12"),
		"012-link-6.12-arm64": DirName(12, "link", "6.12/arm64"),
		"001-local:a-s390x":   DirName(1, "local:a/s390x"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
