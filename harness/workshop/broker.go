package workshop

import "sync"

// Event is a change that the front ends of a workspace show. Exactly one field is set.
type Event struct {
	State        bool          // the state changed: call View for it
	Report       *Report       // of a check that has ended
	Code         *Code         // the C file changed
	Trace        *TraceUpdate  // lines of the kernel's trace
	Maps         []MapView     // values of the maps of the loaded object
	Announcement *Announcement // from the teacher
	Draft        *string       // text that is not saved yet, for observers
}

// Code is the C file and its revision.
type Code struct {
	Text     string `json:"code"`
	Revision int    `json:"revision"`
}

// Announcement is a text that the teacher sends to every student.
type Announcement struct {
	From    string `json:"from"`
	Text    string `json:"text"`
	Private bool   `json:"private"` // to this student alone
}

// broker delivers events to its subscribers. It drops a subscriber that does not keep
// up: it closes the channel, and the subscriber may subscribe again.
type broker struct {
	mu          sync.Mutex
	subscribers map[chan Event]bool // false for observers
}

// backlog is how many events a subscriber may be behind.
const backlog = 256

// subscribe returns a channel of events, and a function that ends the subscription. An
// observer, who does not work here, does not count as a follower.
func (b *broker) subscribe(follower bool) (<-chan Event, func()) {
	ch := make(chan Event, backlog)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subscribers == nil {
		b.subscribers = map[chan Event]bool{}
	}
	b.subscribers[ch] = follower
	return ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.drop(ch)
	}
}

// drop removes a subscriber. The caller holds the lock.
func (b *broker) drop(ch chan Event) {
	if _, there := b.subscribers[ch]; there {
		delete(b.subscribers, ch)
		close(ch)
	}
}

// dropAll removes all subscribers.
func (b *broker) dropAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.subscribers {
		b.drop(ch)
	}
}

// send delivers an event to every subscriber.
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

// followed reports whether there is any subscriber who is no observer.
func (b *broker) followed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, follower := range b.subscribers {
		if follower {
			return true
		}
	}
	return false
}
