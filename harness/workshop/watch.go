package workshop

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"time"
)

// lookEvery is how often a C file is looked at for a save by another program.
const pollEvery = 200 * time.Millisecond

// watchFile takes what the student saves with an editor of their own, and checks it,
// until stop.
func (ws *Workspace) watchFile(stop <-chan struct{}) {
	var before fs.FileInfo
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-stop:
			return
		}
		info, err := os.Stat(ws.files.codePath())
		if err != nil || before != nil && info.ModTime().Equal(before.ModTime()) && info.Size() == before.Size() {
			continue // an editor may be at replacing it
		}
		if before = info; ws.takeFile() {
			go ws.Check(context.Background(), "") // followers hear of it
		}
	}
}

// takeFile takes the C file from disk, and tells whether it is another than before.
func (ws *Workspace) takeFile() bool {
	text, err := ws.files.readCode()
	if err != nil {
		return false
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if bytes.Equal(text, ws.code) || ws.closed {
		return false
	}
	ws.used = time.Now()
	return ws.changed(text) == nil
}
