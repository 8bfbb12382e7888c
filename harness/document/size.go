package document

import (
	"fmt"
	"regexp"
	"strconv"
)

// Size is a number of bytes, written "256MiB" or "2GiB".
type Size int64

// Units of a Size.
const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
	GiB Size = 1 << 30
)

var sizeForm = regexp.MustCompile(`^([0-9]{1,9})(KiB|MiB|GiB)$`)

// String writes s in the largest unit that divides it: "256MiB".
func (s Size) String() string {
	switch {
	case s != 0 && s%GiB == 0:
		return fmt.Sprintf("%dGiB", s/GiB)
	case s != 0 && s%MiB == 0:
		return fmt.Sprintf("%dMiB", s/MiB)
	case s%KiB == 0:
		return fmt.Sprintf("%dKiB", s/KiB)
	}
	return fmt.Sprintf("%d bytes", int64(s))
}

// MarshalText writes s as String does.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a whole number of KiB, MiB or GiB.
func (s *Size) UnmarshalText(text []byte) error {
	m := sizeForm.FindSubmatch(text)
	if m == nil {
		return fmt.Errorf("%q is no size: want for example 256MiB or 2GiB", text)
	}
	n, _ := strconv.ParseInt(string(m[1]), 10, 64) // at most nine digits
	*s = Size(n) * map[string]Size{"KiB": KiB, "MiB": MiB, "GiB": GiB}[string(m[2])]
	return nil
}
