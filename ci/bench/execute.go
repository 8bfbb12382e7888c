package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/vms/kernel"
)

// execTimes are runs of commands on one kernel.
type execTimes struct {
	uname, file, output []time.Duration
	peak                int64 // the most resident memory of the bpflab process itself, in bytes
}

// Sizes of what is carried and of what a command prints, in bytes.
const (
	execFile   = 10 << 20
	execOutput = 100 << 20
)

// exec measures `bpflab exec` on the usual kernels, warm: a small command, one with a
// file of 10 MB, and one that prints 100 MB.
func (b *bench) exec(ctx context.Context) ([]part, error) {
	file := filepath.Join(b.dir, "carried")
	if err := writeRandom(file, execFile); err != nil {
		return nil, err
	}
	defer os.Remove(file)
	t := table.Table{Head: []string{"kernel", "`uname -r`", "with 10 MB carried", "100 MB printed", "claim", "holds"}}
	var peak int64
	for _, k := range b.usualKernels() {
		b.say("exec: %s", k.Selector)
		times, err := b.execOn(ctx, k, file)
		if err != nil {
			return nil, err
		}
		uname, carried := median(times.uname), median(times.file)
		t.Add(k.Selector, seconds(uname), seconds(carried), seconds(median(times.output)), "at most 0.5 s, and 1 s more for the file",
			table.Holds(uname <= 500*time.Millisecond && carried-uname <= time.Second))
		peak = max(peak, times.peak)
	}
	return []part{{
		title:  "Commands",
		about:  "`bpflab exec` from start to exit, each time in a fork of its own.",
		tables: []table.Table{t},
		after:  fmt.Sprintf("The host's process took %s at most; the claim is under 200 MB, which holds: %s.", megabytes(peak), table.Holds(peak < 200e6)),
	}}, nil
}

func (b *bench) execOn(ctx context.Context, k kernel.Image, file string) (times execTimes, err error) {
	watch := func(pid int) { times.peak = max(times.peak, highWater(pid)) }
	for i := range b.rounds + 1 { // the first makes the template
		for _, run := range []struct {
			into *[]time.Duration
			args []string
		}{
			{&times.uname, []string{"--", "uname", "-r"}},
			{&times.file, []string{"--copy", file, "--", "true"}},
			{&times.output, []string{"--", "sh", "-c", fmt.Sprintf("dd if=/dev/zero bs=1M count=%d 2>/dev/null", execOutput>>20)}},
		} {
			args := append([]string{"exec", "--kernel", selector(k)}, run.args...)
			used, err := b.bpflabExec(ctx, watch, args)
			if err != nil {
				return times, err
			}
			if i > 0 {
				*run.into = append(*run.into, used.wall)
			}
		}
	}
	return times, nil
}

func writeRandom(name string, size int64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyN(f, rand.Reader, size)
	return err
}
