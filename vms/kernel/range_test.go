package kernel

import "testing"

func TestRangeContains(t *testing.T) {
	tests := []struct {
		in      string
		inside  []string
		outside []string
	}{
		{"", []string{"2.6.32", "4.9", "7.3.1"}, nil},
		{"<5.2", []string{"4.19.72", "5.1.21"}, []string{"5.2-rc1", "5.2", "5.2.1", "6.1"}},
		{">=5.2", []string{"5.2-rc1", "5.2", "5.2.1", "6.1"}, []string{"4.19.72", "5.1.21"}},
		{">=5.8 <6.0", []string{"5.8", "5.19.17"}, []string{"5.7.19", "6.0", "6.1"}},
		{">= 5.8, < 6.0", []string{"5.8", "5.19.17"}, []string{"5.7.19", "6.0"}},
		{"6.1", []string{"6.1", "6.1.192"}, []string{"6.0.9", "6.2", "6.12"}},
		{"=6.1", []string{"6.1.192"}, []string{"6.2"}},
		{"<=6.1", []string{"5.10", "6.1", "6.1.192"}, []string{"6.2"}},
		{">6.1", []string{"6.2", "7.0"}, []string{"6.1", "6.1.192", "5.10"}},
		{"6.1.5", []string{"6.1.5"}, []string{"6.1", "6.1.4", "6.1.6"}},
		{"<=5.10.100", []string{"5.10.100", "5.10"}, []string{"5.10.101"}},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			r, err := ParseRange(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range tt.inside {
				if !r.Contains(mustVersion(t, v)) {
					t.Errorf("%s is not in %q", v, tt.in)
				}
			}
			for _, v := range tt.outside {
				if r.Contains(mustVersion(t, v)) {
					t.Errorf("%s is in %q", v, tt.in)
				}
			}
		})
	}
}

func TestParseRangeRejects(t *testing.T) {
	for _, in := range []string{"six", ">5", "=>5.2", "5.2<", "~5.2", ">=", "5.x", ">=6.0 <5.8", "5.2 5.3", ">5.2 <5.3 5.4", "<0.0"} {
		if r, err := ParseRange(in); err == nil {
			t.Errorf("%q was read as %q", in, r)
		}
	}
}

func TestRangeString(t *testing.T) {
	for in, want := range map[string]string{"": "", "=6.1": "6.1", " >= 5.8,<6.0 ": ">=5.8 <6.0", "6.1.0": "6.1.0"} {
		r, err := ParseRange(in)
		if err != nil || r.String() != want {
			t.Errorf("%q is written %q, %v; want %q", in, r, err, want)
		}
	}
}

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"", "<5.2", ">=5.8 <6.0", "6.1", ">=5.2", "6.1.0", ">= 5.8, < 6.0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRange(s)
		if err != nil {
			return
		}
		again, err := ParseRange(r.String())
		if err != nil || again.String() != r.String() {
			t.Errorf("%q is written %q and read as %q, %v", s, r, again, err)
		}
	})
}

func TestRangeOverlaps(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"", "6.1", true},
		{"6.1", "6.1.190", true},
		{"6.1", ">=6.1.100", true},
		{"6.1", ">6.1", false},
		{"6.1", "6.12", false},
		{">=6.13", "<6.13", false},
		{">=6.13", "7.3", true},
		{"<5.10", "4.19", true},
		{">5.1.9", "<5.1.11", true},
	}
	for _, tt := range tests {
		a, errA := ParseRange(tt.a)
		b, errB := ParseRange(tt.b)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if a.Overlaps(b) != tt.want || b.Overlaps(a) != tt.want {
			t.Errorf("%q and %q: want %v", tt.a, tt.b, tt.want)
		}
	}
}
