package kernel

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
)

// Version is the upstream version of a kernel. The zero Version means "not
// known" or "none".
type Version struct {
	Major, Minor, Patch int
	RC                  int // 3 in 7.1-rc3; 0 for a release
}

// versionForm takes a version off the front of a release or package version;
// what may follow is a fourth number, or a word set off by one of -+~_.
var versionForm = regexp.MustCompile(
	`^(\d{1,4})\.(\d{1,5})(?:\.(\d{1,6}))?(?:\.\d+)?(?:[-~]rc(\d{1,3}))?(?:[-+~_][-+~._0-9A-Za-z]*)?$`)

// ParseVersion reads an upstream version, or the upstream version at the head
// of a release ("6.1.0-56-cloud-amd64") or package version ("7.1~rc3-1~exp1").
// Major and minor number are required.
func ParseVersion(s string) (Version, error) {
	m := versionForm.FindStringSubmatch(s)
	if m == nil {
		return Version{}, fmt.Errorf("%q is no kernel version: want for example 6.1, 5.10.192 or 7.1-rc3", s)
	}
	return Version{number(m[1]), number(m[2]), number(m[3]), number(m[4])}, nil
}

// number converts digits that a pattern has already capped; "" is 0.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// Compare returns -1, 0 or +1. A release candidate comes before its release.
func (v Version) Compare(w Version) int {
	return cmp.Or(
		cmp.Compare(v.Major, w.Major),
		cmp.Compare(v.Minor, w.Minor),
		cmp.Compare(v.Patch, w.Patch),
		cmp.Compare(v.candidateOrder(), w.candidateOrder()),
	)
}

// candidateOrder puts a release after all of its candidates.
func (v Version) candidateOrder() int {
	if v.RC == 0 {
		return int(^uint(0) >> 1)
	}
	return v.RC
}

// IsZero reports whether v is unset.
func (v Version) IsZero() bool { return v == Version{} }

// Series returns the major and minor number: "6.1".
func (v Version) Series() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// String writes v as upstream does ("6.1", "5.10.192", "7.1-rc3"); "" if v is
// zero. ParseVersion reads it back.
func (v Version) String() string {
	if v.IsZero() {
		return ""
	}
	s := v.Series()
	if v.Patch > 0 {
		s += fmt.Sprintf(".%d", v.Patch)
	}
	if v.RC > 0 {
		s += fmt.Sprintf("-rc%d", v.RC)
	}
	return s
}

// MarshalText writes v as String does.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what ParseVersion reads; an empty text is the zero
// Version.
func (v *Version) UnmarshalText(text []byte) (err error) {
	*v = Version{}
	if len(text) > 0 {
		*v, err = ParseVersion(string(text))
	}
	return err
}
