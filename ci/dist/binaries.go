package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// target is a system that bpflab is released for.
type target struct{ os, arch string } // by Go's names

var targets = []target{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}}

func (t target) String() string { return t.os + "_" + t.arch }

// chosen returns the targets that a list names, all for an empty one. This machine's own is
// needed, for it prints the documents.
func chosen(list string) (some []target, err error) {
	if list == "" {
		return targets, nil
	}
	for word := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(targets, func(t target) bool { return t.os+"/"+t.arch == word })
		if i < 0 {
			return nil, fmt.Errorf("%q is no target: there are %v", word, targets)
		}
		some = append(some, targets[i])
	}
	if own := (target{runtime.GOOS, runtime.GOARCH}); !slices.Contains(some, own) {
		return nil, fmt.Errorf("%s is this machine's, and not among the targets: it prints the manual pages", own)
	}
	return some, nil
}

// program returns the name of bpflab's file there.
func (t target) program() string {
	if t.os == "windows" {
		return "bpflab.exe"
	}
	return "bpflab"
}

// binary returns the path of a target's program.
func (r *release) binary(t target) string { return filepath.Join(r.work(), t.String(), t.program()) }

// agents are the architectures of machines whose agents all binaries have inside.
const agents = "amd64 arm64 s390x riscv64 ppc64le"

// binaries builds the page, the loader and the agents once, and then each target's program.
func (r *release) binaries(ctx context.Context) error {
	parts := filepath.Join(r.work(), "parts")
	settings := []string{"VERSION=" + r.version, "COMMIT=" + r.commit, "DATE=" + r.date.Format(time.RFC3339), "AGENTS=" + agents, "BIN=" + parts}
	if err := r.makefile(ctx, append(settings, "web", "loader", "agent")...); err != nil {
		return err
	}
	for _, part := range []string{"harness/workshop/web/dist/app.js.gz", "harness/libbpf/dist/loader.gz"} {
		if _, err := os.Stat(filepath.Join(r.repo, part)); err != nil {
			return fmt.Errorf("a release has all parts of bpflab inside, and this one was not built: %w", err)
		}
	}
	for _, t := range r.targets {
		r.say("%s", t)
		if err := r.makefile(ctx, append(settings, "OUT="+r.binary(t), "TARGET="+t.os+"/"+t.arch, "binary")...); err != nil {
			return err
		}
	}
	return nil
}

// makefile runs make in the checkout.
func (r *release) makefile(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "make", append([]string{"--no-print-directory", "-C", r.repo}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("make %s: %w", args[len(args)-1], err)
	}
	return nil
}

// own returns the program for this machine, which prints documents.
func (r *release) own() string { return r.binary(target{runtime.GOOS, runtime.GOARCH}) }
