package lease

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lockPoll is how often to try a lock that another process holds.
const lockPoll = 20 * time.Millisecond

// Lock waits for the lock of a file, which it makes if there is none and never removes,
// and returns its release. It locks out all others, in this process and in any; one that
// dies lets go of it. When ctx ends first, the error is its cause.
//
// Some file systems have no locks. There a second file, PATH.held, stands for the lock. A
// process of another PID namespace or host may then take it too early, so what a lock
// guards must be files that appear whole: the lock saves doing the work twice.
func Lock(ctx context.Context, path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	// Another user who may read the file can lock it, too.
	l := flock.New(path, flock.SetPermissions(0o644))
	try, release := func() (bool, error) { return tryLock(l) }, func() { l.Close() }
	for {
		locked, err := try()
		if unsupported(err) {
			l.Close()
			held := path + ".held"
			try, release = func() (bool, error) { return create(held) }, func() { os.Remove(held) }
			continue
		}
		if locked {
			return release, nil
		}
		if err != nil {
			l.Close()
			return nil, err
		}
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			l.Close()
			return nil, context.Cause(ctx)
		}
	}
}

// tryLock asks a file system for a lock; a variable for tests of file systems that have none.
var tryLock = (*flock.Flock).TryLock
