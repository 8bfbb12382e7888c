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

var errNoEditor = errors.New("neither nano nor vi is installed: set EDITOR, or edit the file in another window")

// editor returns the command that edits a file: $VISUAL, else $EDITOR, else nano or vi.
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

// edit gives the terminal to the student's editor. The workspace watches the file and
// checks what the editor saves.
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

// runEditor runs an editor until it exits, also if the front end is ended meanwhile:
// it may hold unsaved text.
func runEditor(cmd *exec.Cmd) error {
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", cmd.Path, err)
	}
	return nil
}
