package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/harness/verdict"
)

// everyArchitecture is a kernel of each architecture that machines have, those of the Makefile's
// ARCH_KERNELS, and the QEMU that runs it.
var everyArchitecture = []struct{ kernel, qemu string }{
	{"6.12", "qemu-system-x86_64"}, {"6.12/arm64", "qemu-system-aarch64"}, {"6.1/s390x", "qemu-system-s390x"},
	{"6.12/riscv64", "qemu-system-riscv64"}, {"6.1/ppc64el", "qemu-system-ppc64"},
}

// installed returns the kernels of everyArchitecture whose QEMU is in PATH, and the QEMUs that are not.
func installed() (kernels, missing []string) {
	for _, a := range everyArchitecture {
		if _, err := exec.LookPath(a.qemu); err != nil {
			missing = append(missing, a.qemu)
			continue
		}
		kernels = append(kernels, a.kernel)
	}
	return kernels, missing
}

// idleForks is how many forks of an architecture are alive at once when their memory is read.
const idleForks = 8

// archTimes are starts of one kernel, to the agent's answer, and the memory of its idle forks.
type archTimes struct {
	kernel     string
	cold, fork []time.Duration
	memory     int64 // mean, in bytes
}

// architectures measures a kernel of each architecture, and the first lab on all of them.
func (b *bench) architectures(ctx context.Context) ([]part, error) {
	kernels, missing := installed()
	var all []archTimes
	for _, name := range kernels {
		times, err := b.architecture(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, times)
	}
	cold, warm, err := b.helloEverywhere(ctx, kernels)
	if err != nil {
		return nil, err
	}
	return []part{architecturesPart(all, missing), helloEverywherePart(kernels, cold, warm)}, nil
}

// architecture measures one kernel: a round boots it and forks it several times.
func (b *bench) architecture(ctx context.Context, name string) (archTimes, error) {
	times := archTimes{kernel: name}
	lab, err := b.writeEmptyLab("start", "true")
	if err != nil {
		return times, err
	}
	b.say("starts of %s: filling the cache", name)
	if _, err := b.startsOfLab(ctx, lab, "", "--kernel", name); err != nil {
		return times, err
	}
	for i := range b.rounds {
		b.say("starts of %s: round %d of %d", name, i+1, b.rounds)
		cold, err := b.startsOfLab(ctx, lab, "boot", "--kernel", name, "--cold")
		if err != nil {
			return times, err
		}
		fork, err := b.startsOfLab(ctx, lab, "fork", "--kernel", name, "--repeat", fmt.Sprint(forksPerRound), "-j", "1")
		if err != nil {
			return times, err
		}
		times.cold, times.fork = append(times.cold, cold...), append(times.fork, fork...)
	}
	b.say("%d idle forks of %s", idleForks, name)
	memory, err := b.idleMemory(ctx, b.binary, name, idleForks)
	times.memory = int64(memory)
	return times, err
}

// startsOfLab runs a lab and returns how long its machines took from the call that starts them to the
// agent's answer. A cell that did not pass, or was started in another way than want ("": any), is an error.
func (b *bench) startsOfLab(ctx context.Context, lab, want string, args ...string) ([]time.Duration, error) {
	cells, err := b.cellsOf(ctx, b.binary, append([]string{"run", lab}, args...)...)
	if err != nil {
		return nil, err
	}
	var times []time.Duration
	for _, c := range cells {
		if c.Verdict != verdict.Pass || want != "" && c.StartKind != want {
			return nil, fmt.Errorf("a cell is %s after a %s (%s), not %s after a %s", c.Verdict, c.StartKind, c.Reason, verdict.Pass, want)
		}
		times = append(times, time.Duration(c.Durations.Start*float64(time.Second)))
	}
	return times, nil
}

// helloEverywhere measures `bpflab run hello` on all architectures, by turns cold and warm.
func (b *bench) helloEverywhere(ctx context.Context, kernels []string) (cold, warm []time.Duration, err error) {
	args := []string{"run", "hello", "--kernel", strings.Join(kernels, ",")}
	for i := range b.rounds + 1 { // the first fills the cache
		b.say("hello on every architecture: round %d of %d", i, b.rounds)
		forked, err := b.bpflab(ctx, nil, args...)
		if err != nil {
			return nil, nil, err
		}
		if i == 0 {
			continue
		}
		booted, err := b.bpflab(ctx, nil, append(args, "--cold")...)
		if err != nil {
			return nil, nil, err
		}
		cold, warm = append(cold, booted.wall), append(warm, forked.wall)
	}
	return cold, warm, nil
}

func architecturesPart(all []archTimes, missing []string) part {
	t := table.Table{Head: []string{"kernel", "cold boot", "fork", "ratio", "memory of an idle fork", "holds"}}
	for _, times := range all {
		cold, fork := median(times.cold), median(times.fork)
		t.Add(times.kernel, seconds(cold), fmt.Sprintf("%.3f s", fork.Seconds()), "1/"+fmt.Sprintf("%.1f", cold.Seconds()/fork.Seconds()),
			megabytes(times.memory), table.Holds(fork*20 <= cold && times.memory <= 60e6))
	}
	p := part{
		title: "Other architectures",
		about: fmt.Sprintf("Machines of `bpflab run`, from the call that starts one to its agent's answer, one at a time, %d forks a round. ", forksPerRound) +
			fmt.Sprintf("Memory is the proportional memory (`Pss`) of QEMU, the mean of %d forks that have answered and do nothing. ", idleForks) +
			"Where the host is of another architecture than the kernel, the machine is emulated.",
		claim:  "a fork takes at most 1/20 of the same kernel's cold boot, and at most 60 MB.",
		tables: []table.Table{t},
	}
	if len(missing) > 0 {
		p.after = "Not measured, because it is not installed here: " + strings.Join(missing, ", ") + "."
	}
	return p
}

func helloEverywherePart(kernels []string, cold, warm []time.Duration) part {
	t := table.Table{Head: []string{"kernels", "start", "wall time", "claim", "holds"}}
	n := fmt.Sprint(len(kernels))
	t.Add(n, "cold", seconds(median(cold)), "at most 60 s", table.Holds(median(cold) <= time.Minute))
	t.Add(n, "warm", seconds(median(warm)), "at most 6 s", table.Holds(median(warm) <= 6*time.Second))
	return part{
		title:  "The first lab on every architecture",
		about:  "`bpflab run hello --kernel " + strings.Join(kernels, ",") + "` from start to exit; the kernels, the objects and the templates are in the cache, and `--cold` uses no template.",
		tables: []table.Table{t},
	}
}
