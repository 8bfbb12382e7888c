package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// boot is one kernel's row: from the start of QEMU to the first byte.
type boot struct {
	kernel      string
	bare, agent time.Duration
}

// boots measures bare machine and agent by turns, so that what else the host
// does meets both.
func (l *lab) boots(ctx context.Context, rounds int) ([]boot, error) {
	var out []boot
	for _, image := range l.images {
		var bare, agent []time.Duration
		for range rounds + 1 {
			b, err := l.firstByte(ctx, image, l.bare)
			if err != nil {
				return nil, err
			}
			a, err := l.firstByte(ctx, image, l.binary)
			if err != nil {
				return nil, err
			}
			bare, agent = append(bare, b), append(agent, a)
		}
		// the first round wrote the initramfs and warmed the page cache
		out = append(out, boot{image.Series + " (" + image.Release + ")", median(bare[1:]), median(agent[1:])})
	}
	return out, nil
}

func writeBoots(w io.Writer, boots []boot) {
	fmt.Fprint(w, "## Cold boot\n\nFrom the start of QEMU to the first byte that the guest sends.\nClaim: the agent is ready within 1.25 times what a bare busybox init takes, and adds at most 0.5 s.\n\n")
	fmt.Fprint(w, "| kernel | bare init | agent ready | ratio | added | holds |\n|---|---|---|---|---|---|\n")
	for _, b := range boots {
		ratio, added := b.agent.Seconds()/b.bare.Seconds(), b.agent-b.bare
		fmt.Fprintf(w, "| %s | %.2f s | %.2f s | %.2f | %.2f s | %s |\n", b.kernel, b.bare.Seconds(), b.agent.Seconds(),
			ratio, added.Seconds(), yes(ratio <= 1.25 && added <= 500*time.Millisecond))
	}
	fmt.Fprintln(w)
}

func yes(ok bool) string {
	if ok {
		return "yes"
	}
	return "**no**"
}
