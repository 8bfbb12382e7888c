package main

import (
	"context"
	"fmt"
	"time"

	"github.com/bpflab/bpflab/harness/workshop"
)

// followEvery is how often the user's own labs are looked at for changes.
const followEvery = 2 * time.Second

// follow offers the user's own labs as they are after each change, until ctx ends. What is
// wrong with one is noted on standard error, unless the workshop is in the terminal.
func (f *workshopFlags) follow(ctx context.Context, std streams, w *workshop.Workshop) {
	if f.labs == "" && f.own.lab == "" {
		return
	}
	say := func(text string) {
		if f.web || f.serve != "" {
			fmt.Fprintln(std.err, "bpflab:", text)
		}
	}
	f.own.notes = say
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		lessons, err := f.own.lessons(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			f.own.note(courseFile, true, err)
		case len(lessons) == 0:
			f.own.note(courseFile, true, fmt.Errorf("no lab is left"))
		case w.SetCourse(lessons):
			say("the labs were changed, and are offered as they are now")
		}
	}
}
