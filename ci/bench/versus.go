package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/vms/kernel"
)

// notSlower is the most that a job may take against the build before: what
// repeated runs of one build differ by.
const notSlower = 1.05

// job is something that people do with bpflab, as the arguments that do it.
type job struct {
	name string
	args []string
}

// versus measures jobs with the binary and with the one of -against, by turns,
// so that what else the host does meets both. Without -against there is nothing
// to measure.
func (b *bench) versus(ctx context.Context) ([]part, error) {
	if b.against == "" {
		return nil, nil
	}
	object, err := b.compileHello(ctx)
	if err != nil {
		return nil, err
	}
	t := table.Table{Head: []string{"job", "before", "now", "wall", "CPU before", "CPU now", "CPU", "memory of bpflab", "holds"}}
	for _, j := range versusJobs(b.usualKernels(), object) {
		pair, err := b.compare(ctx, j)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", j.name, err)
		}
		pair.row(&t, j.name)
	}
	return []part{{
		title:  "Side by side with the build before",
		about:  fmt.Sprintf("Each job by turns with this build and with another (`-against`); medians of %d rounds after one that fills the caches.", b.rounds),
		claim:  fmt.Sprintf("no job takes more than %.2f times as long, nor as much CPU time of all cores.", notSlower),
		tables: []table.Table{t},
	}}, nil
}

// compileHello compiles the first lab's program, for the job of verify.
func (b *bench) compileHello(ctx context.Context) (string, error) {
	object := filepath.Join(b.dir, "hello.bpf.o")
	out, err := exec.CommandContext(ctx, "clang", "-g", "-O2", "-target", "bpf", "-Ibpf/include", "-c", "bpf/hello.bpf.c", "-o", object).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("compile bpf/hello.bpf.c: %w: %s", err, lastLine(string(out)))
	}
	return object, nil
}

func versusJobs(kernels []kernel.Image, object string) []job {
	names := selectors(kernels)
	all, first := strings.Join(names, ","), names[0]
	return []job{
		{"run hello, warm", []string{"run", "hello", "--kernel", all}},
		{"run hello, cold", []string{"run", "hello", "--kernel", all, "--cold"}},
		{"run hello, 32 cells", []string{"run", "hello", "--kernel", all, "--repeat", fmt.Sprint(32 / len(kernels))}},
		{"run --all on " + first, []string{"run", "--all", "--kernel", first}},
		{"exec true", []string{"exec", "--kernel", all, "--", "true"}},
		{"test one package", []string{"test", "--kernel", first, "./vms/suggest"}},
		{"verify hello.bpf.o", []string{"verify", object, "--kernel", all}},
		{"features", []string{"features", "--kernel", all}},
		{"limits on " + first, []string{"limits", "--kernel", first}},
	}
}

// pair is one job's runs with both binaries.
type pair struct {
	before, now []usage
	peaks       [2]int64 // the most resident memory of the bpflab process, in bytes: before, now
}

// compare runs a job with both binaries by turns. The first round fills the
// caches and does not count.
func (b *bench) compare(ctx context.Context, j job) (pair, error) {
	var p pair
	for i := range b.rounds + 1 {
		b.say("side by side: %s, round %d of %d", j.name, i, b.rounds)
		for at, binary := range []string{b.against, b.binary} {
			used, err := b.once(ctx, binary, j.args, func(pid int) { p.peaks[at] = max(p.peaks[at], highWater(pid)) })
			if err != nil {
				return p, err
			}
			switch {
			case i == 0:
			case at == 0:
				p.before = append(p.before, used)
			default:
				p.now = append(p.now, used)
			}
		}
	}
	return p, nil
}

// once runs a binary with arguments, its results in a directory that is removed.
func (b *bench) once(ctx context.Context, binary string, args []string, watch func(int)) (usage, error) {
	dir, err := os.MkdirTemp(b.dir, "results-")
	if err != nil {
		return usage{}, err
	}
	defer os.RemoveAll(dir)
	args = append([]string{args[0], "--dir", dir}, args[1:]...)
	return timed(exec.CommandContext(ctx, binary, args...), watch)
}

func walls(all []usage) (out []time.Duration) {
	for _, u := range all {
		out = append(out, u.wall)
	}
	return out
}

func cpus(all []usage) (out []time.Duration) {
	for _, u := range all {
		out = append(out, u.cpu)
	}
	return out
}

// row adds the pair's medians and their ratios to the table.
func (p pair) row(t *table.Table, name string) {
	wall := [2]time.Duration{median(walls(p.before)), median(walls(p.now))}
	cpu := [2]time.Duration{median(cpus(p.before)), median(cpus(p.now))}
	t.Add(name, seconds(wall[0]), seconds(wall[1]), ratio(wall), seconds(cpu[0]), seconds(cpu[1]), ratio(cpu),
		megabytes(p.peaks[0])+", "+megabytes(p.peaks[1]),
		table.Holds(wall[1].Seconds() <= notSlower*wall[0].Seconds() && cpu[1].Seconds() <= notSlower*cpu[0].Seconds()))
}

// ratio writes the second as a multiple of the first.
func ratio(d [2]time.Duration) string { return fmt.Sprintf("%.2f", d[1].Seconds()/d[0].Seconds()) }
