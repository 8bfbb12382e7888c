package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/harness/verdict"
)

// goal is something that is to become less, by a factor, than with the build before.
type goal struct {
	name    string
	most    float64 // of the figure before
	unit    func(float64) string
	rounds  int
	measure func(ctx context.Context, binary string) (float64, error)
}

// goals returns what the machines' price consists of.
func (b *bench) goals(kernels string, all int, first string) []goal {
	const cells = 64
	return []goal{
		{"CPU time of a cell of hello, warm, mean of 64", 0.5, inSeconds, b.rounds, func(ctx context.Context, binary string) (float64, error) {
			used, err := b.once(ctx, binary, []string{"run", "hello", "--kernel", kernels, "--repeat", fmt.Sprint(cells / all)}, nil)
			return used.cpu.Seconds() / cells, err
		}},
		{"the course on all kernels", 0.6, inSeconds, 1, func(ctx context.Context, binary string) (float64, error) {
			used, err := b.once(ctx, binary, []string{"run", "--all", "--kernel", kernels}, nil)
			return used.wall.Seconds(), err
		}},
		{"`exec -- uname -r` on " + first, 0.7, inSeconds, 3 * b.rounds, func(ctx context.Context, binary string) (float64, error) {
			used, err := timed(exec.CommandContext(ctx, binary, "exec", "--kernel", first, "--", "uname", "-r"), nil)
			return used.wall.Seconds(), err
		}},
		{"the same where a standby holds a machine", 0.3, inSeconds, 3 * b.rounds, func(ctx context.Context, binary string) (float64, error) {
			return b.standbyTime(ctx, binary, first)
		}},
		{"fork to the agent's answer", 0.8, inSeconds, b.rounds, func(ctx context.Context, binary string) (float64, error) {
			return b.startTime(ctx, binary, "--kernel", kernels, "--repeat", "4", "-j", "1")
		}},
		{"cold boot to the agent's answer", 1, inSeconds, b.rounds, func(ctx context.Context, binary string) (float64, error) {
			return b.startTime(ctx, binary, "--kernel", kernels, "--cold", "-j", "1")
		}},
		{fmt.Sprintf("memory of an idle fork of %s, %d alive", first, herd), 0.7, inMegabytes, 1, func(ctx context.Context, binary string) (float64, error) {
			return b.idleMemory(ctx, binary, first, herd)
		}},
		{fmt.Sprintf("`verify` of %d programs on %s", verified, first), 0.7, inSeconds, b.rounds, func(ctx context.Context, binary string) (float64, error) {
			object, err := b.compileMany(ctx)
			if err != nil {
				return 0, err
			}
			used, err := b.once(ctx, binary, []string{"verify", object, "--kernel", first}, nil)
			return used.wall.Seconds(), err
		}},
		{"a step without its trace line on " + first + ", to its verdict", 0.5, inSeconds, b.rounds, func(ctx context.Context, binary string) (float64, error) {
			return b.absentTime(ctx, binary, first)
		}},
		{fmt.Sprintf("a class of %d, until all have passed the first step", classSize), 0.6, inSeconds, 1, func(ctx context.Context, binary string) (float64, error) {
			f, err := b.helloClass(ctx, binary)
			return f.all.Seconds(), err
		}},
		{"memory of a machine of such a class, idle", 0.6, inMegabytes, 1, func(ctx context.Context, binary string) (float64, error) {
			f, err := b.helloClass(ctx, binary)
			return float64(f.machines.mean()), err
		}},
	}
}

// helloClass has a class do the first lab.
func (b *bench) helloClass(ctx context.Context, binary string) (classFigures, error) {
	solution, err := os.ReadFile("bpf/hello.bpf.c")
	if err != nil {
		return classFigures{}, err
	}
	return b.classWith(ctx, binary, string(solution))
}

func inSeconds(v float64) string { return seconds(time.Duration(v * float64(time.Second))) }

func inMegabytes(v float64) string { return megabytes(int64(v)) }

