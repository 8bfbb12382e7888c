package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Nothing runs on another kernel than the pinned one.
func TestRunLocked(t *testing.T) {
	needVMs(t)
	t.Setenv("BPFLAB_CACHE", t.TempDir())
	mirror := httptest.NewServer(http.NotFoundHandler())
	defer mirror.Close()
	o := bpflab(t, "run", "hello", "--kernel", "6.1", "--locked", "--mirror", mirror.URL+"/debian")
	o.want(t, verdict.ExitInfra)
	if len(o.result.Cells) > 0 || !strings.Contains(o.stderr, kernel.ErrGone.Error()) || !strings.Contains(o.stderr, "--locked") {
		t.Errorf("%d cells; it says %s", len(o.result.Cells), o.stderr)
	}
}
