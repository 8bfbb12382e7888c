package bpf_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The annotations of bpflab_expect.h are nothing at all to a compiler that knows no declaration
// tags.
func TestAnnotationsElsewhere(t *testing.T) {
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip(err)
	}
	const use = `#include "bpflab_expect.h"
bpflab_failure("<5.3") bpflab_msg("<5.3", "back-edge") bpflab_not_msg("", "x") bpflab_retval(">=5.3", -1) bpflab_xlated("", "0: exit")
bpflab_success_unpriv("") bpflab_log_level("", 2) bpflab_flag("", BPF_F_SLEEPABLE) bpflab_description("d") bpflab_skip("<4.20", "why")
int f(void) { return 0; }
`
	cmd := exec.Command(gcc, "-E", "-P", "-x", "c", "-I", filepath.Join("include"), "-D__has_attribute(x)=0", "-")
	cmd.Stdin = strings.NewReader(use)
	out, err := cmd.Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != "int f(void) { return 0; }" {
		t.Errorf("%v\n%s", err, out)
	}
}
