// Command bench measures what this project claims of its speed and memory, in
// one run and as medians, and prints it as Markdown: `make bench`, or
// `make bench ARGS='-o docs/benchmarks.md'`.
//
// The bare machine that others are compared with is the same QEMU with the
// same kernel, and a shell script as init that says one word.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	kernels := flags.String("kernel", "default", "kernels to measure")
	rounds := flags.Int("rounds", 5, "rounds; figures are medians")
	binary := flags.String("bpflab", "bin/bpflab", "the binary to measure")
	output := flags.String("o", "", "write the page to this file too")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rounds < 1 {
		return errors.New("-rounds is at least 1")
	}
	lab, err := newLab(ctx, *binary, strings.Split(*kernels, ","))
	if err != nil {
		return err
	}
	defer lab.close()
	var page strings.Builder
	if err := lab.write(ctx, &page, *rounds); err != nil {
		return err
	}
	fmt.Fprint(stdout, page.String())
	if *output == "" {
		return nil
	}
	return os.WriteFile(*output, []byte(page.String()), 0o644)
}

// write measures everything and writes the page.
func (l *lab) write(ctx context.Context, w io.Writer, rounds int) error {
	fmt.Fprintf(w, "# Benchmarks\n\nWritten by `make bench ARGS='-o docs/benchmarks.md'`; medians of %d rounds, one run.\n\n%s\n\n", rounds, machineDescription())
	boots, err := l.boots(ctx, rounds)
	if err != nil {
		return err
	}
	writeBoots(w, boots)
	hello, err := l.hello(ctx, rounds)
	if err != nil {
		return err
	}
	writeHello(w, hello)
	return nil
}
