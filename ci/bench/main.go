// Command bench measures what this project claims of its speed and memory, in
// one run and as medians of several rounds, and prints it as Markdown:
// `make bench`, or `make bench ARGS='-o docs/benchmarks.md'`. While it measures
// it says on standard error what.
//
// What is compared with each other is measured by turns, so that what else the
// host does meets both. Machines that bench starts itself keep their templates
// and archives in a directory of their own, which is removed at the end; those
// of `bpflab run` use the user's cache.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Setenv("BPFLAB_STANDBY", "0") // a row that measures a standby says so itself
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	b, err := newBench(ctx, o, stderr)
	if err != nil {
		return err
	}
	defer b.close()
	parts, err := b.measure(ctx, o.only)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	text := b.page(parts)
	fmt.Fprint(stdout, text)
	if o.output != "" {
		if err := os.WriteFile(o.output, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return writeTables(o.tables, parts)
}

// writeTables writes what was measured for programs, unless file is "".
func writeTables(file string, parts []part) error {
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(parts, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
