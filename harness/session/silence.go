package session

import "time"

// mostLate is how much later than due a look may come on a busy host. What comes later yet was
// kept from running, as by Ctrl-Z, `docker pause` or a frozen control group.
const mostLate = 10 * time.Second

// listener counts a machine's silence only while this process runs: what the machine said
// meanwhile has not been read, and the machine may have been stopped as well.
type listener struct {
	last  time.Time // of the latest look
	since time.Time // no silence before this counts
}

// silence returns for how long a machine has been silent that was last heard so long ago.
func (l *listener) silence(now time.Time, unheard time.Duration) time.Duration {
	if now.Sub(l.last) > mostLate {
		l.since = now
	}
	l.last = now
	return min(unheard, now.Sub(l.since))
}
