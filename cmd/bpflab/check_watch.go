package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/lease"
)

// lookEvery is how often a project's files are looked at, if a look takes no longer than a
// part of it: lookShare is how many times as long as a look the pause after it is.
const (
	lookEvery = 100 * time.Millisecond
	lookShare = 9
)

// again checks the project, and again after each change of its files, until ctx ends. It
// returns what the last run that came to an end returned.
func (r *checkRun) again(ctx context.Context) error {
	if _, err := os.Stat(r.file); err != nil {
		return r.once(ctx) // which says what is wrong with it
	}
	if err := r.checkGiven(ctx); err != nil {
		return err
	}
	w, err := newProjectWatch(r)
	if err != nil {
		return err
	}
	tidy, err := r.settle()
	if err != nil {
		return err
	}
	defer tidy()
	r.record, r.seen = &record{}, w
	last := error(exitError{verdict.ExitInfra})
	for {
		w.begin()
		err := r.once(ctx)
		if ctx.Err() != nil {
			return last
		}
		last = r.said(err)
		r.std.note(fmt.Sprintf("bpflab: waits for a change of %d files; Ctrl-C ends it", len(w.before)))
		changed := w.wait(ctx)
		if ctx.Err() != nil {
			return last
		}
		r.std.note(fmt.Sprintf("\nbpflab: %s: changed: %s", time.Now().Format(time.TimeOnly), inShort(changed)))
		r.built = r.built && w.sparesBuild(changed)
	}
}

// said shows an error, and returns it as one that was shown.
func (r *checkRun) said(err error) error {
	if err == nil || errors.Is(err, errReported) {
		return err
	}
	fmt.Fprintln(r.std.err, "bpflab:", err)
	return exitError{exitCode(err)}
}

// inShort names some files.
func inShort(names []string) string {
	const few = 3
	if more := len(names) - few; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), more)
	}
	return strings.Join(names, ", ")
}

// checkGiven returns an error if --kernel names none: no change of a file makes that right.
func (r *checkRun) checkGiven(ctx context.Context) error {
	if !r.chosen {
		return nil
	}
	return r.checkKernels(ctx)
}

// settle gives all runs one directory for their results and a standby, which holds machines
// like those that they use, until tidy is called.
func (r *checkRun) settle() (tidy func(), err error) {
	if r.dir, err = resultDir(r.dir); err != nil {
		return nil, err
	}
	dir, remove, err := lease.MkdirTemp("", lease.Prefix+"watch-")
	if err != nil {
		return nil, err
	}
	release := holdMachines(&r.provider, dir)
	return func() { release(); remove() }, nil
}

// projectWatch sees changes of what a project is made of.
type projectWatch struct {
	run    *checkRun
	dir    string          // of the project
	own    []string        // files and directories that bpflab writes
	made   map[string]bool // files that a build has changed, and nobody else since
	before stamps          // as the last run found all
	took   time.Duration   // for the last look
}

func newProjectWatch(r *checkRun) (w *projectWatch, err error) {
	w = &projectWatch{run: r, made: map[string]bool{}}
	if w.dir, err = filepath.Abs(filepath.Dir(r.file)); err != nil {
		return nil, err
	}
	for _, name := range nonEmpty(r.json, r.junit, r.html, r.dir) {
		path, err := filepath.Abs(name)
		if err != nil {
			return nil, err
		}
		w.own = append(w.own, path)
	}
	return w, nil
}

// begin notes how all is before a run.
func (w *projectWatch) begin() { w.before = w.look() }

// look returns the stamps of all that the project is made of, as far as its file says so.
func (w *projectWatch) look() stamps {
	began := time.Now()
	names := []string{filepath.Base(w.run.file)}
	if p := w.run.project; p != nil {
		names = append(names, p.Files()...)
	}
	for _, c := range w.run.checks {
		if c, ok := c.(interface{ files() []string }); ok {
			names = append(names, c.files()...)
		}
	}
	all := stampsOf(w.absolute(names))
	maps.DeleteFunc(all, func(name string, _ stamp) bool { return w.isOwn(name) })
	w.took = time.Since(began)
	return all
}

// absolute returns names as they are from everywhere.
func (w *projectWatch) absolute(names []string) (out []string) {
	for _, name := range names {
		if !filepath.IsAbs(name) {
			name = filepath.Join(w.dir, name)
		}
		out = append(out, name)
	}
	return out
}

// sparesBuild reports whether the build reads none of some files: the project's own file, and
// those with presets or types for bpflab, unless its inputs name them.
func (w *projectWatch) sparesBuild(changed []string) bool {
	p := w.run.project
	if p == nil || p.Build == nil {
		return false
	}
	spared := stampsOf(w.absolute(append(p.Settings(), filepath.Base(w.run.file))))
	inputs := stampsOf(w.absolute(p.Build.Inputs))
	return !slices.ContainsFunc(w.absolute(changed), func(name string) bool {
		_, isSpared := spared[name]
		_, isInput := inputs[name]
		return !isSpared || isInput
	})
}

// isOwn reports whether bpflab itself writes a file: a report, or its own output.
func (w *projectWatch) isOwn(name string) bool {
	for _, own := range w.own {
		if name == own || strings.HasPrefix(name, own+string(filepath.Separator)) {
			return true
		}
	}
	return isStream(name, w.run.std.out) || isStream(name, w.run.std.err)
}

// isStream reports whether a stream goes to a file.
func isStream(name string, stream io.Writer) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	to, err := f.Stat()
	if err != nil || !to.Mode().IsRegular() {
		return false
	}
	info, err := os.Stat(name)
	return err == nil && os.SameFile(info, to)
}

// mostBuilds is how often a build runs at most because files were changed meanwhile.
const mostBuilds = 3

// build runs a build. It runs once more if a file was changed meanwhile that no build has
// changed before: somebody may have saved it.
func (w *projectWatch) build(run func() error) (err error) {
	for range mostBuilds {
		before := w.look()
		err = run()
		w.before = w.look()
		for _, o := range w.run.project.Objects {
			for name := range stampsOf(w.absolute(o.Files)) {
				w.made[name] = true
			}
		}
		again := false
		for _, name := range w.before.since(before) {
			again = again || !w.made[name]
			w.made[name] = true
		}
		if !again {
			break
		}
	}
	return err
}

// wait returns the names of files that were changed, when the last of them is complete. It
// returns nil when ctx ends.
func (w *projectWatch) wait(ctx context.Context) []string {
	for w.pause(ctx) {
		now := w.look()
		if len(now.since(w.before)) == 0 {
			continue
		}
		for until := time.Now().Add(longestSave); time.Now().Before(until) && w.pause(ctx); {
			next := w.look()
			if len(next.since(now)) == 0 {
				break
			}
			now = next
		}
		changed := now.since(w.before)
		for _, name := range changed {
			delete(w.made, name)
		}
		if len(changed) > 0 {
			return w.relative(changed)
		}
	}
	return nil
}

// longestSave is how long to wait for the end of a burst of changes.
const longestSave = 3 * time.Second

// pause waits until it is time for another look; false means that ctx ended.
func (w *projectWatch) pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(max(lookEvery, lookShare*w.took)):
		return true
	}
}

// relative returns names as seen from the project's directory.
func (w *projectWatch) relative(names []string) (out []string) {
	for _, name := range names {
		if short, err := filepath.Rel(w.dir, name); err == nil {
			name = short
		}
		out = append(out, name)
	}
	return out
}
