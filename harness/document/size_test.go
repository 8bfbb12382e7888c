package document

import "testing"

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"256MiB": 256 << 20, "2GiB": 2 << 30, "1536KiB": 1536 << 10, "0KiB": 0} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want || s.String() != text {
			t.Errorf("%s is %d, %v, written %s", text, s, err, s)
		}
	}
	for _, text := range []string{"", "256", "256MB", "256 MiB", "1.5GiB", "-1MiB", "9999999999GiB", "MiB"} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %v", text, s)
		}
	}
}
