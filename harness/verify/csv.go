package verify

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// columns are veristat's names (tools/testing/selftests/bpf/veristat.c), and what it does
// not have: the kernel, its release, the loader, why a program was rejected, and the preset.
var columns = []string{"file_name", "prog_name", "verdict", "duration", "total_insns", "total_states", "peak_states",
	"prog_size", "prog_size_jited", "prog_type", "stack_depth", "kernel", "release", "loader", "reason", "preset"}

// CSV writes a line for each result. The duration is in microseconds, sizes are
// in bytes.
func CSV(w io.Writer, r Report) error {
	out := csv.NewWriter(w)
	out.Write(columns)
	for _, one := range r.Results {
		out.Write(append([]string{one.Object, one.Program, one.verdict()}, append(one.figures(),
			strconv.Itoa(one.XlatedLen), strconv.Itoa(one.JitedLen), one.Type, one.StackDepth, one.Kernel, one.Release, one.Loader, one.code(), one.Preset)...))
	}
	out.Flush()
	return out.Error()
}

// figures returns the duration and what the verifier counted.
func (r Result) figures() []string {
	return []string{strconv.Itoa(int(r.Load * 1e6)), strconv.Itoa(r.Insns), strconv.Itoa(r.States), strconv.Itoa(r.PeakStates)}
}

// verdict returns the verdict as veristat prints it.
func (r Result) verdict() string {
	switch {
	case r.Infra != "":
		return "unknown"
	case r.Accepted:
		return "success"
	case r.failed():
		return "failure"
	}
	return "unknown"
}

// WriteVeristat writes a file for each kernel, each preset, and each loader if programs were loaded with several,
// into a directory: CSV that `veristat -C` compares, of any version of it. It has the columns that
// all versions know, and only programs that were judged, for veristat has no other verdict.
func WriteVeristat(dir string, r Report) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files, loader := map[string]*strings.Builder{}, r.perLoader()
	for _, one := range r.Results {
		name := plain(one.Kernel)
		if one.Preset != "" {
			name += "." + one.Preset
		}
		if with := loader(one); with != "" {
			name += "." + with
		}
		name += ".csv"
		if files[name] == nil {
			files[name] = &strings.Builder{}
			fmt.Fprintln(files[name], strings.Join(columns[:7], ","))
		}
		if one.judged() && one.Program != "" {
			fmt.Fprintln(files[name], strings.Join(append([]string{field(one.Object), field(one.Program), one.verdict()}, one.figures()...), ","))
		}
	}
	var errs []error
	for name, text := range files {
		errs = append(errs, os.WriteFile(filepath.Join(dir, name), []byte(text.String()), 0o644))
	}
	return errors.Join(errs...)
}

// field returns a name as veristat reads it, which knows no quotes.
func field(name string) string {
	return strings.Map(func(r rune) rune {
		if r == ',' || r == '"' {
			return '_'
		}
		return r
	}, clean(name))
}
