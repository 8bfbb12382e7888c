package guest

import (
	"runtime"
	"sync"
)

// spareThreads is how many threads the agent has before any command runs. A command
// that takes all threads the kernel has must not end PID 1, as Go's runtime does when
// it gets no new one.
const spareThreads = 32

// reserveThreads makes threads, which the runtime keeps.
func reserveThreads() {
	var all, ended sync.WaitGroup
	all.Add(spareThreads)
	for range spareThreads {
		ended.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			all.Done()
			all.Wait()
		})
	}
	ended.Wait()
}
