package term

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/bpflab/bpflab/harness/workshop"
)

// news are events of a desk. They have ended if open is false.
type eventBatch struct {
	from   *labSession
	events []workshop.Event
	open   bool
}

// most is how many events are shown at once.
const maxBatch = 64

// listen waits for events of a seat, and takes those that are there.
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

// hear takes news.
func (m *model) handleEvents(batch eventBatch) tea.Cmd {
	if batch.from != m.session {
		return nil // of a desk that was left
	}
	for _, e := range batch.events {
		m.handleEvent(e)
	}
	m.view = m.session.View()
	if !batch.open {
		m.pane.trace.dropped = true // the screen was another's for long, and there was too much to keep
		m.session.follow()
	}
	return waitForEvents(m.session)
}

func (m *model) handleEvent(e workshop.Event) {
	switch {
	case e.Trace != nil:
		m.pane.trace.take(*e.Trace)
	case e.Maps != nil:
		m.pane.maps = e.Maps
	case e.Announcement != nil:
		m.note = e.Announcement.From + ": " + e.Announcement.Text
	case e.Report != nil:
		m.pane.fresh = true
	}
}

// download says what is being fetched.
type download string

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
