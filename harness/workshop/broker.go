package workshop

import "sync"

// Event is something that faces of a desk show: exactly one of its parts is set.
type Event struct {
	State        bool          // it changed: ask the desk for its View
	Report       *Report       // a check has ended
	Code         *Code         // the C file changed
	Trace        *TraceUpdate  // lines of the kernel's trace
	Maps         []MapView     // the values of the loaded object's maps
	Announcement *Announcement // from the teacher
}

// Code is the C file and its revision.
type Code struct {
	Text     string `json:"code"`
	Revision int    `json:"revision"`
}

// NoticeToAll is a text from the teacher.
type Announcement struct {
	From string `json:"from"`
	Text string `json:"text"`
}

// hub hands events to whoever follows. One that does not keep up is let go: its channel
// is closed, and it may follow anew.
type broker struct {
	mu          sync.Mutex
	subscribers map[chan Event]bool
}

// backlog is how many events a follower may be behind.
const backlog = 256

func (b *broker) subscribe() (<-chan Event, func()) {
	ch := make(chan Event, backlog)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subscribers == nil {
		b.subscribers = map[chan Event]bool{}
	}
	b.subscribers[ch] = true
	return ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.drop(ch)
	}
}

// drop lets a follower go. The caller holds the lock.
func (b *broker) drop(ch chan Event) {
	if b.subscribers[ch] {
		delete(b.subscribers, ch)
		close(ch)
	}
}

func (b *broker) send(e Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.subscribers {
		select {
		case ch <- e:
		default:
			b.drop(ch)
		}
	}
}

// followed tells whether anybody follows.
func (b *broker) followed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.subscribers) > 0
}
