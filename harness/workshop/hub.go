package workshop

import "sync"

// Event is something that faces of a desk show: exactly one of its parts is set.
type Event struct {
	State  bool         // it changed: ask the desk for its View
	Report *Report      // a check has ended
	Code   *Code        // the C file changed
	Trace  *TraceNews   // lines of the kernel's trace
	Maps   []MapNews    // the values of the loaded object's maps
	Notice *NoticeToAll // from the teacher
}

// Code is the C file and its revision.
type Code struct {
	Text     string `json:"code"`
	Revision int    `json:"revision"`
}

// NoticeToAll is a text from the teacher.
type NoticeToAll struct {
	From string `json:"from"`
	Text string `json:"text"`
}

// hub hands events to whoever follows. One that does not keep up is let go: its channel
// is closed, and it may follow anew.
type hub struct {
	mu   sync.Mutex
	subs map[chan Event]bool
}

// backlog is how many events a follower may be behind.
const backlog = 256

func (h *hub) subscribe() (<-chan Event, func()) {
	ch := make(chan Event, backlog)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs == nil {
		h.subs = map[chan Event]bool{}
	}
	h.subs[ch] = true
	return ch, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.drop(ch)
	}
}

// drop lets a follower go. The caller holds the lock.
func (h *hub) drop(ch chan Event) {
	if h.subs[ch] {
		delete(h.subs, ch)
		close(ch)
	}
}

func (h *hub) send(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.subs {
		select {
		case ch <- e:
		default:
			h.drop(ch)
		}
	}
}

// followed tells whether anybody follows.
func (h *hub) followed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs) > 0
}
