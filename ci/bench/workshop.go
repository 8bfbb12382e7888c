package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/harness/workshop/web/webtest"
	"github.com/bpflab/bpflab/vms/kernel"
)

// classSize is how many students a class has.
const classSize = 30

// workshop measures what a student waits for, alone and in a class of thirty.
func (b *bench) workshop(ctx context.Context) ([]part, error) {
	solution, err := os.ReadFile("bpf/hello.bpf.c")
	if err != nil {
		return nil, err
	}
	alone := table.Table{Head: []string{"kernel", "command to prompt", "save to verdict", "claim", "holds"}}
	for _, k := range b.usualKernels() {
		b.say("workshop: %s", k.Selector)
		prompt, verdict, err := b.workshopOn(ctx, k, string(solution))
		if err != nil {
			return nil, err
		}
		alone.Add(k.Selector, seconds(prompt), seconds(verdict), "at most 1 s, and 1.5 s", table.Holds(prompt <= time.Second && verdict <= 1500*time.Millisecond))
	}
	class, err := b.classOf(ctx, string(solution))
	if err != nil {
		return nil, err
	}
	return []part{{
		title:  "Workshop",
		about:  "`bpflab workshop hello --web`: from its start to a shell's prompt, and from saving a changed C file to the verdict, over the page's own connections (without what a browser takes to draw).",
		tables: []table.Table{alone},
	}, class}, nil
}

func (b *bench) workshopOn(ctx context.Context, k kernel.Image, solution string) (prompt, verdict time.Duration, err error) {
	var prompts, verdicts []time.Duration
	for i := range b.rounds + 1 { // the first makes the template
		p, v, err := b.student(ctx, k, fmt.Sprintf("%s// %d %d\n", solution, i, time.Now().UnixNano()))
		if err != nil {
			return 0, 0, err
		}
		if i > 0 {
			prompts, verdicts = append(prompts, p), append(verdicts, v)
		}
	}
	return median(prompts), median(verdicts), nil
}

// student opens the workshop, waits for a prompt, saves, and waits for the verdict.
func (b *bench) student(ctx context.Context, k kernel.Image, code string) (prompt, verdict time.Duration, err error) {
	s, err := b.serve(ctx, "hello", "--web", "--listen", "127.0.0.1:0", "--kernel", selector(k))
	if err != nil {
		return 0, 0, err
	}
	defer s.end()
	link, err := s.find(`(http\S+)`)
	if err != nil {
		return 0, 0, err
	}
	browser, err := webtest.Open(link)
	if err != nil {
		return 0, 0, err
	}
	l, err := browser.Lab(ctx, "hello")
	if err != nil {
		return 0, 0, err
	}
	defer l.Close()
	t, err := l.Terminal(ctx, "t1", "# ")
	if err != nil {
		return 0, 0, err
	}
	defer t.Close()
	prompt = time.Since(s.began)
	saved := time.Now()
	r, err := l.Save(ctx, code)
	if err == nil && !r.Passed() {
		err = fmt.Errorf("the solution does not pass: %+v", r)
	}
	return prompt, time.Since(saved), err
}

// classFigures is what a class was seen to take.
type classFigures struct {
	all      time.Duration // until all have passed
	one      time.Duration // median of the students
	machines machineMemory // idle
	server   int64         // memory in bytes
}

// classOf has thirty students do the first lab at once.
func (b *bench) classOf(ctx context.Context, solution string) (part, error) {
	b.say("workshop: a class of %d", classSize)
	f, err := b.classWith(ctx, b.binary, solution)
	if err != nil {
		return part{}, err
	}
	each := f.machines.mean()
	t := table.Table{Head: []string{"students", "all have passed the first step after", "one student, median", "memory of a machine, idle", "of the server", "claim", "holds"}}
	t.Add(fmt.Sprint(len(f.machines)), seconds(f.all), seconds(f.one), megabytes(each), megabytes(f.server), "at most 60 MB each", table.Holds(len(f.machines) == classSize && each <= 60e6))
	return part{title: "A class of thirty",
		about:  "Thirty students join `bpflab workshop --serve` at once, open a terminal, have the starter fail and the solution pass, on this machine's cores. Memory is proportional (what machines share is divided among them).",
		tables: []table.Table{t}}, nil
}

// classWith has a class do the first lab on a server that is a binary's.
func (b *bench) classWith(ctx context.Context, binary, solution string) (f classFigures, err error) {
	s, err := b.serveWith(ctx, binary, "--serve", "127.0.0.1:0", "--class", "bench")
	if err != nil {
		return f, err
	}
	defer s.end()
	address, err := s.find(`students: +(http\S+)`)
	if err != nil {
		return f, err
	}
	code, err := s.find(`code (\S+)`)
	if err != nil {
		return f, err
	}
	began := time.Now()
	took := make([]time.Duration, classSize)
	var group errgroup.Group
	for n := range classSize {
		group.Go(func() (err error) {
			took[n], err = pupil(ctx, address, code, n, solution)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return f, err
	}
	f.all, f.one = time.Since(began), median(took)
	time.Sleep(5 * time.Second) // until they are idle
	f.machines = machineMemory{}
	f.machines.look(s.cmd.Process.Pid)
	f.server = proportional(s.cmd.Process.Pid)
	return f, nil
}

// pupil runs a student in a class: from joining to the verdict.
func pupil(ctx context.Context, address, code string, n int, solution string) (time.Duration, error) {
	began := time.Now()
	b, err := webtest.Open(address)
	if err != nil {
		return 0, err
	}
	if err := b.Join(ctx, fmt.Sprintf("Student %d", n+1), code); err != nil {
		return 0, err
	}
	l, err := b.Lab(ctx, "hello")
	if err != nil {
		return 0, err
	}
	t, err := l.Terminal(ctx, "t1", "# ")
	if err != nil {
		return 0, err
	}
	defer t.Close()
	if r, err := l.Check(ctx, l.State.Step); err != nil || r.Passed() {
		return 0, fmt.Errorf("the starter passes, or: %w", err)
	}
	r, err := l.Save(ctx, fmt.Sprintf("%s// %d %d\n", solution, n, began.UnixNano())) // as nobody has compiled before
	if err == nil && !r.Passed() {
		err = fmt.Errorf("the solution does not pass: %+v", r)
	}
	return time.Since(began), err
}
