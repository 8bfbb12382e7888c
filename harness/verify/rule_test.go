package verify

import "testing"

// Expressions are compiled when they are used, so a mistake in one would show late.
func TestExpressionsOfRules(t *testing.T) {
	var all []*expression
	for _, r := range rules {
		all = append(all, r.says)
	}
	for _, r := range libbpfRules {
		all = append(all, r.says)
	}
	n := 0
	for _, e := range all {
		if e != nil {
			n++
			e.compiled() // or it panics
		}
	}
	if n < 150 {
		t.Errorf("%d expressions", n)
	}
}
