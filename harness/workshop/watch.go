package workshop

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"time"
)

// lookEvery is how often a C file is looked at for a save by another program.
const lookEvery = 200 * time.Millisecond

// watchFile takes what the student saves with an editor of their own, and checks it,
// until stop.
func (d *Desk) watchFile(stop <-chan struct{}) {
	var before fs.FileInfo
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-stop:
			return
		}
		info, err := os.Stat(d.files.codePath())
		if err != nil || before != nil && info.ModTime().Equal(before.ModTime()) && info.Size() == before.Size() {
			continue // an editor may be at replacing it
		}
		if before = info; d.takeFile() {
			go d.Check(context.Background(), "") // followers hear of it
		}
	}
}

// takeFile takes the C file from disk, and tells whether it is another than before.
func (d *Desk) takeFile() bool {
	text, err := d.files.readCode()
	if err != nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if bytes.Equal(text, d.code) || d.closed {
		return false
	}
	d.used = time.Now()
	return d.changed(text) == nil
}
