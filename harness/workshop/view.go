package workshop

import "time"

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
func (d *Desk) View() View {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := View{Step: d.state.Step, Since: d.state.Since, Kernel: d.shop.Kernels.Names()[0], Revision: d.state.Revision,
		Busy: d.busy, Machine: d.machineView(), Steps: map[string]Progress{}}
	for name, p := range d.state.Steps {
		v.Steps[name] = *p
	}
	return v
}

func (d *Desk) machineView() MachineView {
	switch {
	case d.machine != nil:
		return MachineView{Phase: PhaseReady, Release: d.machine.session.Ready.Release}
	case d.busy == BusyStarting:
		return MachineView{Phase: PhaseStarting}
	case d.gone != "":
		return MachineView{Phase: PhaseGone, Text: d.gone}
	}
	return MachineView{Phase: PhaseNone}
}
