package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
)

// JUnit writes a result as JUnit XML: a suite for each cell, a test case for
// each of its steps, and one named "machine" for what concerns the cell as a
// whole. fail and timeout are failures, infra is an error, unsupported is
// skipped.
//
// There are several schemas of JUnit XML that differ. This is what both Ant's
// and Jenkins's take: no attributes of the whole, and output of suites alone.
func JUnit(w io.Writer, result verdict.Result) error {
	var root junitRoot
	flaky := verdict.Flaky(result.Cells)
	for i, cell := range result.Cells {
		suite := newSuite(i, cell, result.Started)
		if flaky[i] {
			suite.Properties.All = append(suite.Properties.All, junitProperty{flakyWord, "true"})
		}
		root.Suites = append(root.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(root); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type junitRoot struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitCounts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
}

type junitSuite struct {
	ID      int    `xml:"id,attr"`
	Package string `xml:"package,attr"`
	Name    string `xml:"name,attr"`
	junitCounts
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Host       string          `xml:"hostname,attr"`
	Properties junitProperties `xml:"properties"`
	Cases      []junitCase     `xml:"testcase"`
	Output     string          `xml:"system-out"`
	Errput     string          `xml:"system-err"`
}

type junitProperties struct {
	All []junitProperty `xml:"property"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string       `xml:"name,attr"`
	Class   string       `xml:"classname,attr"`
	Time    string       `xml:"time,attr"`
	Failure *junitDetail `xml:"failure"`
	Error   *junitDetail `xml:"error"`
	Skipped *junitDetail `xml:"skipped"`
}

type junitDetail struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

func newSuite(id int, cell verdict.Cell, started time.Time) junitSuite {
	kernel := kernelName(cell.Kernel)
	class := "bpflab." + cleanLine(cell.Lab)
	suite := junitSuite{
		ID:         id,
		Package:    class,
		Name:       cleanLine(fmt.Sprintf("%s on %s", cell.Lab, kernel)),
		Time:       junitTime(cell.Durations.Total()),
		Timestamp:  started.UTC().Format("2006-01-02T15:04:05"),
		Host:       cmp.Or(cleanLine(cell.Where), "localhost"),
		Properties: junitProperties{properties(cell)},
		Output:     output(cell.Steps),
		Errput:     clean(cell.Splat),
	}
	for _, step := range cell.Steps {
		suite.add(stepCase(step, class, kernel))
	}
	if wholeCell(cell) {
		suite.add(machineCase(cell, class, kernel))
	}
	return suite
}

// output returns what the steps left, each under its name.
func output(steps []verdict.Step) string {
	var out strings.Builder
	for _, step := range steps {
		if step.Log != "" {
			fmt.Fprintf(&out, "== %s\n%s\n", cleanLine(step.Name), clean(step.Log))
		}
	}
	return out.String()
}

// wholeCell reports whether the steps do not explain the verdict.
func wholeCell(cell verdict.Cell) bool {
	if len(cell.Steps) == 0 {
		return true
	}
	worst := verdict.Pass
	for _, step := range cell.Steps {
		worst = verdict.Worse(worst, step.Verdict)
	}
	return worst != cell.Verdict
}

func properties(cell verdict.Cell) []junitProperty {
	pairs := [][2]string{
		{"provider", cell.Provider}, {"kernel.selector", cell.Kernel.Selector},
		{"kernel.release", cell.Kernel.Release}, {"kernel.package", cell.Kernel.Package},
		{"kernel.version", cell.Kernel.Version}, {"kernel.sha256", cell.Kernel.SHA256},
		{"kernel.arch", cell.Kernel.Arch}, {"kernel.variant", cell.Kernel.Variant},
		{"lab.sha256", cell.LabSHA256}, {"object.sha256", cell.Object}, {"binary", cell.Binary},
		{"start_kind", cell.StartKind}, {"console", cell.Console},
	}
	if h := cell.Hypervisor; h != nil {
		pairs = append(pairs, [][2]string{{"accelerator", h.Accelerator}, {"hypervisor", h.Version},
			{"hypervisor.binary", h.Binary}, {"machine", h.Machine}, {"cpu", h.CPU}}...)
	}
	var out []junitProperty
	for _, pair := range pairs {
		if pair[1] != "" {
			out = append(out, junitProperty{pair[0], cleanLine(pair[1])})
		}
	}
	return out
}

func stepCase(step verdict.Step, class, kernel string) junitCase {
	out := junitCase{
		Name:  cleanLine(fmt.Sprintf("%s [%s]", step.Name, kernel)),
		Class: class,
		Time:  junitTime(step.Seconds),
	}
	var text strings.Builder
	for _, check := range failedChecks(step) {
		fmt.Fprintf(&text, "%s\nexpected: %s\nseen: %s\n", checkTitle(check), clean(check.Expected), clean(check.Seen))
	}
	if step.Log != "" {
		fmt.Fprintf(&text, "log:\n%s\n", clean(step.Log))
	}
	out.end(step.Verdict, firstLine(step.Expected), text.String())
	return out
}

func machineCase(cell verdict.Cell, class, kernel string) junitCase {
	out := junitCase{
		Name:  fmt.Sprintf("machine [%s]", kernel),
		Class: class,
		Time:  junitTime(cell.Durations.Start),
	}
	out.end(cell.Verdict, firstLine(cell.Reason), clean(cell.Reason+"\n"+cell.Splat))
	return out
}

// end files a verdict under the word JUnit has for it.
func (c *junitCase) end(v verdict.Verdict, message, text string) {
	detail := &junitDetail{Message: message, Type: string(v), Text: text}
	switch v {
	case verdict.Pass:
	case verdict.Unsupported:
		c.Skipped = &junitDetail{Message: message}
	case verdict.Infra:
		c.Error = detail
	default:
		c.Failure = detail
	}
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

func junitTime(s float64) string { return fmt.Sprintf("%.3f", max(0, s)) }

// kernelName returns the release that answered, with what it does not say of the kernel:
// architecture and variant; else what was asked for.
func kernelName(k verdict.Kernel) string {
	if k.Release == "" {
		return cleanLine(k.Selector)
	}
	return cleanLine(inFull(k.Release, k))
}
