package guest

import (
	"context"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/wire"
)

func TestIdleTimes(t *testing.T) {
	const stat = "cpu  10 0 20 300 5 0 0 0 0 0\ncpu0 5 0 10 100 2 0 0 0 0 0\ncpu1 5 0 10 200 3 0 0 0 0 0\nintr 1 2 3 4 5 6\nprocs_running 1\n"
	if got := parseIdleTimes(stat); !slices.Equal(got, []uint64{102, 203}) {
		t.Errorf("idle times %v", got)
	}
	for name, tt := range map[string]struct {
		began, now []uint64
		want       bool
	}{
		"both idle":      {[]uint64{100, 200}, []uint64{102, 205}, true},
		"one is busy":    {[]uint64{100, 200}, []uint64{110, 201}, false},
		"one came later": {[]uint64{100}, []uint64{110, 210}, false},
		"none is known":  {nil, nil, false},
	} {
		if allIdle(tt.began, tt.now) != tt.want {
			t.Errorf("%s: idle %t, want %t", name, !tt.want, tt.want)
		}
	}
}

// A command that ended may have left another one in its group.
func TestGroupsAreAliveUntilTheirLastProcess(t *testing.T) {
	leader := exec.Command("sh", "-c", "sleep 100 >/dev/null 2>&1 & echo $!")
	leader.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := leader.Run(); err != nil {
		t.Fatal(err)
	}
	var g groups
	g.add(leader.Process.Pid)
	if !g.alive() {
		t.Error("the group of a sleeping process is not alive")
	}
	a := newAgent(noReaper{})
	a.groups.add(leader.Process.Pid)
	if res, err := a.quiet(context.Background(), wire.QuietAsk{Within: 100 * time.Millisecond}); err != nil || res.Quiet {
		t.Errorf("quiet %t while a process of the command is left, error %v", res.Quiet, err)
	}
	if err := syscall.Kill(-leader.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for g.alive() {
		time.Sleep(time.Millisecond) // until somebody has reaped it
	}
	if len(g.ids) != 0 {
		t.Errorf("%v is kept", g.ids)
	}
}
