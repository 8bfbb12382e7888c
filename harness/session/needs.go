package session

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

// checkNeeds looks for the options a lab needs in the kernel's configuration.
// A kernel whose configuration is unknown is taken to have them.
func (s *Session) checkNeeds(ctx context.Context, job Job) (verdict.Verdict, string, error) {
	if v, reason, err := s.checkLSM(ctx, job.Lab.LSM); err != nil || v != verdict.Pass {
		return v, reason, err
	}
	if len(job.Lab.Needs) == 0 {
		return verdict.Pass, "", nil
	}
	config, err := s.config(ctx, job)
	if err != nil || !config.Known {
		return verdict.Pass, "", err
	}
	for _, need := range job.Lab.Needs {
		if v := config.Values[need.Config]; v == "y" || v == "m" {
			continue
		}
		reason := fmt.Sprintf("the kernel was built without %s", need.Config)
		if need.Due(s.version(job.Kernel)) {
			return verdict.Fail, reason + fmt.Sprintf(", which kernels have since %s", need.Since), nil
		}
		return verdict.Unsupported, reason, nil
	}
	return verdict.Pass, "", nil
}

// checkLSM looks whether a security module is active.
func (s *Session) checkLSM(ctx context.Context, name string) (verdict.Verdict, string, error) {
	if name == "" {
		return verdict.Pass, "", nil
	}
	var health wire.Health
	err := s.call(ctx, wire.OpHealth, wire.HealthAsk{}, &health, wire.IO{})
	if err != nil || slices.Contains(strings.Split(health.LSMs, ","), name) {
		return verdict.Pass, "", err
	}
	return verdict.Unsupported, fmt.Sprintf("the security module %s is not active; active are: %s", name, health.LSMs), nil
}

func (s *Session) config(ctx context.Context, job Job) (wire.ConfigResult, error) {
	if job.Kernel.Config != "" {
		return readConfig(job.Kernel.Config)
	}
	var res wire.ConfigResult
	err := s.call(ctx, wire.OpConfig, wire.Config{Names: needed(job.Lab)}, &res, wire.IO{})
	return res, err
}

func needed(l *lab.Lab) []string {
	var names []string
	for _, n := range l.Needs {
		names = append(names, n.Config)
	}
	return names
}

func readConfig(path string) (wire.ConfigResult, error) {
	f, err := os.Open(path)
	if err != nil {
		return wire.ConfigResult{}, err
	}
	defer f.Close()
	res := wire.ConfigResult{Known: true, Values: map[string]string{}}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if name, value, ok := strings.Cut(lines.Text(), "="); ok {
			res.Values[name] = value
		}
	}
	return res, lines.Err()
}
