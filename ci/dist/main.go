// Command dist makes what is released of bpflab, with nothing of the day or the machine in it:
// two runs on one commit give the same bytes.
//
//	make dist VERSION=v0.2.0
//
// It is a module of its own, so that what makes packages is no dependency of bpflab's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("dist", flag.ContinueOnError)
	version := flags.String("version", "", "version to release, as v0.2.0")
	repo := flags.String("repo", "../..", "the checkout")
	out := flags.String("out", "", "directory to write to (default: bin/dist of the checkout)")
	only := flags.String("targets", "", "make only these, as linux/amd64,darwin/arm64: no release, but what changes are tried with")
	image := flags.Bool("image", false, "make the OCI image, for which mmdebstrap and root are needed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r, err := newRelease(ctx, *repo, *version)
	if err != nil {
		return err
	}
	if r.targets, err = chosen(*only); err != nil {
		return err
	}
	r.out = *out
	if r.out == "" {
		r.out = filepath.Join(r.repo, "bin", "dist")
	}
	if r.out, err = filepath.Abs(r.out); err != nil {
		return err
	}
	return r.make(ctx, *image)
}

// make makes all files of the release. What an earlier run has made is removed first.
func (r *release) make(ctx context.Context, image bool) error {
	if err := errors.Join(os.RemoveAll(r.out), os.MkdirAll(r.out, 0o755)); err != nil {
		return err
	}
	r.say("binaries of %s (%s)", r.version, r.commit[:12])
	if err := r.binaries(ctx); err != nil {
		return err
	}
	docs, err := r.documents(ctx)
	if err != nil {
		return err
	}
	r.say("archives and packages")
	for _, t := range r.targets {
		if err := r.archive(t, docs); err != nil {
			return err
		}
		if t.os == "linux" {
			if err := r.packages(t, docs); err != nil {
				return err
			}
		}
	}
	r.say("bill of materials")
	if err := r.materials(ctx); err != nil {
		return err
	}
	if image {
		r.say("image")
		if err := r.image(ctx, docs); err != nil {
			return err
		}
	}
	if err := r.installer(); err != nil {
		return err
	}
	if err := os.RemoveAll(r.work()); err != nil {
		return err
	}
	return r.sums()
}

func (r *release) say(format string, args ...any) {
	fmt.Fprintln(os.Stderr, "dist: "+strings.TrimSpace(fmt.Sprintf(format, args...)))
}
