package main

import (
	"context"
	"fmt"

	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/harness/workshop/term"
	"github.com/bpflab/bpflab/harness/workshop/web"
)

// inTerminal shows the workshop on this terminal until the student leaves it.
func (f *workshopFlags) inTerminal(ctx context.Context, std streams, w *workshop.Workshop, lab string) error {
	t, err := onTerminal(std)
	if err != nil {
		return err
	}
	student, err := w.Student(web.SoleStudent)
	if err != nil {
		return err
	}
	err = term.Run(ctx, t.in, t.out, term.Options{
		Workshop: w, Student: student, Lab: lab, Downloads: f.downloads.redirect(),
		Shell: func(ctx context.Context, ws *workshop.Workspace) error { return t.attachShell(ctx, ws) },
	})
	if err == nil {
		fmt.Fprintf(t.out, "The machines end now. Your progress is kept in %s.\n", f.dir)
	}
	return err
}
