package workshop

import (
	"math"
	"time"

	"github.com/bpflab/bpflab/vms"
)

// View is the state of a workspace, for front ends.
type View struct {
	Step     string
	Since    time.Time
	Kernel   string
	Revision int
	Busy     Busy
	Ahead    int    // while waiting: jobs of others before this one
	Unsaved  string // why the progress is not on disk, "" if it is
	Machine  MachineView
	Steps    map[string]Progress
}

// MachineView is the state of a workspace's machine.
type MachineView struct {
	Phase   Phase  `json:"phase"`
	Release string `json:"release"` // uname -r
	Text    string `json:"text"`    // why it is gone
}

// Usage is what a workspace's machine uses of the host.
type Usage struct {
	Machines int     // 0 or 1
	Memory   int64   // bytes that it alone holds
	CPU      float64 // share of a processor, lately
}

// Usage returns what the workspace's machine uses now.
func (ws *Workspace) Usage() Usage {
	m := ws.current()
	if m == nil {
		return Usage{}
	}
	return Usage{1, vms.Memory(m.session.Machine()), math.Float64frombits(m.load.Load())}
}

// Followed reports whether a front end shows the workspace.
func (ws *Workspace) Followed() bool { return ws.broker.followed() }

// Phase is the phase of a machine's life.
type Phase string

// The phases. PhaseNone means that no machine was needed so far.
const (
	PhaseNone     Phase = "none"
	PhaseStarting Phase = "starting"
	PhaseReady    Phase = "ready"
	PhaseGone     Phase = "gone"
)

// View returns the state of the workspace.
func (ws *Workspace) View() View {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	v := View{Step: ws.state.Step, Since: ws.state.Since, Kernel: ws.workshop.Kernels.Names()[0], Revision: ws.state.Revision,
		Busy: ws.busy, Ahead: ws.ahead, Unsaved: ws.unsaved, Machine: ws.machineView(), Steps: map[string]Progress{}}
	for name, p := range ws.state.Steps {
		v.Steps[name] = *p
	}
	return v
}

func (ws *Workspace) machineView() MachineView {
	switch {
	case ws.machine != nil:
		return MachineView{Phase: PhaseReady, Release: ws.machine.session.Ready.Release}
	case ws.busy == BusyStarting:
		return MachineView{Phase: PhaseStarting}
	case ws.gone != "":
		return MachineView{Phase: PhaseGone, Text: ws.gone}
	}
	return MachineView{Phase: PhaseNone}
}
