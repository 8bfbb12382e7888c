package workshop

import (
	"math"
	"time"

	"github.com/bpflab/bpflab/vms"
)

// View is a desk as faces show it.
type View struct {
	Step     string
	Since    time.Time
	Kernel   string
	Revision int
	Busy     Busy
	Machine  MachineView
	Steps    map[string]Progress
}

// MachineView is a desk's machine.
type MachineView struct {
	Phase   Phase  `json:"phase"`
	Release string `json:"release"` // uname -r
	Text    string `json:"text"`    // why it is gone
}

// Usage is what a desk's machine takes of the host.
type Usage struct {
	Machines int     // 0 or 1
	Memory   int64   // bytes that it alone holds
	CPU      float64 // share of a processor, lately
}

// Usage is what the desk's machine takes now.
func (ws *Workspace) Usage() Usage {
	m := ws.current()
	if m == nil {
		return Usage{}
	}
	return Usage{1, vms.Memory(m.session.Machine()), math.Float64frombits(m.load.Load())}
}

// Followed tells whether a face shows the desk.
func (ws *Workspace) Followed() bool { return ws.broker.followed() }

// Phase is how far a machine is.
type Phase string

// The phases. PhaseNone is a machine that nobody has needed yet.
const (
	PhaseNone     Phase = "none"
	PhaseStarting Phase = "starting"
	PhaseReady    Phase = "ready"
	PhaseGone     Phase = "gone"
)

// View is how the desk is now.
func (ws *Workspace) View() View {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	v := View{Step: ws.state.Step, Since: ws.state.Since, Kernel: ws.workshop.Kernels.Names()[0], Revision: ws.state.Revision,
		Busy: ws.busy, Machine: ws.machineView(), Steps: map[string]Progress{}}
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
