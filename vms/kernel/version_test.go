package kernel

import "testing"

func TestParseVersion(t *testing.T) {
	tests := []struct {
		in   string
		want Version
	}{
		{"6.1", Version{Major: 6, Minor: 1}},
		{"5.10.192", Version{Major: 5, Minor: 10, Patch: 192}},
		{"6.1.0-56-cloud-amd64", Version{Major: 6, Minor: 1}},
		{"7.3.4+deb13-cloud-amd64", Version{Major: 7, Minor: 3, Patch: 4}},
		{"7.1-rc3", Version{Major: 7, Minor: 1, RC: 3}},
		{"7.1~rc3-1~exp1", Version{Major: 7, Minor: 1, RC: 3}},
		{"5.15.153.1-microsoft-standard-WSL2", Version{Major: 5, Minor: 15, Patch: 153}},
		{"6.8.0-rc3+", Version{Major: 6, Minor: 8, RC: 3}},
		{"4.19.72", Version{Major: 4, Minor: 19, Patch: 72}},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := ParseVersion(tt.in)
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestParseVersionRejects(t *testing.T) {
	for _, in := range []string{"", "6", "six", "6.", ".1", "6.x", "6.1.x", "6.1 ", "v6.1", "6.1/generic", "-6.1", "6.999999999999"} {
		if v, err := ParseVersion(in); err == nil {
			t.Errorf("%q was read as %v", in, v)
		}
	}
}

func TestVersionOrder(t *testing.T) {
	ascending := []string{"4.9", "4.19.72", "5.2-rc1", "5.2-rc10", "5.2", "5.2.1", "5.10", "6.1", "7.0"}
	for i, a := range ascending {
		for j, b := range ascending {
			got := mustVersion(t, a).Compare(mustVersion(t, b))
			if want := sign(i - j); got != want {
				t.Errorf("Compare(%s, %s) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestVersionString(t *testing.T) {
	for _, s := range []string{"6.1", "5.10.192", "7.1-rc3", "4.19.72"} {
		if got := mustVersion(t, s).String(); got != s {
			t.Errorf("%s came back as %s", s, got)
		}
	}
	if got := (Version{}).String(); got != "" {
		t.Errorf("the zero Version is written %q", got)
	}
}

func FuzzParseVersion(f *testing.F) {
	for _, s := range []string{"6.1", "5.10.192", "7.1-rc3", "6.1.0-56-cloud-amd64", "7.3.4+deb13", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseVersion(s)
		if err != nil || v.IsZero() {
			return
		}
		again, err := ParseVersion(v.String())
		if err != nil || again != v {
			t.Errorf("%q is %+v, which is written %q and read as %+v, %v", s, v, v, again, err)
		}
	})
}

func mustVersion(t *testing.T, s string) Version {
	t.Helper()
	v, err := ParseVersion(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
