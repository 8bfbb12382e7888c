package guest

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// health looks at what labs need of their machine, without starting a process: there
// may be no room for one.
func (a *agent) health(_ context.Context, args wire.HealthAsk) (wire.Health, error) {
	h := wire.Health{Runs: a.loaded.runs(), LSMs: activeLSMs()}
	_, err := os.Stat("/bin/sh")
	h.NoShell = err != nil
	dir, err := tracefs()
	h.NoTracefs = err != nil
	if err == nil {
		h.TraceReaders = readersOf(dir + "/trace_pipe")
		on, err := os.ReadFile(dir + "/tracing_on")
		h.TracingOff = err == nil && strings.TrimSpace(string(on)) == "0"
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		h.Processes, h.FreeMemory = int(info.Procs), int64(info.Freeram)*int64(info.Unit)
	}
	switch {
	case args.Symbol != "":
		h.Similar = similarSymbols(args.Symbol)
	case args.Tracepoint != "" && !h.NoTracefs:
		h.Similar = similarTracepoints(dir+"/events", args.Tracepoint)
	}
	return h, nil
}

// readersOf returns the processes, except this one, that have a file open.
func readersOf(path string) []wire.Process {
	var out []wire.Process
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		pid, _ := strconv.Atoi(strings.Split(link, "/")[2])
		if target, err := os.Readlink(link); err != nil || target != path && filepath.Base(target) != "trace_pipe" || pid == os.Getpid() {
			continue
		}
		comm, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
		p := wire.Process{PID: pid, Comm: strings.TrimSpace(string(comm))}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// activeLSMs returns the kernel's list of security modules that are in force, "" where
// securityfs cannot be mounted.
func activeLSMs() string {
	const dir = "/sys/kernel/security"
	text, err := os.ReadFile(dir + "/lsm")
	if err != nil && (filesystem{kind: "securityfs", dir: dir}).mount() == nil {
		text, _ = os.ReadFile(dir + "/lsm")
	}
	return strings.TrimSpace(string(text))
}

// runs returns how often the loaded programs ran, of those the kernel counts.
func (o *loaded) runs() []wire.ProgramRun {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []wire.ProgramRun
	for _, name := range slices.Sorted(maps.Keys(o.programs)) {
		stats, err := o.programs[name].Stats()
		if err != nil || !countsRuns() {
			continue
		}
		out = append(out, wire.ProgramRun{Name: name, Runs: stats.RunCount})
	}
	return out
}

// countsRuns reports whether the kernel counts how often programs run (5.1 and later).
func countsRuns() bool {
	text, err := os.ReadFile("/proc/sys/kernel/bpf_stats_enabled")
	return err == nil && strings.TrimSpace(string(text)) == "1"
}
