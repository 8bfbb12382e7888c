package limits

import "fmt"

// boundary is where a kernel's answers change.
type boundary struct {
	accepted, rejected *answer // nil: no size was
}

// answer is what the kernel said to one size.
type answer struct {
	n        int
	accepted bool
	errno    string
	message  string
}

// bisect finds the boundary between least and most. It tries likely boundaries
// first, each with the size behind it, and then halves what is left.
func bisect(s subject, try func(n int) (answer, error)) (boundary, error) {
	var b boundary
	ask := func(n int) error {
		if n < s.least || n > s.most || b.knows(n) {
			return nil
		}
		a, err := try(n)
		if err != nil {
			return fmt.Errorf("with %d: %w", n, err)
		}
		b.take(a)
		return nil
	}
	for _, n := range append([]int{s.least}, s.likely...) {
		for _, n := range []int{n, n + 1} {
			if err := ask(n); err != nil {
				return b, err
			}
		}
		if b.rejected != nil {
			break
		}
	}
	for n := s.least; b.rejected == nil && n < s.most; {
		n = min(2*n, s.most)
		if err := ask(n); err != nil {
			return b, err
		}
	}
	for b.open() {
		if err := ask((b.accepted.n + b.rejected.n) / 2); err != nil {
			return b, err
		}
	}
	return b, nil
}

// knows reports whether the answer to n follows from those that are there.
func (b *boundary) knows(n int) bool {
	return b.accepted != nil && n <= b.accepted.n || b.rejected != nil && n >= b.rejected.n
}

func (b *boundary) take(a answer) {
	if a.accepted {
		b.accepted = &a
	} else {
		b.rejected = &a
	}
}

func (b *boundary) open() bool {
	return b.accepted != nil && b.rejected != nil && b.rejected.n-b.accepted.n > 1
}
