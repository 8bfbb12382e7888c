package probe

import "testing"

func TestComplaint(t *testing.T) {
	for log, want := range map[string]string{
		"": "",
		"0: (b7) r0 = 0\nback-edge from insn 2 to 1\n":                                                                                                      "back-edge from insn 2 to 1",
		"too many subprograms\nprocessed 0 insns (limit 1000000) max_states_per_insn 0\n":                                                                   "too many subprograms",
		"jumps is too complex\nverification time 1 usec\nstack depth max 0\nsubprog 0 (<unknown>) main stack 0\n":                                           "jumps is too complex",
		"back-edge from insn 2 to 1\n\nVerification failed: Program Structure: Back-edge is not allowed\n\nReason:\n  Instruction 2\n\nprocessed 0 insns\n": "back-edge from insn 2 to 1",
		"expected prog array map for tail callverification time 9 usec\nstack depth 0\n":                                                                    "expected prog array map for tail call",
		"too many subprograms\nverification time 9 usec\nstack depth 0\ninsns processed 0\nprocessed 0 insns (limit 1000000)\n":                             "too many subprograms",
	} {
		if got := Complaint(log); got != want {
			t.Errorf("%q: %q, want %q", log, got, want)
		}
	}
}
