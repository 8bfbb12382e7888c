package scheduler

import "testing"

// The kinds of these tests: small needs 320 MiB unseen.
var (
	small = class{"small", "aa", 256 * mib}
	other = class{"small", "bb", 256 * mib}
	large = class{"large", "aa", 3 * gib}
)

// taken is a slot and what its machine holds.
type taken struct {
	class class
	held  int64
}

func TestAccountingFits(t *testing.T) {
	measured := map[class]peak{small: {40 * mib, true}} // needs 66 MiB
	host := func(available int64) Memory { return Memory{available, 1600 * mib} }
	const kept = 100 * mib // the reserve of such a host
	for name, test := range map[string]struct {
		limit int64
		host  Memory
		peaks map[class]peak
		slots []taken
		new   class
		want  bool
	}{
		"nothing runs":                       {host: host(0), new: large, want: true},
		"nothing runs, and a limit":          {limit: 1, host: host(0), new: large, want: true},
		"unseen, just room for both":         {host: host(kept + 640*mib), slots: []taken{{small, 0}}, new: small, want: true},
		"unseen, a byte too little":          {host: host(kept + 640*mib - 1), slots: []taken{{small, 0}}, new: small},
		"what is held is no longer there":    {host: host(kept + 600*mib), slots: []taken{{small, 40 * mib}}, new: small, want: true},
		"measured":                           {host: host(kept + 132*mib), peaks: measured, slots: []taken{{small, 0}}, new: small, want: true},
		"measured, a byte too little":        {host: host(kept + 132*mib - 1), peaks: measured, slots: []taken{{small, 0}}, new: small},
		"another kernel was measured":        {host: host(kept + 132*mib), peaks: measured, slots: []taken{{small, 0}}, new: other},
		"one that holds more than its class": {host: host(kept + 320*mib), slots: []taken{{small, gib}}, new: other, want: true},
		"the limit, just":                    {limit: 640 * mib, host: host(gib), slots: []taken{{small, 300 * mib}}, new: small, want: true},
		"the limit, a byte too little":       {limit: 640*mib - 1, host: host(gib), slots: []taken{{small, 300 * mib}}, new: small},
		"the host, below the limit":          {limit: 64 * gib, host: host(kept), slots: []taken{{small, 0}}, new: small},
		"nothing known but a limit":          {limit: 640 * mib, slots: []taken{{small, 0}}, new: small, want: true},
		"nothing known any more":             {slots: []taken{{small, 0}}, new: small},
	} {
		t.Run(name, func(t *testing.T) {
			l := newAccounting(test.limit)
			for k, p := range test.peaks {
				l.peaks[k] = p
			}
			for _, s := range test.slots {
				l.saw(seated(l, s.class), s.held)
			}
			if got := l.fits(test.new, test.host); got != test.want {
				t.Errorf("fits: %t, want %t", got, test.want)
			}
		})
	}
}

func TestAccountingNeed(t *testing.T) {
	for name, test := range map[string]struct {
		peak peak
		want int64
	}{
		"unseen":                       {peak{}, 320 * mib},
		"only begun":                   {peak{40 * mib, false}, 320 * mib},
		"only begun, and larger":       {peak{400 * mib, false}, 400 * mib},
		"seen to its end":              {peak{40 * mib, true}, 66 * mib},
		"never more than it may use":   {peak{300 * mib, true}, 320 * mib},
		"but what it was seen to hold": {peak{400 * mib, true}, 400 * mib},
	} {
		t.Run(name, func(t *testing.T) {
			l := newAccounting(0)
			l.peaks[small] = test.peak
			if got := l.need(small); got != test.want {
				t.Errorf("%d MiB, want %d", got/mib, test.want/mib)
			}
		})
	}
}

func TestAccountingLearnsFromWholeCellsAlone(t *testing.T) {
	for name, test := range map[string]struct{ worked, measured, want bool }{
		"worked, and measured at its end": {true, true, true},
		"infra":                           {false, true, false},
		"its machine died":                {true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newAccounting(0)
			s := seated(l, small)
			l.saw(s, 40*mib)
			s.measured = test.measured
			l.leave(s, test.worked)
			if got := l.need(small) < 320*mib; got != test.want || len(l.slots) != 0 {
				t.Errorf("learnt: %t, want %t; %d slots are left", got, test.want, len(l.slots))
			}
		})
	}
}

func TestAccountingKeepsThePeak(t *testing.T) {
	l := newAccounting(0)
	s := seated(l, large)
	l.saw(s, 2*gib)
	l.saw(s, gib)
	if s.held != gib || l.peaks[large].bytes != 2*gib {
		t.Errorf("holds %d, peak %d; want 1 and 2 GiB", s.held, l.peaks[large].bytes)
	}
}

func seated(l *accounting, k class) *Slot {
	s := &Slot{class: k}
	l.slots[s] = true
	return s
}
