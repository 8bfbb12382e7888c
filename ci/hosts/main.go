// Command hosts tests bpflab on the systems of its users, as they come: in bare roots of
// Debian's and Ubuntu's releases, each with its own QEMU and clang, it runs the README's
// first command, all labs, and the tests. It writes what it found as a page, and exits
// with 1 where a system showed something else than the others, or less than it should.
//
//	go run ./ci/hosts [-o docs/hosts.md] [-full] [-rounds 3] [-keep DIR] [SUITE...]
//
// Needs root and apt.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/lease"
)

type options struct {
	page   string
	keep   string
	full   bool
	read   bool
	rounds int
	suites []string
}

func main() {
	var o options
	flag.StringVar(&o.page, "o", "", "write the page there")
	flag.StringVar(&o.keep, "keep", "", "leave there what the systems wrote, a directory each")
	flag.BoolVar(&o.full, "full", false, "run make test instead of the tests that boot nothing")
	flag.BoolVar(&o.read, "read", false, "run nothing, and judge what -keep has")
	flag.IntVar(&o.rounds, "rounds", 3, "how often starts are measured")
	flag.Parse()
	o.suites = flag.Args()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	problems, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "test-hosts:", err)
		os.Exit(3)
	}
	if problems > 0 {
		os.Exit(1)
	}
}

// run tests each system, and prints the page and the problems. It returns the number of
// problems.
func run(ctx context.Context, o options) (int, error) {
	chosen, err := choose(o.suites)
	if err != nil {
		return 0, err
	}
	if o.keep == "" {
		keep, remove, err := lease.MkdirTemp("", "test-hosts-")
		if err != nil {
			return 0, err
		}
		defer remove()
		o.keep = keep
	}
	var all []*findings
	for _, h := range chosen {
		dir := filepath.Join(o.keep, h.suite)
		skipped := ""
		if !o.read {
			if skipped, err = h.test(ctx, dir, o); err != nil {
				return 0, err
			}
		}
		f, err := h.judge(dir, skipped)
		if err != nil {
			return 0, err
		}
		all = append(all, f)
	}
	problems := conclude(all)
	writePage(os.Stdout, all)
	fmt.Println()
	for _, p := range problems {
		fmt.Println("PROBLEM:", p)
	}
	for _, f := range all {
		if f.skipped != "" {
			fmt.Printf("SKIPPED: %s: %s\n", f.suite, f.skipped)
		}
	}
	fmt.Printf("test-hosts: %d systems, %d problems\n", len(all), len(problems))
	if o.page == "" {
		return len(problems), nil
	}
	return len(problems), writeFile(o.page, func(w io.Writer) { writePage(w, all) })
}

func writeFile(path string, write func(io.Writer)) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	write(f)
	return f.Close()
}
