package workshop

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"time"
)

// pollEvery is how often the C file is looked at for a save by another program.
const pollEvery = 200 * time.Millisecond

// watchFile takes over what the student saves with another editor, and checks it, until
// stop is closed.
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
			continue // an editor may be replacing it
		}
		if ws.isClosed() {
			return
		}
		if before = info; ws.takeFile() {
			go ws.Check(context.Background(), "") // subscribers receive the report
		}
	}
}

func (ws *Workspace) isClosed() bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.closed
}

// takeFile reads the C file from disk and reports whether it has changed.
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
	ws.setCode(text)
	return true
}
