package probe

import "testing"

func TestProcessed(t *testing.T) {
	for log, want := range map[string]int{
		"0: (b7) r0 = 0\nprocessed 14 insns, stack depth 16":                           14, // 4.19
		"processed 1000001 insns (limit 1000000) max_states_per_insn 4 total_states 9": 1000001,
		"invalid stack off=-520 size=8":                                                0,
		"not processed 3 insns":                                                        0,
	} {
		if got := Processed(log); got != want {
			t.Errorf("%q: %d, want %d", log, got, want)
		}
	}
}
