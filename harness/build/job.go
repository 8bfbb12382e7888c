package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms/child"
	"github.com/bpflab/bpflab/vms/lease"
)

// maxMessages bounds clang's output, in bytes.
const maxMessages = 256 << 10

// job is one run of clang.
type job struct {
	kind    kind
	source  Source
	clang   Clang
	files   closure
	timeout time.Duration
	memory  int64

	watch watch

	tools *toolchain // what a confined clang consists of; nil: it is not confined
}

// key returns a digest of all that the object depends on.
func (j job) key() string {
	lines := append([]string{"bpflab object 1", j.clang.Version, "main " + j.source.Main}, j.kind.flags...)
	lines = append(lines, searchFlags(j.source, j.clang.Headers)...)
	lines = append(lines, j.files.manifest()...)
	return digest([]byte(strings.Join(lines, "\n")))
}

// LimitError is the error for a compilation that took too much.
type LimitError struct {
	Source string
	Limit  string // e.g. "60 s", "4096 MiB of memory" or "64 MiB of output"
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("compiling %s: clang needed more than %s and was stopped; look for an endless include or macro", e.Source, e.Limit)
}

// HostError is an error of the machine that compiles, not of what is compiled: a disk that
// is full or cannot be written. A missing clang is a *ToolError.
type HostError struct{ Err error }

func (e *HostError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *HostError) Unwrap() error { return e.Err }

// OfHost reports whether an error is that of the machine that compiles.
func OfHost(err error) bool {
	return errors.As(err, new(*HostError)) || errors.As(err, new(*ToolError))
}

// run compiles in a directory of its own, which is gone afterwards. covered
// reports whether clang read nothing but what the job's key covers.
func (j job) run(ctx context.Context) (object []byte, covered bool, err error) {
	dir, remove, err := lease.MkdirTemp("", lease.Prefix+"build-")
	if err != nil {
		return nil, false, &HostError{fmt.Errorf("compiling %s: %w", j.source.Name, err)}
	}
	defer remove()
	tree := filepath.Join(dir, "tree")
	if err := j.files.write(tree); err != nil {
		return nil, false, &HostError{fmt.Errorf("compiling %s: %w", j.source.Name, lease.ExplainTemp(err))}
	}
	if err := j.compile(ctx, tree); err != nil {
		return nil, false, err
	}
	return j.collect(dir)
}

// collect reads the files that clang has written beside the tree.
func (j job) collect(dir string) (object []byte, covered bool, err error) {
	object, err = os.ReadFile(filepath.Join(dir, "object"))
	if err != nil {
		return nil, false, fmt.Errorf("compiling %s: clang wrote no object: %w", j.source.Name, err)
	}
	if j.kind.check != nil {
		if err := j.kind.check(j.source.Name, bytes.NewReader(object)); err != nil {
			return nil, false, err
		}
	}
	read, err := os.ReadFile(filepath.Join(dir, "read"))
	if err != nil {
		return nil, false, fmt.Errorf("compiling %s: %w", j.source.Name, err)
	}
	return object, j.covered(dependencies(string(read))), nil
}

func (j job) covered(names []string) bool {
	for _, name := range names {
		if !j.files.covers(name) {
			return false
		}
	}
	return true
}

// dependencies parses the make rule that clang writes with -MD.
func dependencies(rule string) []string {
	_, list, _ := strings.Cut(rule, ":")
	return strings.Fields(strings.ReplaceAll(list, "\\\n", " "))
}

func (j job) compile(ctx context.Context, tree string) error {
	limited, cancel := context.WithTimeout(ctx, j.timeout)
	defer cancel()
	spent, spend := context.WithCancel(limited)
	defer spend()
	messages := &head{limit: maxMessages}
	err := j.exec(spent, spend, tree, messages)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return &LimitError{Source: j.source.Name, Limit: j.timeout.String()}
	case spent.Err() != nil:
		return &LimitError{Source: j.source.Name, Limit: j.watch.limit.String() + " of processor time"}
	case outOfMemory(messages.String()):
		return &LimitError{Source: j.source.Name, Limit: fmt.Sprintf("%d MiB of memory", j.memory>>20)}
	case wroteTooMuch(err):
		return &LimitError{Source: j.source.Name, Limit: fmt.Sprintf("%d MiB of output", maxObject>>20)}
	case !errors.As(err, new(*exec.ExitError)):
		return &HostError{fmt.Errorf("compiling %s: %w", j.source.Name, err)}
	}
	return newCompileError(j.source, messages.String(), err)
}

func outOfMemory(messages string) bool {
	return strings.Contains(messages, "out of memory") || strings.Contains(messages, "std::bad_alloc")
}

// exec runs clang. It calls spend if clang has used more processor time than it may.
func (j job) exec(ctx context.Context, spend func(), tree string, messages *head) error {
	cmd := exec.CommandContext(ctx, j.clang.Path, j.arguments()...)
	cmd.Dir = tree
	cmd.Env = append(environment(), "PWD="+tree, "TMPDIR="+filepath.Dir(tree), "LLVM_DISABLE_SYMBOLIZATION=1")
	cmd.Stderr = messages
	cmd.WaitDelay = time.Second
	start := (*exec.Cmd).Start
	if j.tools != nil {
		// the loader cannot read the system's list of libraries
		cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+strings.Join(j.tools.libraries, ":"))
		cmd.Path = j.tools.clang
		start = func(cmd *exec.Cmd) error {
			return startConfined(cmd, *j.tools, j.clang.Headers, filepath.Dir(tree))
		}
	}
	wait, err := child.Begin(cmd, start)
	if err != nil {
		return err
	}
	defer j.watch.begin(cmd.Process.Pid, spend)()
	limitErr := limit(cmd.Process.Pid, j.memory, maxObject)
	return errors.Join(wait(), limitErr)
}

func (j job) arguments() []string {
	args := append([]string{}, j.kind.flags...)
	args = append(args, searchFlags(j.source, j.clang.Headers)...)
	return append(args, "-MD", "-MF", "../read", "-o", "../object", "./"+j.source.Main)
}

// head keeps the first bytes written to it.
type head struct {
	bytes.Buffer
	limit int
}

func (h *head) Write(p []byte) (int, error) {
	if room := h.limit - h.Len(); room > 0 {
		h.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
