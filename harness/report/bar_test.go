package report

import "testing"

func TestBar(t *testing.T) {
	for _, test := range []struct {
		part, whole int64
		want        string
	}{
		{0, 0, ""},
		{0, 20e6, "░░░░░░░░░░ 0 of 20 MB"},
		{9_999_999, 20e6, "████░░░░░░ 10 of 20 MB"},
		{20e6, 20e6, "██████████ 20 of 20 MB"},
		{30e6, 20e6, "██████████ 30 of 20 MB"},
	} {
		if got := bar(test.part, test.whole); got != test.want {
			t.Errorf("bar(%d, %d) = %q, want %q", test.part, test.whole, got, test.want)
		}
	}
}
