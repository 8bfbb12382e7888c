package term

import (
	"os"
	"slices"

	"charm.land/bubbles/v2/spinner"
	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/workshop"
)

// model is the state of the screen.
type model struct {
	course    course
	tasks     *tasks
	keys      [][]action
	downloads <-chan string
	in, out   *os.File // the terminal

	session *labSession
	view    workshop.View
	at      int // the page: 0 is the introduction, n the step n

	theme    theme
	size     tea.WindowSizeMsg
	text     lesson
	pane     pane
	spinner  spinner.Model
	spinning bool   // the spinner turns
	note     string // shown until the next key
	loading  string // a download in progress, or ""
	overlay  overlay
}

// overlay covers the lesson and receives the keys. nil means none.
type overlay interface {
	// press handles a key and returns the overlay that is shown next.
	press(m *model, key string) (overlay, tea.Cmd)
	// draw returns the overlay's lines for an area of this size.
	draw(th theme, width, height int) []string
	// footer returns the line that names the overlay's keys.
	footer() string
}

// newModel opens a lab of the course.
func newModel(c course, lab string, t *tasks) (*model, error) {
	m := &model{course: c, tasks: t, keys: actions(), theme: newTheme(unknown, true), spinner: spinner.New(spinner.WithSpinner(spinner.MiniDot))}
	m.text.port, m.pane.Model = viewport.New(), viewport.New()
	return m, m.openLab(lab)
}

// openLab shows the workspace of a lab.
func (m *model) openLab(lab string) error {
	s, err := m.course.open(lab)
	if err != nil {
		return err
	}
	m.leave()
	m.session = s
	s.subscribe()
	s.Show(true)
	m.pane = pane{Model: m.pane.Model}
	m.view = s.View()
	m.at = m.firstPage()
	m.layOut()
	m.text.port.GotoTop()
	return nil
}

// leave ends the subscription to the current workspace.
func (m *model) leave() {
	if m.session != nil {
		m.session.Show(false)
		m.session.stop()
		m.session = nil
	}
}

// firstPage returns the introduction for a student who has not begun, or the step at
// which the student stopped.
func (m *model) firstPage() int {
	begun := slices.ContainsFunc(m.session.lesson.Steps, func(s lab.Step) bool { return m.view.Steps[s.Name].Attempts > 0 })
	page := 1 + slices.IndexFunc(m.session.lesson.Steps, func(s lab.Step) bool { return s.Name == m.view.Step })
	if page == 1 && !begun {
		return 0
	}
	return page
}

// step returns the step that keys act on: on the introduction, the first.
func (m *model) step() lab.Step { return m.session.lesson.Steps[max(m.at, 1)-1] }

// progress returns the student's progress in the step.
func (m *model) progress() workshop.Progress { return m.view.Steps[m.step().Name] }

func (m *model) Init() tea.Cmd {
	return tea.Batch(tea.RequestBackgroundColor, m.startLab(), m.awaitDownload())
}

// startLab waits for the events of a lab that was opened, and starts its machine.
func (m *model) startLab() tea.Cmd { return tea.Batch(waitForEvents(m.session), m.warm()) }

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.size = msg
	case tea.BackgroundColorMsg:
		m.theme = newTheme(map[bool]background{true: dark, false: light}[msg.IsDark()], m.theme.colour)
	case tea.ColorProfileMsg:
		m.theme = newTheme(m.theme.background, msg.Profile > colorprofile.ASCII)
	case tea.KeyPressMsg:
		m.note = ""
		cmd = m.keyPressed(msg)
	case tea.MouseWheelMsg:
		m.wheel(msg)
	case spinner.TickMsg:
		return m, m.spin(msg)
	case eventBatch:
		cmd = m.handleEvents(msg)
	case download:
		m.loading = string(msg)
		cmd = m.awaitDownload()
	case outcome:
		cmd = msg(m)
	}
	if m.session != nil {
		m.layOut()
	}
	return m, tea.Batch(cmd, m.startSpinner())
}

// outcome is what a background task does to the model when it has ended.
type outcome func(*model) tea.Cmd

// keyPressed handles a key in the overlay, if there is one, or in the lesson.
func (m *model) keyPressed(k tea.KeyPressMsg) (cmd tea.Cmd) {
	if m.overlay == nil || k.String() == "ctrl+c" {
		return m.press(k)
	}
	m.overlay, cmd = m.overlay.press(m, k.String())
	return cmd
}

// busy reports whether something is going on that the spinner shows.
func (m *model) busy() bool {
	return m.view.Busy != "" || m.view.Machine.Phase == workshop.PhaseStarting || m.loading != ""
}

// startSpinner starts the spinner, if it should turn and does not.
func (m *model) startSpinner() tea.Cmd {
	if m.spinning || !m.busy() {
		return nil
	}
	m.spinning = true
	return m.spinner.Tick
}

// spin draws the spinner's next frame, or stops it.
func (m *model) spin(msg spinner.TickMsg) (cmd tea.Cmd) {
	if m.spinning = m.busy(); !m.spinning {
		return nil
	}
	m.spinner, cmd = m.spinner.Update(msg)
	return cmd
}
