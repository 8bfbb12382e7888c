package run

// seat is a running cell's place in the gate. Its fields are the gate's to
// change.
type seat struct {
	gate     *gate
	kind     kind
	machine  holder // nil while the cell has none
	held     int64  // what it held when it was last looked at, in bytes
	measured bool   // the last machine told what it held when it was let go
}

// holder is a machine that can say how many bytes of the host's memory it holds
// now, as a vms.Measured can.
type holder interface{ Memory() int64 }

// watch has the machine measured from now on. letGo ends that with a last
// look; call it before the machine is closed. A guest keeps what it once
// touched, so the last look is about the most it held.
func (s *seat) watch(machine any) (letGo func()) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.machine, _ = machine.(holder)
	return s.letGo
}

func (s *seat) letGo() {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	var last int64
	if s.machine != nil {
		last = s.machine.Memory()
	}
	s.gate.ledger.saw(s, last)
	s.machine, s.held, s.measured = nil, 0, last > 0
}

// leave gives the seat back, once its machine is gone. worked says that the
// cell did all its work.
func (s *seat) leave(worked bool) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.ledger.leave(s, worked)
	s.gate.wake()
}