// costs measures each goal with the binary and with the one of -against by turns.
func (b *bench) costs(ctx context.Context) ([]part, error) {
	if b.against == "" {
		return nil, nil
	}
	names := selectors(b.usualKernels())
	t := table.Table{Head: []string{"what", "before", "now", "ratio", "spread", "at most", "holds"}}
	for _, g := range b.goals(strings.Join(names, ","), len(names), names[0]) {
		row, err := b.measureGoal(ctx, g)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.name, err)
		}
		b.say("%s", strings.Join(row, ", "))
		t.Add(row...)
	}
	return []part{{
		title:  "What a machine costs, side by side with the build before",
		about:  "By turns with this build and with another (`-against`), after a round that fills the caches; medians, and the least and the greatest ratio of a round.",
		tables: []table.Table{t},
	}}, nil
}

func (b *bench) measureGoal(ctx context.Context, g goal) ([]string, error) {
	var before, now, ratios []float64
	for i := range g.rounds + 1 {
		b.say("%s: round %d of %d", g.name, i, g.rounds)
		was, err := g.measure(ctx, b.against)
		if err != nil {
			return nil, err
		}
		is, err := g.measure(ctx, b.binary)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			before, now, ratios = append(before, was), append(now, is), append(ratios, is/was)
		}
	}
	least, most := spread(ratios)
	r := median(now) / median(before)
	return []string{g.name, g.unit(median(before)), g.unit(median(now)), fmt.Sprintf("%.2f", r),
		fmt.Sprintf("%.2f to %.2f", least, most), fmt.Sprintf("%.2f", g.most), table.Holds(r <= g.most)}, nil
}

// startTime runs a lab that does nothing and returns how long its machines took to answer, in
// seconds: the mean over kernels of each one's median.
func (b *bench) startTime(ctx context.Context, binary string, args ...string) (float64, error) {
	lab, err := b.writeEmptyLab("start", "true")
	if err != nil {
		return 0, err
	}
	cells, err := b.cellsOf(ctx, binary, append([]string{"run", lab}, args...)...)
	if err != nil {
		return 0, err
	}
	times := map[string][]float64{}
	for _, c := range cells {
		times[c.Kernel.Release] = append(times[c.Kernel.Release], c.Durations.Start)
	}
	var medians []float64
	for _, all := range times {
		medians = append(medians, median(all))
	}
	return mean(medians), nil
}

// absentTime returns how long a step takes whose program has nothing to print, in seconds.
func (b *bench) absentTime(ctx context.Context, binary, kernel string) (float64, error) {
	lab, err := b.writeAbsentLab()
	if err != nil {
		return 0, err
	}
	cells, err := b.cellsOf(ctx, binary, "run", lab, "--kernel", kernel)
	if err != nil {
		return 0, err
	}
	if len(cells) != 1 || cells[0].Verdict != verdict.Fail {
		return 0, fmt.Errorf("want one cell that fails, not %+v", cells)
	}
	return cells[0].Durations.Load + cells[0].Durations.Run, nil
}

// cellsOf runs labs, which may fail, and returns their cells.
func (b *bench) cellsOf(ctx context.Context, binary string, args ...string) ([]verdict.Cell, error) {
	file := filepath.Join(b.dir, "result.json")
	os.Remove(file)
	_, runErr := b.once(ctx, binary, append(args, "--json", file), nil)
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("no result: %w", runErr)
	}
	var result verdict.Result
	err = json.Unmarshal(text, &result)
	return result.Cells, err
}

// idle is for how long machines of a herd do nothing.
const idle = 25 * time.Second

// idleMemory returns the proportional memory of n machines that do nothing while all of them are
// alive, in bytes for each. What is held for the next machine is paid for by these.
func (b *bench) idleMemory(ctx context.Context, binary, kernel string, n int) (float64, error) {
	lab, err := b.writeEmptyLab("idle", fmt.Sprintf("sleep %.0f", idle.Seconds()))
	if err != nil {
		return 0, err
	}
	var last int64
	look := func(pid int) {
		machines := machineMemory{}
		if machines.look(pid); len(machines) >= n {
			last = machines.sum() / int64(n)
		}
	}
	_, err = b.once(ctx, binary, []string{"run", lab, "--kernel", kernel, "--repeat", fmt.Sprint(n), "-j", fmt.Sprint(n)}, look)
	if err == nil && last == 0 {
		err = fmt.Errorf("there were never %d machines at once", n)
	}
	return float64(last), err
}
