package guest

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// statsFile switches the kernel's statistics of programs on and off, since Linux 5.1
// (kernel/bpf/syscall.c, bpf_stats_handler).
const statsFile = "/proc/sys/kernel/bpf_stats_enabled"

// lookForPrograms is how often the kernel is asked for new programs: one that a command has
// loaded is gone when the command ends.
const lookForPrograms = 10 * time.Millisecond

// runCounter has the kernel count how often and how long programs run. It keeps those that were
// loaded since it began.
type runCounter struct {
	mu       sync.Mutex
	stats    io.Closer // nil where it does not count
	stop     chan struct{}
	looking  sync.WaitGroup
	last     ebpf.ProgramID
	programs []*ebpf.Program
}

// countRuns begins to count.
func (a *agent) countRuns(context.Context, none) (wire.CountRunsResult, error) {
	c := &a.runs
	c.close()
	stats, err := enableStats()
	if errors.Is(err, fs.ErrNotExist) {
		return wire.CountRunsResult{Lacking: true}, nil
	}
	if err != nil {
		return wire.CountRunsResult{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats, c.stop = stats, make(chan struct{})
	c.last = lastProgram()
	c.looking.Go(func() { c.look(c.stop) })
	return wire.CountRunsResult{}, nil
}

// enableStats has the kernel count runs until it is closed: by BPF_ENABLE_STATS, since Linux
// 5.8, else by the sysctl. The error is fs.ErrNotExist where the kernel has neither.
func enableStats() (io.Closer, error) {
	if stats, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME); err == nil {
		return stats, nil
	}
	before, err := os.ReadFile(statsFile)
	if err != nil {
		return nil, err
	}
	return statsSwitch(before), os.WriteFile(statsFile, []byte("1\n"), 0)
}

// statsSwitch is what stood in statsFile.
type statsSwitch []byte

// Close restores it.
func (s statsSwitch) Close() error { return os.WriteFile(statsFile, s, 0) }

// lastProgram returns the identifier of the newest program.
func lastProgram() (last ebpf.ProgramID) {
	for {
		next, err := ebpf.ProgramGetNextID(last)
		if err != nil {
			return last
		}
		last = next
	}
}

// look takes new programs until stop is closed.
func (c *runCounter) look(stop chan struct{}) {
	tick := time.NewTicker(lookForPrograms)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			c.mu.Lock()
			c.take()
			c.mu.Unlock()
		}
	}
}

// take takes the programs that were loaded since the last look.
func (c *runCounter) take() {
	for {
		next, err := ebpf.ProgramGetNextID(c.last)
		if err != nil {
			return
		}
		c.last = next
		if p, err := ebpf.NewProgramFromID(next); err == nil {
			c.programs = append(c.programs, p)
		}
	}
}

// readRuns returns how often and how long the programs ran that were loaded since countRuns.
func (a *agent) readRuns(_ context.Context, args wire.Runs) (out wire.RunsResult, err error) {
	c := &a.runs
	if args.End {
		defer c.close()
	}
	names := a.loaded.names()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats == nil {
		return out, errors.New("runs are not counted")
	}
	c.take()
	for _, p := range c.programs {
		info, err := p.Info()
		if err != nil {
			return out, err
		}
		stats, err := p.Stats()
		if err != nil {
			return out, err
		}
		id, _ := info.ID()
		name := names[id]
		if name == "" {
			name = nameOf(info)
		}
		if name == "" {
			continue // a library's, which looks what the kernel can do
		}
		out.Programs = append(out.Programs, wire.ProgramRuns{Name: name, Runs: stats.RunCount, Nanoseconds: uint64(stats.Runtime)})
	}
	return out, nil
}

// longestName is how many characters of a program's name the kernel keeps (BPF_OBJ_NAME_LEN).
const longestName = 15

// nameOf returns a program's name, as the kernel's BTF of it has it where it was cut off.
func nameOf(info *ebpf.ProgramInfo) string {
	if len(info.Name) < longestName {
		return info.Name
	}
	if functions, err := info.FuncInfos(); err == nil && len(functions) > 0 && strings.HasPrefix(functions[0].Func.Name, info.Name) {
		return functions[0].Func.Name
	}
	return info.Name
}

// names returns the names of the loaded programs.
func (o *loaded) names() map[ebpf.ProgramID]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[ebpf.ProgramID]string{}
	for name, p := range o.programs {
		if info, err := p.Info(); err == nil {
			if id, ok := info.ID(); ok {
				out[id] = name
			}
		}
	}
	return out
}

// close ends the counting.
func (c *runCounter) close() {
	c.mu.Lock()
	stats, stop, programs := c.stats, c.stop, c.programs
	c.stats, c.stop, c.programs = nil, nil, nil
	c.mu.Unlock()
	if stats == nil {
		return
	}
	close(stop)
	c.looking.Wait()
	stats.Close()
	for _, p := range programs {
		p.Close()
	}
}
