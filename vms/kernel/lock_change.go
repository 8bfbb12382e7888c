package kernel

import "slices"

// LockChange is a pin that two lock files do not share.
type LockChange struct {
	Old Ref // the zero Ref for a new pin
	New Ref // the zero Ref for one that is gone
}

// IsNew reports whether there was no such pin.
func (c LockChange) IsNew() bool { return len(c.Old.Files) == 0 }

// IsGone reports whether there is no such pin any more.
func (c LockChange) IsGone() bool { return len(c.New.Files) == 0 }

// Changes returns how the pins of another lock file differ in their packages, in the order of
// its versions; pins that it lacks come last.
func (l Lock) Changes(to Lock) []LockChange {
	var all []LockChange
	for _, r := range to.Refs {
		if old, ok := l.pin(r.Label()); !ok || old.ID() != r.ID() {
			all = append(all, LockChange{old, r})
		}
	}
	for _, r := range l.Refs {
		if _, ok := to.pin(r.Label()); !ok {
			all = append(all, LockChange{Old: r})
		}
	}
	return all
}

// SameBusyboxes reports whether another lock file has the same busyboxes.
func (l Lock) SameBusyboxes(to Lock) bool { return slices.Equal(l.Busyboxes, to.Busyboxes) }

func (l Lock) pin(label string) (Ref, bool) {
	i := slices.IndexFunc(l.Refs, func(r Ref) bool { return r.Label() == label })
	if i < 0 {
		return Ref{}, false
	}
	return l.Refs[i], true
}
