package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/workshop"
)

// overview is the JSON of the classroom, for the teacher.
type overview struct {
	Name     string        `json:"name"`
	Code     string        `json:"code"`
	URL      string        `json:"url"`
	Started  time.Time     `json:"started"`
	Students []studentRow  `json:"students"`
	Removed  []removedRow  `json:"removed"`
	Guesses  int           `json:"guesses"` // wrong codes lately
	Recheck  recheckAnswer `json:"recheck"`
	Groups   []group       `json:"groups"`
}

// studentRow is the JSON of one student.
type studentRow struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Lab       string        `json:"lab"`
	Step      string        `json:"step"`
	StepTitle string        `json:"step_title"`
	Since     time.Time     `json:"since"`
	Done      int           `json:"done"`
	Total     int           `json:"total"`
	State     string        `json:"state"` // "working", "stuck" or "away"
	Attempts  int           `json:"attempts"`
	Error     string        `json:"error"`
	ErrorLine string        `json:"error_line"`
	Unsaved   string        `json:"unsaved"` // why progress is not on disk
	Machines  int           `json:"machines"`
	Memory    int64         `json:"memory"`
	CPU       float64       `json:"cpu"`
	Terminals []terminalRow `json:"terminals"`
	Help      *time.Time    `json:"help"` // since when the student asks for it; null if not
	Code      *time.Time    `json:"code"` // when the personal code was made that the student can use; null if there is none
}

type terminalRow struct {
	Lab string `json:"lab"`
	ID  string `json:"id"`
}

// group is a number of students with the same error.
type group struct {
	Error    string   `json:"error"`
	Students []string `json:"students"`
}

// A student is stuck after so many failed checks of a step, or so long after a failed
// one.
const (
	stuckAttempts = 3
	stuckTime     = 10 * time.Minute
)

// overview returns the state of the classroom.
func (s *Server) overview(r *http.Request) overview {
	scheme := "http://"
	if s.Secure {
		scheme = "https://"
	}
	b := overview{Name: s.Classroom.Name, Code: s.Classroom.Code(), URL: scheme + r.Host + "/", Started: s.Classroom.started(), Students: []studentRow{}, Removed: s.Classroom.removed(), Guesses: s.guesses.count(time.Now()), Recheck: s.recheck.answer(), Groups: []group{}}
	for _, id := range s.Classroom.ids() {
		b.Students = append(b.Students, s.row(id))
	}
	b.group()
	return b
}

// row returns the state of a student: of the workspace used last, and what all
// workspaces use of the host.
func (s *Server) row(id string) studentRow {
	row := studentRow{ID: id, Name: s.Classroom.name(id), State: "away", Terminals: []terminalRow{}, Help: s.Classroom.helpSince(id), Code: s.Classroom.codeMade(id)}
	student, err := s.Workshop.Student(id)
	if err != nil {
		return row
	}
	for _, l := range s.Workshop.Course() {
		done, of := student.Done(l.Name)
		row.Done, row.Total = row.Done+done, row.Total+of
	}
	var last *workshop.Workspace
	for _, ws := range student.Workspaces() {
		use := ws.Usage()
		row.Machines, row.Memory, row.CPU = row.Machines+use.Machines, row.Memory+use.Memory, row.CPU+use.CPU
		for _, t := range ws.Terminals() {
			row.Terminals = append(row.Terminals, terminalRow{ws.Lesson.Name, t})
		}
		if ws.Followed() {
			row.State = "working"
		}
		row.Unsaved = cmp.Or(row.Unsaved, ws.View().Unsaved)
		if last == nil || ws.LastUsed().After(last.LastUsed()) {
			last = ws
		}
	}
	if last != nil {
		row.at(last)
	}
	return row
}

// at fills in the student's lab and step.
func (row *studentRow) at(ws *workshop.Workspace) {
	v := ws.View()
	row.Lab, row.Step, row.Since = ws.Lesson.Name, v.Step, v.Since
	for _, st := range ws.Lesson.Steps {
		if st.Name == v.Step {
			row.StepTitle = st.Title
		}
	}
	p := v.Steps[v.Step]
	row.Attempts = p.Attempts
	if p.Last != nil {
		row.Error, row.ErrorLine = p.Last.Error()
	}
	stuck := row.Error != "" && (p.Attempts >= stuckAttempts || time.Since(v.Since) > stuckTime)
	if row.State == "working" && stuck {
		row.State = "stuck"
	}
}

// group groups students by their error, the largest group first.
func (b *overview) group() {
	by := map[string]*group{}
	var order []*group
	for _, s := range b.Students {
		if s.Error == "" {
			continue
		}
		if by[s.Error] == nil {
			by[s.Error] = &group{Error: s.Error}
			order = append(order, by[s.Error])
		}
		by[s.Error].Students = append(by[s.Error].Students, s.Name)
	}
	slices.SortStableFunc(order, func(x, y *group) int { return cmp.Compare(len(y.Students), len(x.Students)) })
	for _, g := range order {
		b.Groups = append(b.Groups, *g)
	}
}

// results sends all students' results as CSV, one line for each step.
func (s *Server) results(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="results.csv"`)
	boundAnswer(w)
	writeLine(w, "student", "lab", "step", "done", "attempts", "hints", "solution", "last_error", "id", "counts", "recheck")
	for _, id := range s.Classroom.ids() {
		student, err := s.Workshop.Student(id)
		if err != nil {
			continue
		}
		for _, ws := range student.Workspaces() {
			v := ws.View()
			for _, name := range ws.Lesson.Checked() {
				p := v.Steps[name]
				line := resultLine(s.Classroom.name(id), ws.Lesson.Name, name, p)
				writeLine(w, append(line, id, string(p.Counts()), recheckCell(p.Recheck))...)
			}
		}
	}
}

func resultLine(student, lab, step string, p workshop.Progress) []string {
	done, last := "", ""
	if !p.Done.IsZero() {
		done = p.Done.Format(time.RFC3339)
	}
	if p.Last != nil {
		last, _ = p.Last.Error()
	}
	return []string{student, lab, step, done, strconv.Itoa(p.Attempts), strconv.Itoa(p.Hints), strconv.FormatBool(p.Solved), last}
}

// recheckCell returns when the server did a step again, and how that failed.
func recheckCell(r *workshop.Recheck) string {
	if r == nil {
		return ""
	}
	return strings.TrimSpace(r.At.Format(time.RFC3339) + " " + r.Error)
}
