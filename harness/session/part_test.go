package session

import "testing"

func TestPart(t *testing.T) {
	value := map[string]any{"packets": 9, "slots": []any{5, 4}, "by": map[string]any{"size": 3}}
	for path, want := range map[string]any{
		"packets": 9, "slots[1]": 4, "by.size": 3,
		"slots[2]": nil, "slots.size": nil, "by[0]": nil, "packets.size": nil, "none": nil,
	} {
		if got := part(value, path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if got := part(7, ""); got != 7 {
		t.Errorf("a value without a path is %v, want 7", got)
	}
}
