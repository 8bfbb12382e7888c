package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/standby"
)

// standbyVariable says whether verbs start a standby: 1 is yes, 0 that they use none that
// runs either.
const standbyVariable = "BPFLAB_STANDBY"

// standbyMemory is what machines that wait hold together, if nobody says.
const standbyMemory = 512 << 20

// standbyIdle is how long a machine waits in a standby that a verb has started.
const standbyIdle = 5 * time.Minute

// standbyFor returns what asks the user's standby for machines, nil if that is not wanted.
func standbyFor(w where) *standby.Client {
	mode := os.Getenv(standbyVariable)
	if w.own || mode == "0" {
		return nil
	}
	if w.standby != "" {
		return &standby.Client{Dir: w.standby, Build: buildID()}
	}
	c, err := standbyClient(w.cache)
	if err != nil {
		return nil
	}
	if mode == "1" {
		c.Begin = beginStandby
	}
	return c
}

func standbyClient(cache string) (*standby.Client, error) {
	dir, err := standbyDir(cache)
	return &standby.Client{Dir: dir, Build: buildID()}, err
}

// standbyDir returns the directory of the standby for a cache: another cache has other
// templates.
func standbyDir(cache string) (string, error) {
	base := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bpflab")
	if base == "bpflab" {
		var err error
		if base, err = stateDir(); err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256([]byte(cache))
	return filepath.Join(base, fmt.Sprintf("standby-%x", sum[:4])), nil
}

// buildID names this program's file: the same version may be built twice.
func buildID() string {
	info, err := os.Stat("/proc/self/exe")
	if err != nil {
		return version
	}
	inode := info.Sys().(*syscall.Stat_t).Ino
	return fmt.Sprintf("%s %d %d %d", version, inode, info.Size(), info.ModTime().UnixNano())
}

// beginStandby starts a server that outlives this process. It learns of this process's end
// by the end of its standard input.
func beginStandby(lock *os.File, first standby.Wanted) error {
	text, err := json.Marshal(first)
	if err != nil {
		return err
	}
	in, held, err := os.Pipe()
	if err != nil {
		return err
	}
	defer in.Close()
	unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) // what this process has inherited goes no further
	cmd := exec.Command("/proc/self/exe", "standby", "--background")
	cmd.Args[0] = os.Args[0]
	cmd.Dir, cmd.Stdin, cmd.ExtraFiles = "/", in, []*os.File{lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		held.Close()
		return err
	}
	go cmd.Wait()
	_, err = held.Write(append(text, '\n')) // held stays open as long as this process
	return err
}

// standbyFlags are the flags of `bpflab standby`.
type standbyFlags struct {
	machineFlags
	memory       sizeFlag
	status, stop bool
	background   bool
}

func newStandbyCmd() *cobra.Command {
	var f standbyFlags
	cmd := &cobra.Command{
		Use:   "standby",
		Short: "Hold machines that other verbs take over at once",
		Long: `Hold a machine for each kernel, which other verbs of the same user take over in place of
starting one. It has done once what machines are slow at the first time, and stands still. When
one is taken, another is made. It ends with Ctrl-C.

With BPFLAB_STANDBY=1, verbs start a standby themselves, which holds machines like those that
they use and ends when they are not used for 5 minutes. With BPFLAB_STANDBY=0 they use none.`,
		Example: `  bpflab standby --kernel 6.1,6.12 --memory 1GiB
  bpflab standby --status`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.do(cmd.Context(), streamsOf(cmd)) },
	}
	flags := cmd.Flags()
	f.defineKernels(flags)
	f.provider.name = "qemu"
	f.provider.defineAccel(flags)
	f.origin.define(flags)
	flags.Var(&f.memory, "memory", "what all machines that wait may hold, as 512M or 1GiB (default: 512MiB)")
	flags.BoolVar(&f.status, "status", false, "say what a standby holds")
	flags.BoolVar(&f.stop, "stop", false, "end the standby that runs")
	flags.BoolVar(&f.background, "background", false, "")
	flags.MarkHidden("background")
	cmd.MarkFlagsMutuallyExclusive("status", "stop", "background")
	return cmd
}

func (f *standbyFlags) do(ctx context.Context, std streams) error {
	cache, err := store.DefaultRoot()
	if err != nil {
		return err
	}
	client, err := standbyClient(cache)
	if err != nil {
		return err
	}
	f.provider.own = true
	switch {
	case f.status:
		return showStandby(std.out, client)
	case f.stop:
		if err := client.Stop(); err != nil && !errors.Is(err, standby.ErrNone) {
			return err
		}
		return nil
	case f.background:
		return f.serveInBackground(ctx, client)
	}
	return f.serve(ctx, std, client)
}

// showStandby prints what the standby holds.
func showStandby(w io.Writer, client *standby.Client) error {
	s, err := client.Status()
	if errors.Is(err, standby.ErrNone) {
		fmt.Fprintln(w, "no standby runs")
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(w, standbyLine(s, client.Build))
	for _, m := range s.Machines {
		state := "being made"
		if m.Ready {
			state = fmt.Sprintf("waits, with %d MiB", m.Memory>>20)
		}
		fmt.Fprintf(w, "%s\t%s, asked for %s ago\n", m.Name, state, time.Since(m.Used).Round(time.Second))
	}
	return nil
}

// checkStandby says what a standby holds; none is nothing that is missing.
func checkStandby(context.Context) finding {
	out := finding{Name: "standby", State: stateOK, Detail: "none runs; BPFLAB_STANDBY=1 makes verbs start one, which holds machines for the next ones"}
	cache, err := store.DefaultRoot()
	if err != nil {
		return out
	}
	client, err := standbyClient(cache)
	if err != nil {
		return out
	}
	status, err := client.Status()
	switch {
	case err == nil:
		out.Detail = standbyLine(status, client.Build)
	case !errors.Is(err, standby.ErrNone):
		out.State, out.Detail, out.Fix = stateMissing, "the one that runs does not answer: "+err.Error(), "end it: bpflab standby --stop, or kill"
	}
	return out
}

// standbyLine returns a standby in one line.
func standbyLine(s standby.Status, build string) string {
	var held int64
	waiting := 0
	for _, m := range s.Machines {
		if m.Ready {
			waiting, held = waiting+1, held+m.Memory
		}
	}
	line := fmt.Sprintf("a standby runs (process %d): machines that wait: %d, with %d of %d MiB; lent: %d", s.PID, waiting, held>>20, s.Limit>>20, s.Lent)
	if s.Build != build {
		line += "; it is of another build of bpflab, which this one does not use"
	}
	return line
}
