// Package bisect finds by halving where a list changes: the last item that is as the first
// one of the list, and the first that is as the last one.
//
// It is pure. A Judge says how items are, and may be unable to say it of some: these are
// passed over for their neighbours, and count neither as good nor as bad. What Find returns
// holds whatever the items between are: where the list changes more than once, it is one of
// the places.
package bisect

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
)

// Outcome is how an item is.
type Outcome string

// The outcomes.
const (
	Good Outcome = "good"
	Bad  Outcome = "bad"
	Skip Outcome = "skip" // it cannot be judged
)

// Opposite returns bad for good, and good for bad.
func (o Outcome) Opposite() Outcome {
	switch o {
	case Good:
		return Bad
	case Bad:
		return Good
	}
	return o
}

// Judge returns the outcomes of the items with the indices, in their order. It may judge
// them at the same time. An error ends the search.
type Judge func(ctx context.Context, indices []int) ([]Outcome, error)

// Found is where a list changes.
type Found struct {
	Last  int   // the last item that is as the first one of the list
	First int   // the first item that is not
	Open  []int // items between the two that cannot be judged: each may be the first as well
	Steps int   // how many items were judged, besides the ends
}

// Exact reports whether one item is known to be the first.
func (f Found) Exact() bool { return len(f.Open) == 0 }

// EndError is an end of the list that is not what the caller takes it for.
type EndError struct {
	Index     int
	Want, Got Outcome
}

func (e *EndError) Error() string {
	if e.Got == Skip {
		return fmt.Sprintf("the %s end cannot be judged", e.Want)
	}
	return fmt.Sprintf("the %s end is %s", e.Want, e.Got)
}

// Find halves a list of n items, of which the first one is of the outcome first, and the last
// one of the opposite. It judges both ends before all else, and returns an *EndError if one
// is not so.
func Find(ctx context.Context, n int, first Outcome, judge Judge) (Found, error) {
	if n < 2 || first == Skip {
		return Found{}, errors.New("a list to halve has two ends, a good one and a bad one")
	}
	f := Found{First: n - 1}
	if err := checkEnds(ctx, f, first, judge); err != nil {
		return f, err
	}
	skipped := map[int]bool{}
	for {
		i, ok := middle(f.Last, f.First, skipped)
		if !ok {
			f.Open = between(f.Last, f.First)
			return f, nil
		}
		outcome, err := judgeOne(ctx, i, judge)
		if err != nil {
			return f, err
		}
		f.Steps++
		switch outcome {
		case first:
			f.Last = i
		case first.Opposite():
			f.First = i
		default:
			skipped[i] = true
		}
	}
}

// checkEnds judges both ends at once.
func checkEnds(ctx context.Context, f Found, first Outcome, judge Judge) error {
	ends := []int{f.Last, f.First}
	outcomes, err := judged(ctx, ends, judge)
	if err != nil {
		return err
	}
	for i, want := range []Outcome{first, first.Opposite()} {
		if outcomes[i] != want {
			return &EndError{ends[i], want, outcomes[i]}
		}
	}
	return nil
}

func judgeOne(ctx context.Context, i int, judge Judge) (Outcome, error) {
	outcomes, err := judged(ctx, []int{i}, judge)
	if err != nil {
		return Skip, err
	}
	return outcomes[0], nil
}

// judged returns as many outcomes as there are indices.
func judged(ctx context.Context, indices []int, judge Judge) ([]Outcome, error) {
	outcomes, err := judge(ctx, indices)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil && len(outcomes) != len(indices) {
		err = fmt.Errorf("%d outcomes for %d items", len(outcomes), len(indices))
	}
	return outcomes, err
}

// middle returns the item between two others that is nearest to their middle and was not
// skipped; of two that are as near, the lower one.
func middle(low, high int, skipped map[int]bool) (int, bool) {
	center := low + (high-low)/2
	for distance := range high - low {
		for _, i := range []int{center - distance, center + distance} {
			if low < i && i < high && !skipped[i] {
				return i, true
			}
		}
	}
	return 0, false
}

func between(low, high int) []int {
	var all []int
	for i := low + 1; i < high; i++ {
		all = append(all, i)
	}
	return all
}

// Steps returns how many of n items are judged besides the ends, at most, if none is skipped.
func Steps(n int) int {
	if n < 3 {
		return 0
	}
	return bits.Len(uint(n - 2))
}
