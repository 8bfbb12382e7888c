package term

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/bpflab/bpflab/harness/workshop"
)

var errNoEditor = errors.New("there is neither nano nor vi: name your editor in EDITOR, or open the file with any, elsewhere")

// editor is the command that edits a file: $VISUAL, else $EDITOR, else nano or vi.
func editor(getenv func(string) string, find func(string) (string, error)) ([]string, error) {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if words := strings.Fields(getenv(name)); len(words) > 0 {
			return words, nil
		}
	}
	for _, name := range []string{"nano", "vi"} {
		if path, err := find(name); err == nil {
			return []string{path}, nil
		}
	}
	return nil, errNoEditor
}

// edit leaves the terminal to the student's editor. What it saves is checked by the
// desk, which looks at the file.
func (m *model) edit() tea.Cmd {
	if m.session.CodePath() == "" {
		m.noteError(workshop.ErrNoCode)
		return nil
	}
	words, err := editor(os.Getenv, exec.LookPath)
	if err != nil {
		m.noteError(err)
		return nil
	}
	cmd := exec.Command(words[0], append(words[1:], m.session.CodePath())...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = m.in, m.out, m.out
	return m.runForeground(func(context.Context) error { return runEditor(cmd) })
}

// runEditor runs an editor to its end, also if the face is told to end meanwhile: there
// may be text in it that has not been saved.
func runEditor(cmd *exec.Cmd) error {
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", cmd.Path, err)
	}
	return nil
}
