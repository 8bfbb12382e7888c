package probe

import "testing"

// One instruction of a set that a kernel took over is not the set.
func TestHasV4(t *testing.T) {
	takes := map[string]bool{"long jump": true}
	if hasV4(takes) {
		t.Error("the long jump alone is the set")
	}
	for _, name := range isaV4 {
		if instructions[name] == nil {
			t.Errorf("no program has the instruction %q", name)
		}
		takes[name] = true
	}
	if !hasV4(takes) {
		t.Error("all of its instructions are not the set")
	}
}
