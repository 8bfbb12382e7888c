package lab

import "testing"

func TestRatio(t *testing.T) {
	for text, want := range map[string]Ratio{"1.5": 1.5, "2": 2, "0.25": 0.25, "1e3": 1000} {
		var r Ratio
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want {
			t.Errorf("%s is %v, error %v", text, r, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "NaN", "Inf", "1.5x", "1,5"} {
		var r Ratio
		if err := r.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %v", text, r)
		}
	}
}
