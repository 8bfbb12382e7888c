package bisect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// list is a fake of what is judged: a letter an item, g, b, or s for one that cannot be judged.
type list struct {
	items string
	asked []string
}

var outcomes = map[byte]Outcome{'g': Good, 'b': Bad, 's': Skip}

func (l *list) judge(_ context.Context, indices []int) ([]Outcome, error) {
	var all []Outcome
	for _, i := range indices {
		all = append(all, outcomes[l.items[i]])
	}
	l.asked = append(l.asked, strings.Trim(fmt.Sprint(indices), "[]"))
	return all, nil
}

func TestFind(t *testing.T) {
	for name, tt := range map[string]struct {
		items string
		want  Found
		asked string // indices, a group for each call
	}{
		"adjacent":                {"gb", Found{Last: 0, First: 1}, "0 1"},
		"one between":             {"gbb", Found{Last: 0, First: 1, Steps: 1}, "0 2,1"},
		"six, early":              {"gbbbbb", Found{Last: 0, First: 1, Steps: 2}, "0 5,2,1"},
		"six, late":               {"ggggbb", Found{Last: 3, First: 4, Steps: 3}, "0 5,2,3,4"},
		"six, last":               {"gggggb", Found{Last: 4, First: 5, Steps: 3}, "0 5,2,3,4"},
		"a fix":                   {"bbbggg", Found{Last: 2, First: 3, Steps: 2}, "0 5,2,3"},
		"the middle skipped":      {"ggsbb", Found{Last: 1, First: 3, Open: []int{2}, Steps: 3}, "0 4,2,1,3"},
		"skipped, but decided":    {"gsbbb", Found{Last: 0, First: 2, Open: []int{1}, Steps: 2}, "0 4,2,1"},
		"a skip of no importance": {"gsggb", Found{Last: 3, First: 4, Steps: 2}, "0 4,2,3"},
		"all skipped":             {"gssb", Found{Last: 0, First: 3, Open: []int{1, 2}, Steps: 2}, "0 3,1,2"},
		"neighbours of skips":     {"ggsssgbb", Found{Last: 5, First: 6, Steps: 6}, "0 7,3,2,4,1,5,6"},
		"changes thrice":          {"gbgbgb", Found{Last: 2, First: 3, Steps: 2}, "0 5,2,3"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &list{items: tt.items}
			got, err := Find(t.Context(), len(tt.items), outcomes[tt.items[0]], l.judge)
			if err != nil || fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
			if asked := strings.Join(l.asked, ","); asked != tt.asked {
				t.Errorf("it asked for %s, want %s", asked, tt.asked)
			}
		})
	}
}

// Whatever the items are, the result is a change between two judged items, with nothing but
// skipped ones between them; without skips it takes no more steps than Steps says.
func TestFindAlways(t *testing.T) {
	const length = 8
	for n := range 6561 { // 3^8
		items := make([]byte, length)
		for i, rest := 0, n; i < length; i, rest = i+1, rest/3 {
			items[i] = "gbs"[rest%3]
		}
		items[0], items[length-1] = 'g', 'b'
		l := &list{items: string(items)}
		f, err := Find(t.Context(), length, Good, l.judge)
		if err != nil || items[f.Last] != 'g' || items[f.First] != 'b' || f.Last >= f.First {
			t.Fatalf("%s: %+v, %v", items, f, err)
		}
		if got := string(items[f.Last+1 : f.First]); strings.Trim(got, "s") != "" || len(f.Open) != len(got) || f.Exact() != (got == "") {
			t.Fatalf("%s: %+v", items, f)
		}
		if slices.Index(items, 's') < 0 && f.Steps > Steps(length) {
			t.Fatalf("%s: %d steps, more than %d", items, f.Steps, Steps(length))
		}
	}
}

func TestFindEnds(t *testing.T) {
	for items, want := range map[string]EndError{
		"bbb": {0, Good, Bad}, "ggg": {2, Bad, Good}, "sgb": {0, Good, Skip}, "ggs": {2, Bad, Skip}, "bgg": {0, Good, Bad},
	} {
		l := &list{items: items}
		var end *EndError
		if _, err := Find(t.Context(), len(items), Good, l.judge); !errors.As(err, &end) || *end != want {
			t.Errorf("%s: got %v, want %+v", items, err, want)
		}
		if len(l.asked) != 1 {
			t.Errorf("%s: it asked for %v after the ends", items, l.asked)
		}
	}
	l := &list{items: "g"}
	if _, err := Find(t.Context(), 1, Good, l.judge); err == nil || len(l.asked) > 0 {
		t.Errorf("a list of one: %v, asked for %v", err, l.asked)
	}
}

func TestFindErrors(t *testing.T) {
	broken := errors.New("broken")
	calls := 0
	_, err := Find(t.Context(), 4, Good, func(context.Context, []int) ([]Outcome, error) {
		if calls++; calls == 2 {
			return nil, broken
		}
		return []Outcome{Good, Bad}, nil
	})
	if !errors.Is(err, broken) || calls != 2 {
		t.Errorf("got %v after %d calls", err, calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l := &list{items: "gggb"}
	_, err = Find(ctx, 4, Good, func(ctx context.Context, indices []int) ([]Outcome, error) {
		cancel()
		return l.judge(ctx, indices)
	})
	if !errors.Is(err, context.Canceled) || len(l.asked) != 1 {
		t.Errorf("got %v after %v", err, l.asked)
	}
	if _, err := Find(t.Context(), 4, Good, func(context.Context, []int) ([]Outcome, error) { return []Outcome{Good}, nil }); err == nil {
		t.Error("one outcome for two items is no error")
	}
}

func TestSteps(t *testing.T) {
	for n, want := range map[int]int{0: 0, 2: 0, 3: 1, 4: 2, 5: 2, 6: 3, 9: 3, 10: 4, 1000: 10} {
		if got := Steps(n); got != want {
			t.Errorf("Steps(%d) = %d, want %d", n, got, want)
		}
	}
}
