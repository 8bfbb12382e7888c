package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/harness/workshop/web/webtest"
)

// hostileStudents is how many of a class keep the compiler busy.
const hostileStudents = 2

// checkEvery is the pace of a class's checks: thirty a minute.
const checkEvery = 2 * time.Second

// hostile measures what students wait for beside two who save macros that expand without
// end, and beside nobody.
func (b *bench) hostile(ctx context.Context) ([]part, error) {
	text, err := os.ReadFile("bpf/hello.bpf.c")
	if err != nil {
		return nil, err
	}
	solution := string(text)
	b.say("workshop: a class with %d hostile students", hostileStudents)
	s, err := b.serve(ctx, "--serve", "127.0.0.1:0", "--class", "hostile")
	if err != nil {
		return nil, err
	}
	defer s.end()
	labs, err := b.joined(ctx, s)
	if err != nil {
		return nil, err
	}
	others := labs[hostileStudents:]
	calm, err := b.paced(ctx, others, solution)
	if err != nil {
		return nil, err
	}
	attack, stop := context.WithCancel(ctx)
	defer stop()
	for _, l := range labs[:hostileStudents] {
		go keepCompiling(attack, l)
	}
	beside, err := b.paced(ctx, others, solution)
	if err != nil {
		return nil, err
	}
	t := table.Table{Head: []string{"beside", "students", "save to verdict, median", "slowest", "claim", "holds"}}
	t.Add("nobody", fmt.Sprint(len(calm)), seconds(median(calm)), seconds(slices.Max(calm)), "", "")
	worst := slices.Max(beside)
	t.Add("two hostile students", fmt.Sprint(len(beside)), seconds(median(beside)), seconds(worst), "at most 5 s more than beside nobody", table.Holds(worst <= slices.Max(calm)+5*time.Second))
	return []part{{title: "A class with two hostile students",
		about:  "Students of a class of thirty save a changed C file, one every two seconds, beside nobody and beside two who save, again and again, macros that expand without end.",
		tables: []table.Table{t}}}, nil
}

// joined has thirty students join and check their starter, so that each has a machine.
func (b *bench) joined(ctx context.Context, s *served) ([]*webtest.Lab, error) {
	address, err := s.find(`students: +(http\S+)`)
	if err != nil {
		return nil, err
	}
	code, err := s.find(`code (\S+)`)
	if err != nil {
		return nil, err
	}
	labs := make([]*webtest.Lab, classSize)
	var group errgroup.Group
	for n := range classSize {
		group.Go(func() error {
			browser, err := webtest.Open(address)
			if err != nil {
				return err
			}
			if err := browser.Join(ctx, fmt.Sprintf("Student %d", n+1), code); err != nil {
				return err
			}
			if labs[n], err = browser.Lab(ctx, "hello"); err != nil {
				return err
			}
			_, err = labs[n].Check(ctx, labs[n].State.Step)
			return err
		})
	}
	return labs, group.Wait()
}

// paced has students save the solution, changed, one after the other at the class's pace,
// and returns how long each waited for the verdict.
func (b *bench) paced(ctx context.Context, labs []*webtest.Lab, solution string) ([]time.Duration, error) {
	took := make([]time.Duration, len(labs))
	var group errgroup.Group
	for i, l := range labs {
		group.Go(func() error {
			code := fmt.Sprintf("%s// %d\n", solution, time.Now().UnixNano())
			began := time.Now()
			r, err := l.Save(ctx, code)
			took[i] = time.Since(began)
			if err == nil && !r.Passed() {
				err = fmt.Errorf("the solution does not pass: %+v", r)
			}
			return err
		})
		select {
		case <-time.After(checkEvery):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return took, group.Wait()
}

// keepCompiling saves macros that expand without end until ctx ends.
func keepCompiling(ctx context.Context, l *webtest.Lab) {
	for n := 0; ctx.Err() == nil; n++ {
		if _, err := l.Save(ctx, endlessMacros(n)); err != nil {
			return // ctx has ended, or the class
		}
	}
}

// endlessMacros returns a C file whose macros expand to 2^40 statements.
func endlessMacros(n int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "// %d\n#define A0 a++;\n", n)
	for i := 1; i <= 40; i++ {
		fmt.Fprintf(&text, "#define A%d A%d A%d\n", i, i-1, i-1)
	}
	text.WriteString("int endless(int a)\n{\n\tA40\n\treturn a;\n}\n")
	return text.String()
}
