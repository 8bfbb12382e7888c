package term

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/bpflab/bpflab/harness/workshop"
)

// news are events of a desk. They have ended if open is false.
type news struct {
	from   *seat
	events []workshop.Event
	open   bool
}

// most is how many events are shown at once.
const most = 64

// listen waits for events of a seat, and takes those that are there.
func listen(s *seat) tea.Cmd {
	events := s.events
	return func() tea.Msg {
		n := news{from: s}
		e, open := <-events
		for n.open = open; open; {
			n.events = append(n.events, e)
			if len(n.events) == most {
				return n
			}
			select {
			case e, open = <-events:
				n.open = open
			default:
				return n
			}
		}
		return n
	}
}

// hear takes news.
func (m *model) hear(n news) tea.Cmd {
	if n.from != m.seat {
		return nil // of a desk that was left
	}
	for _, e := range n.events {
		m.take(e)
	}
	m.view = m.seat.View()
	if !n.open {
		m.pane.trace.dropped = true // the screen was another's for long, and there was too much to keep
		m.seat.follow()
	}
	return listen(m.seat)
}

func (m *model) take(e workshop.Event) {
	switch {
	case e.Trace != nil:
		m.pane.trace.take(*e.Trace)
	case e.Maps != nil:
		m.pane.maps = e.Maps
	case e.Notice != nil:
		m.note = e.Notice.From + ": " + e.Notice.Text
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
