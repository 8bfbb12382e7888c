package command

import "sync"

// Tail keeps the last Cap bytes written to it. It is safe for concurrent use.
type Tail struct {
	Cap int

	mu   sync.Mutex
	kept []byte
	cut  bool
}

func (t *Tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, b...)
	if over := len(t.kept) - 2*t.Cap; over > 0 { // in steps: to move all for each byte would be slow
		t.kept, t.cut = append(t.kept[:0], t.kept[len(t.kept)-t.Cap:]...), true
	}
	return len(b), nil
}

// String returns what was kept, with a mark where something is missing before it.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.kept
	if len(kept) > t.Cap {
		kept, t.cut = kept[len(kept)-t.Cap:], true
	}
	if t.cut {
		return "[...]" + string(kept)
	}
	return string(kept)
}
