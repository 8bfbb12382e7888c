package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// hello is `bpflab run hello` on all kernels.
type hello struct {
	cells int
	wall  time.Duration
	peak  int64 // the most resident memory of the bpflab process itself, in bytes
}

func (l *lab) hello(ctx context.Context, rounds int) (hello, error) {
	out := hello{cells: len(l.images)}
	var walls []time.Duration
	for range rounds {
		wall, peak, err := l.runHello(ctx)
		if err != nil {
			return out, err
		}
		walls, out.peak = append(walls, wall), max(out.peak, peak)
	}
	out.wall = median(walls)
	return out, nil
}

func (l *lab) runHello(ctx context.Context) (time.Duration, int64, error) {
	cmd := exec.CommandContext(ctx, l.binary, "run", "hello", "--cold", "--kernel", strings.Join(l.names, ","), "--dir", filepath.Join(l.dir, "results"))
	cmd.Stderr = os.Stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	ended := make(chan struct{})
	peak := make(chan int64, 1)
	go func() { peak <- watchMemory(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	wall := time.Since(began)
	close(ended)
	if err != nil {
		return 0, 0, fmt.Errorf("bpflab run hello: %w", err)
	}
	return wall, <-peak, nil
}

// watchMemory reads a process's high-water mark until it has ended, in bytes.
func watchMemory(pid int, ended <-chan struct{}) (peak int64) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return peak
		case <-tick.C:
			peak = max(peak, highWater(pid))
		}
	}
}

func highWater(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return 0
}

func writeHello(w io.Writer, h hello) {
	fmt.Fprintf(w, "## The first lab, cold\n\n`bpflab run hello --cold` on %d kernels that are in the cache, from start to exit.\n", h.cells)
	fmt.Fprint(w, "Claim: under 20 s for four kernels on two cores; the host's process stays under 150 MB; a guest has 256 MiB.\n\n")
	fmt.Fprintf(w, "| kernels | wall time | peak of the host's process | holds |\n|---|---|---|---|\n| %d | %.1f s | %.0f MB | %s |\n",
		h.cells, h.wall.Seconds(), float64(h.peak)/1e6, yes(h.wall < 20*time.Second && h.peak < 150e6))
}
