package term

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/bpflab/bpflab/harness/workshop"
)

// eventBatch is a number of events of a workspace. If open is false the subscription
// has ended.
type eventBatch struct {
	from   *labSession
	events []workshop.Event
	open   bool
}

// maxBatch limits how many events are handled between two frames.
const maxBatch = 64

// waitForEvents waits for events of the lab and returns those that have arrived.
func waitForEvents(s *labSession) tea.Cmd {
	events := s.events
	return func() tea.Msg {
		batch := eventBatch{from: s}
		e, open := <-events
		for batch.open = open; open; {
			batch.events = append(batch.events, e)
			if len(batch.events) == maxBatch {
				return batch
			}
			select {
			case e, open = <-events:
				batch.open = open
			default:
				return batch
			}
		}
		return batch
	}
}

// handleEvents updates the screen with a batch of events.
func (m *model) handleEvents(batch eventBatch) tea.Cmd {
	if batch.from != m.session {
		return nil // of a workspace that was left
	}
	for _, e := range batch.events {
		m.handleEvent(e)
	}
	m.view = m.session.View()
	if !batch.open {
		m.pane.trace.dropped = true // another program had the screen for so long that the channel was full
		m.session.subscribe()
	}
	return waitForEvents(m.session)
}

// handleEvent updates the panes with one event.
func (m *model) handleEvent(e workshop.Event) {
	switch {
	case e.Trace != nil:
		m.pane.trace.add(*e.Trace)
	case e.Maps != nil:
		m.pane.maps = e.Maps
	case e.Announcement != nil:
		m.note = e.Announcement.From + ": " + e.Announcement.Text
	case e.Report != nil:
		m.pane.fresh = true
	}
}

// download describes a download in progress; "" means that it has ended.
type download string

// awaitDownload waits for news of a download.
func (m *model) awaitDownload() tea.Cmd {
	if m.downloads == nil {
		return nil
	}
	return m.tasks.run(func(ctx context.Context) tea.Msg {
		select {
		case text := <-m.downloads:
			return download(text)
		case <-ctx.Done():
			return nil
		}
	})
}
