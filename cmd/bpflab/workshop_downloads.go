package main

import (
	"fmt"
	"sync"

	"github.com/bpflab/bpflab/vms/kernel"
)

// workshopDownloads shows downloads as other commands do, until the terminal front end
// has the terminal: from then on they go to its status line. It implements
// kernel.Progress.
type workshopDownloads struct {
	mu       sync.Mutex
	shown    kernel.Progress
	frontEnd chan string // nil: shown shows them
}

// redirect sends descriptions of downloads to the returned channel from now on. Only
// the latest text counts, and "" means that no download is in progress.
func (d *workshopDownloads) redirect() <-chan string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.frontEnd = make(chan string, 1)
	return d.frontEnd
}

// Bytes implements kernel.Progress.
func (d *workshopDownloads) Bytes(name string, done, total int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.frontEnd == nil:
		d.shown.Bytes(name, done, total)
	case total > 0 && done >= total:
		d.send("")
	case total > 0:
		d.send(fmt.Sprintf("fetching %s: %d %% of %s", name, 100*done/total, size(total)))
	default:
		d.send(fmt.Sprintf("fetching %s: %s", name, size(done)))
	}
}

// Note implements kernel.Progress.
func (d *workshopDownloads) Note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.frontEnd == nil {
		d.shown.Note(line)
	}
}

// send replaces a text that was not received yet. The caller holds the lock.
func (d *workshopDownloads) send(text string) {
	select {
	case <-d.frontEnd:
	default:
	}
	d.frontEnd <- text
}
