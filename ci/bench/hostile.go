package main

import (
	"context"
	"errors"
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
	students, err := b.joined(ctx, s, solution)
	if err != nil {
		return nil, err
	}
	others := students[hostileStudents:]
	b.say("workshop: %d students beside nobody", len(others))
	calm, err := b.paced(ctx, others, solution)
	if err != nil {
		return nil, err
	}
	attack, stop := context.WithCancel(ctx)
	defer stop()
	var attackers errgroup.Group
	for _, student := range students[:hostileStudents] {
		attackers.Go(func() error { return keepCompiling(attack, student) })
	}
	b.say("workshop: %d students beside %d hostile ones", len(others), hostileStudents)
	beside, err := b.paced(ctx, others, solution)
	stop()
	if err := errors.Join(err, attackers.Wait()); err != nil {
		return nil, err
	}
	return []part{{title: "A class with two hostile students",
		about:  "Students of a class of thirty save a changed C file, one every two seconds, beside nobody and beside two who save, again and again, macros that expand without end. A place is one in the queues of compilers, of starts of machines and of checks.",
		tables: []table.Table{waitTable(calm, beside)}}}, nil
}

// patience is how long a check may wait for a place.
const patience = 5 * time.Second

// waitTable compares what students wait for beside nobody and beside hostile ones.
func waitTable(calm, beside []waits) table.Table {
	t := table.Table{Head: []string{"beside", "students", "save to verdict, median", "slowest", "wait for a place, longest", "claim", "holds"}}
	for _, row := range []struct {
		beside string
		all    []waits
	}{{"nobody", calm}, {fmt.Sprintf("%d hostile students", hostileStudents), beside}} {
		verdicts, places := make([]time.Duration, len(row.all)), make([]time.Duration, len(row.all))
		for i, w := range row.all {
			verdicts[i], places[i] = w.verdict, w.place
		}
		longest := slices.Max(places)
		t.Add(row.beside, fmt.Sprint(len(row.all)), seconds(median(verdicts)), seconds(slices.Max(verdicts)), seconds(longest), "at most 5 s for a place", table.Holds(longest <= patience))
	}
	return t
}

// joinAtOnce is how many students join at a time: how they do is not measured.
const joinAtOnce = 10

// joined has thirty students join. All but the hostile ones save the solution, so that each
// has a machine; the hostile ones never need one.
func (b *bench) joined(ctx context.Context, s *served, solution string) ([]*webtest.Browser, error) {
	address, err := s.find(`students: +(http\S+)`)
	if err != nil {
		return nil, err
	}
	code, err := s.find(`code (\S+)`)
	if err != nil {
		return nil, err
	}
	students := make([]*webtest.Browser, classSize)
	var group errgroup.Group
	group.SetLimit(joinAtOnce)
	for n := range classSize {
		group.Go(func() (err error) {
			if students[n], err = webtest.Open(address); err != nil {
				return err
			}
			if err := students[n].Join(ctx, fmt.Sprintf("Student %d", n+1), code); err != nil || n < hostileStudents {
				return err
			}
			_, err = saved(ctx, students[n], solution)
			return err
		})
	}
	return students, group.Wait()
}

// waits are what a student waits for.
type waits struct {
	verdict time.Duration // from saving, in all
	place   time.Duration // behind others, of that
}

// paced has students save the solution, changed, one after the other at the class's pace,
// and returns how long each waited.
func (b *bench) paced(ctx context.Context, students []*webtest.Browser, solution string) ([]waits, error) {
	took := make([]waits, len(students))
	var group errgroup.Group
	for i, student := range students {
		group.Go(func() (err error) {
			took[i], err = saved(ctx, student, fmt.Sprintf("%s// %d\n", solution, time.Now().UnixNano()))
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

// saved has a student open the lab and save a C file that passes, and returns how long the
// student waited. Nothing stays open: the server closes what nobody reads.
func saved(ctx context.Context, student *webtest.Browser, code string) (waits, error) {
	l, err := student.Lab(ctx, "hello")
	if err != nil {
		return waits{}, err
	}
	defer l.Close()
	began := time.Now()
	r, err := l.Save(ctx, code)
	took := waits{time.Since(began), l.Waited}
	if err == nil && !r.Passed() {
		err = fmt.Errorf("the solution does not pass: %+v", r)
	}
	return took, err
}

// keepCompiling saves macros that expand without end until ctx ends. It is an error if it
// ends before.
func keepCompiling(ctx context.Context, student *webtest.Browser) error {
	l, err := student.Lab(ctx, "hello")
	for n := 0; err == nil; n++ {
		_, err = l.Save(ctx, endlessMacros(n))
	}
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("the attack ended: %w", err)
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
