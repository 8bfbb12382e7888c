// Command kvm tests bpflab on KVM where there is none: QEMU emulates a machine whose
// processor has AMD's virtualization, a stock Debian kernel in it offers /dev/kvm, and
// bpflab runs machines there. It prints a table and exits with 1 where one did not do
// what it should.
//
//	go run ./ci/kvm [-bin DIR] [-short] [-keep DIR] [-timeout D]
//
// SUITE says which Debian is in the machine. Needs root and apt.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/ci/steps"
	"github.com/bpflab/bpflab/vms/lease"
)

type options struct {
	bin     string
	short   bool
	keep    string
	timeout time.Duration
	kernels []string
}

func main() {
	var o options
	kernels := flag.String("kernels", "", "kernels to test on, with commas (default: bpflab's own; with -short 6.12)")
	flag.StringVar(&o.bin, "bin", "bin", "where make build has left bpflab and its agent")
	flag.BoolVar(&o.short, "short", false, "one kernel and one fork")
	flag.StringVar(&o.keep, "keep", "", "leave there what the machine wrote")
	flag.DurationVar(&o.timeout, "timeout", 0, "of the machine (default: 90m, with -short 10m)")
	flag.Parse()
	if o.kernels = strings.FieldsFunc(*kernels, func(r rune) bool { return r == ',' }); len(o.kernels) == 0 {
		o.kernels = []string{"5.10", "6.1", "6.12", "latest"}
		if o.short {
			o.kernels = []string{"6.12"}
		}
	}
	if o.timeout == 0 {
		o.timeout = 90 * time.Minute
		if o.short {
			o.timeout = 10 * time.Minute
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	problems, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "test-kvm:", err)
		os.Exit(3)
	}
	if problems > 0 {
		os.Exit(1)
	}
}

// run makes the machine, runs it, and prints what it found. It returns the number of
// problems.
func run(ctx context.Context, o options) (int, error) {
	work, remove, err := lease.MkdirTemp("", "test-kvm-")
	if err != nil {
		return 0, err
	}
	defer remove()
	if err := os.Chmod(work, 0o755); err != nil { // apt's own user looks in
		return 0, err
	}
	if err := prepare(ctx, work, o); err != nil {
		return 0, err
	}
	began := time.Now()
	report, err := judged(ctx, work, o)
	if err != nil {
		return 0, err
	}
	fmt.Printf("\nThe machine ran for %.0f s.\n\n", time.Since(began).Seconds())
	report.write(os.Stdout)
	return len(report.problems), nil
}

// judged runs the machine's steps, and those that went wrong once more: the QEMU that emulates the
// machine loses an interrupt of a guest's guest now and then, and the guest then stands still or
// resets itself. The notes say what went wrong at first.
func judged(ctx context.Context, work string, o options) (*report, error) {
	done, notes, err := attempts(ctx, work, o, nil)
	if err != nil {
		return nil, err
	}
	r := judge(done, o)
	if len(r.failed) > 0 {
		for _, problem := range r.problems {
			notes = append(notes, "Went wrong at first, and was run a second time: "+problem)
		}
		done, more, err := attempts(ctx, work, o, r.failed)
		if err != nil {
			return nil, err
		}
		r, notes = judge(done, o), append(notes, more...)
	}
	r.notes = append(r.notes, notes...)
	return r, nil
}

// attempts runs the machine, and again where it ended before its script did, which is the
// doing of the QEMU that emulates it and not of what runs there. The script then goes on
// after the last step that was done, until three attempts in a row have done none. The steps of
// again are run although they were done. It returns what the machine wrote, and a note of each
// early end.
func attempts(ctx context.Context, work string, o options, again []string) (done steps.Run, notes []string, err error) {
	root := filepath.Join(work, "root")
	for before, idle := 0, 0; idle < 3; before = len(done.Steps) {
		early, err := boot(ctx, root, o.timeout, again)
		again = nil
		if err != nil {
			return done, nil, err
		}
		if done, err = collect(ctx, work, o.keep); err != nil || early == "" {
			return done, notes, err
		}
		if idle++; len(done.Steps) > before {
			idle = 0
		}
		notes = append(notes, "The machine ended before its script did, and was started again; "+early)
		if err := repair(ctx, filepath.Join(root, "disk")); err != nil {
			return done, notes, err
		}
	}
	return done, notes, nil
}
