package guest

import (
	"strings"
	"testing"
)

func TestTraceTapTakesPieces(t *testing.T) {
	var tap traceTap
	for _, piece := range []string{"  ls-1 [000] d... 1.5: bpf_trace_", "printk: one\n\nCPU:0 [LOST 7 EVENTS]\n", "  ls-1 [000] d... 1.6: 0: two\n  ls"} {
		tap.take(piece)
	}
	if len(tap.res.Lines) != 2 || tap.res.Lines[0].Message != "one" || tap.res.Lines[1].Message != "two" || tap.res.Lost != 7 {
		t.Errorf("got %+v", tap.res)
	}
	tap.take(strings.Repeat("x\n", maxTraceLines+5))
	if len(tap.res.Lines) != maxTraceLines || tap.res.Lost != 7+5+2 {
		t.Errorf("%d lines kept, %d lost", len(tap.res.Lines), tap.res.Lost)
	}
}
