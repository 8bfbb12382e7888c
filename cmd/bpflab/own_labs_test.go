package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/labs"
)

// compilesNothing is a run.Builder for labs without C files.
type compilesNothing struct{}

func (compilesNothing) Object(context.Context, build.Source) (build.Object, error) {
	panic("a lab without C files has nothing to compile")
}

func (c compilesNothing) Program(ctx context.Context, s build.Source) (build.Object, error) {
	return c.Object(ctx, s)
}

// plainLab is a lab without C files.
const plainLab = "---\ntitle: T\nsummary: S\n---\n\n# T\n\n## Step\n\n```sh\nls\n```\n\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n"

// writeLab writes a lab's document. Its time differs from that of the one before.
func writeLab(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name, "lab.md")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func namesOf(lessons []*workshop.Lesson) string {
	var out []string
	for _, l := range lessons {
		out = append(out, l.Name)
	}
	return strings.Join(out, " ")
}

// TestOwnLabs changes a directory of labs while a class runs: labs with mistakes are left
// out or stay as they were, the others are offered, and each mistake is said once.
func TestOwnLabs(t *testing.T) {
	dir := t.TempDir()
	var notes []string
	o := &ownLabs{dir: dir, builder: compilesNothing{}, notes: func(text string) { notes = append(notes, text) }}
	read := func(want string) []*workshop.Lesson {
		t.Helper()
		lessons, err := o.lessons(t.Context())
		if got := namesOf(lessons); err != nil || got != want {
			t.Fatalf("%q, want %q; %v", got, want, err)
		}
		return lessons
	}
	noted := func(want ...string) {
		t.Helper()
		if len(notes) != len(want) {
			t.Fatalf("notes: %q", notes)
		}
		for i := range want {
			if !strings.Contains(notes[i], want[i]) || strings.Contains(notes[i], "\n") {
				t.Errorf("note %q, want %q", notes[i], want[i])
			}
		}
		notes = nil
	}
	whole := strings.Join(labs.Course, " ")
	writeLab(t, dir, "mine", plainLab)
	writeLab(t, dir, "bad", strings.Replace(plainLab, "checks", "cheks", 1))
	os.Mkdir(filepath.Join(dir, "no-lab"), 0o755)
	before := read(whole + " mine")
	noted("bad is left out: " + dir + "/bad/lab.md:15:1: unknown key")
	if again := read(whole + " mine"); again[len(again)-1] != before[len(before)-1] || again[0] != before[0] {
		t.Error("a lab that was not changed is another lesson now")
	}
	noted()
	writeLab(t, dir, "bad", strings.Replace(plainLab, "title: T", "title: Good now", 1))
	after := read(whole + " bad mine")
	noted("bad is right again")
	writeLab(t, dir, "bad", "no lab at all")
	if again := read(whole + " bad mine"); again[len(again)-2] != after[len(after)-2] {
		t.Error("a lab with a mistake is not as it was before")
	}
	noted("bad stays as it was: ")
	choice := filepath.Join(dir, "course.yaml")
	os.WriteFile(choice, []byte("labs: [mine, hello]\n"), 0o644)
	read("mine hello")
	os.WriteFile(choice, []byte("labs: [mine, helo]\n"), 0o644)
	read("mine hello")
	noted(`course.yaml stays as it was: ` + choice + `:1:14: there is no lab "helo"`)
	os.WriteFile(choice, []byte("labs: [bad, mine]\n"), 0o644)
	os.RemoveAll(filepath.Join(dir, "bad"))
	read("mine hello")
	os.Remove(choice)
	writeLab(t, dir, "hello", plainLab)
	if l := read(whole + " mine")[0]; l.Title != "T" {
		t.Errorf("the teacher's own hello is %q", l.Title)
	}
}

// TestOwnLabsAreWrong begins with a choice of labs that is wrong, a directory that is not
// there, and a lab that is not in the course.
func TestOwnLabsAreWrong(t *testing.T) {
	dir := t.TempDir()
	writeLab(t, dir, "mine", plainLab)
	bad := t.TempDir()
	os.WriteFile(filepath.Join(bad, "course.yaml"), []byte("labs: [helo]\n"), 0o644)
	for _, c := range []struct {
		flags workshopFlags
		want  string
	}{
		{workshopFlags{labs: bad}, bad + `/course.yaml:1:8: there is no lab "helo"; did you mean "hello"?`},
		{workshopFlags{labs: filepath.Join(dir, "nothing")}, filepath.Join(dir, "nothing")},
		{workshopFlags{labs: dir, lab: "mines"}, `did you mean "mine"?`},
		{workshopFlags{lab: filepath.Join(dir, "none")}, filepath.Join(dir, "none")},
	} {
		_, err := c.flags.lessons(t.Context(), nil)
		var usage usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// TestNewLabIsAnExample compares the lab of `bpflab labs new` with its own solution: the
// starter is the program without the solution.
func TestNewLabIsAnExample(t *testing.T) {
	program, err := newLab.ReadFile("newlab/program.bpf.c")
	if err != nil {
		t.Fatal(err)
	}
	starter, err := newLab.ReadFile("newlab/starter/program.bpf.c")
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(program), "\t__u32 key")
	if !strings.HasPrefix(string(starter), head) || len(starter) >= len(program) {
		t.Errorf("the starter is not the beginning of the program:\n%s", starter)
	}
}

// TestFollow edits the labs of a workshop that runs.
func TestFollow(t *testing.T) {
	dir := t.TempDir()
	writeLab(t, dir, "mine", plainLab)
	f := workshopFlags{labs: dir, lab: "mine"}
	lessons, err := f.lessons(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := workshop.New(workshop.Options{Lessons: lessons, Dir: t.TempDir()})
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan bool)
	go func() { f.follow(ctx, streams{}, w); close(ended) }()
	writeLab(t, dir, "mine", strings.Replace(plainLab, "title: T", "title: Edited", 1))
	for w.Lesson("mine").Title != "Edited" && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if title := w.Lesson("mine").Title; title != "Edited" {
		t.Errorf("the lab is %q", title)
	}
	cancel()
	<-ended
}
