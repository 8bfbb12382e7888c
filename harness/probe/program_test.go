package probe

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// The wanted bytes are what llvm-mc -triple=bpfel makes of the comments.
func TestProgram(t *testing.T) {
	for _, tt := range []struct {
		kind string
		n    int
		want string
	}{
		{"straight_line", 3, "b700000000000000 b700000000000000 9500000000000000"},                                                    // r0 = 0; r0 = 0; exit
		{"back_edge", 0, "b700000000000000 1500feff00000000 9500000000000000"},                                                        // r0 = 0; if r0 == 0 goto -2; exit
		{"bounded_loop", 100, "b700000000000000 0700000001000000 a500feff64000000 9500000000000000"},                                  // r0 = 0; r0 += 1; if r0 < 100 goto -2; exit
		{"stack", 520, "7a0af8fd00000000 b700000000000000 9500000000000000"},                                                          // *(u64 *)(r10 - 520) = 0; r0 = 0; exit
		{"stack_byte", 513, "720afffd00000000 b700000000000000 9500000000000000"},                                                     // *(u8 *)(r10 - 513) = 0; ...
		{"frames", 3, "8510000001000000 9500000000000000 8510000001000000 9500000000000000 b700000000000000 9500000000000000"},        // call 1; exit; call 1; exit; r0 = 0; exit
		{"subprograms", 2, "b700000000000000 8510000001000000 9500000000000000 b700000000000000 9500000000000000"},                    // r0 = 0; call 1; exit; r0 = 0; exit
		{"jumps", 2, "6110000000000000 1500010000000000 1500000001000000 9500000000000000"},                                           // r0 = *(u32 *)(r1 + 0); if r0 == 0 goto 1; if r0 == 1 goto 0; exit
		{"stack_chain", 513, "720a00fe00000000 8510000001000000 9500000000000000 720affff00000000 b700000000000000 9500000000000000"}, // *(u8 *)(r10 - 512) = 0; call 1; exit; *(u8 *)(r10 - 1) = 0; ...
		{"stack_total", 300, "720ad4ff00000000 8510000001000000 9500000000000000 720a00ff00000000 b700000000000000 9500000000000000"}, // *(u8 *)(r10 - 44) = 0; call 1; exit; *(u8 *)(r10 - 256) = 0; ...
	} {
		got, err := Program(tt.kind, tt.n)
		if err != nil {
			t.Errorf("%s: %v", tt.kind, err)
			continue
		}
		if want, _ := hex.DecodeString(strings.ReplaceAll(tt.want, " ", "")); !bytes.Equal(got, want) {
			t.Errorf("%s %d: %x, want %x", tt.kind, tt.n, got, want)
		}
	}
}

func TestProgramSize(t *testing.T) {
	for _, n := range []int{2, 4096, 4097, 1_000_000} {
		got, err := Program("straight_line", n)
		if err != nil || len(got) != n*insnSize {
			t.Errorf("straight_line %d: %d bytes, %v", n, len(got), err)
		}
	}
}

func TestProgramRefuses(t *testing.T) {
	for _, tt := range []struct {
		kind string
		n    int
		want string
	}{
		{"straight_line", 1, "not between 2 and"},
		{"straight_line", maxInsns + 1, "not between"},
		{"stack", -8, "not between"},
		{"spiral", 1, `unknown probe "spiral"`},
	} {
		if _, err := Program(tt.kind, tt.n); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %d: %v, want %q", tt.kind, tt.n, err, tt.want)
		}
	}
}
