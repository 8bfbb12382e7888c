package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bpflab/bpflab/harness/verdict"
)

// rule is what readers of JUnit XML ask of an element. Where Ant's schema and
// Jenkins's differ it is the stricter.
type rule struct {
	attributes map[string]*regexp.Regexp // all required
	children   []string                  // in their order
	many       string                    // the child of which there may be any number
	choice     []string                  // children of which there is one, or none
	text       bool
}

var (
	anything = regexp.MustCompile(`(?s).*`)
	token    = regexp.MustCompile(`^\S+( \S+)*$`) // not empty, one line, no space around
	integer  = regexp.MustCompile(`^[0-9]{1,9}$`)
	decimal  = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	moment   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$`)
)

var junitRules = map[string]rule{
	"testsuites": {children: []string{"testsuite"}, many: "testsuite"},
	"testsuite": {
		attributes: map[string]*regexp.Regexp{"id": integer, "package": token, "name": token, "hostname": token, "timestamp": moment,
			"time": decimal, "tests": integer, "failures": integer, "errors": integer, "skipped": integer},
		children: []string{"properties", "testcase", "system-out", "system-err"}, many: "testcase",
	},
	"properties": {children: []string{"property"}, many: "property"},
	"property":   {attributes: map[string]*regexp.Regexp{"name": token, "value": anything}},
	"testcase": {
		attributes: map[string]*regexp.Regexp{"name": token, "classname": token, "time": decimal},
		choice:     []string{"failure", "error", "skipped"},
	},
	"failure":    {attributes: map[string]*regexp.Regexp{"message": anything, "type": token}, text: true},
	"error":      {attributes: map[string]*regexp.Regexp{"message": anything, "type": token}, text: true},
	"skipped":    {attributes: map[string]*regexp.Regexp{"message": anything}, text: true},
	"system-out": {text: true},
	"system-err": {text: true},
}

// element is one of a document.
type element struct {
	name       string
	attributes []xml.Attr
	children   []*element
	text       string
}

// parseXML reads a document of one element.
func parseXML(text []byte) (*element, error) {
	decoder := xml.NewDecoder(bytes.NewReader(text))
	open := []*element{{}}
	for {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF) && len(open[0].children) == 1:
			return open[0].children[0], nil
		case err != nil:
			return nil, err
		}
		top := open[len(open)-1]
		switch part := token.(type) {
		case xml.StartElement:
			child := &element{name: part.Name.Local, attributes: part.Attr}
			top.children = append(top.children, child)
			open = append(open, child)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			top.text += string(part)
		}
	}
}

// follows returns where an element, or one within it, breaks the rules.
func (e *element) follows() error {
	r, ok := junitRules[e.name]
	if !ok {
		return fmt.Errorf("there is no element %s", e.name)
	}
	errs := []error{e.attributesFollow(r), e.childrenFollow(r)}
	if !r.text && strings.TrimSpace(e.text) != "" {
		errs = append(errs, fmt.Errorf("%s has text %q", e.name, e.text))
	}
	for _, child := range e.children {
		errs = append(errs, child.follows())
	}
	return errors.Join(errs...)
}

func (e *element) attributesFollow(r rule) error {
	var errs []error
	for name, pattern := range r.attributes {
		value, ok := e.attribute(name)
		if !ok {
			errs = append(errs, fmt.Errorf("%s lacks %s", e.name, name))
		} else if !pattern.MatchString(value) {
			errs = append(errs, fmt.Errorf("%s has %s=%q", e.name, name, value))
		}
	}
	for _, a := range e.attributes {
		if r.attributes[a.Name.Local] == nil {
			errs = append(errs, fmt.Errorf("%s may not have %s", e.name, a.Name.Local))
		}
	}
	return errors.Join(errs...)
}

func (e *element) attribute(name string) (string, bool) {
	for _, a := range e.attributes {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

func (e *element) childrenFollow(r rule) error {
	var got []string
	for _, child := range e.children {
		if len(got) == 0 || got[len(got)-1] != child.name || child.name != r.many {
			got = append(got, child.name)
		}
	}
	if r.choice != nil {
		if len(got) > 1 || len(got) == 1 && !slices.Contains(r.choice, got[0]) {
			return fmt.Errorf("%s has children %v, and may have one of %v", e.name, got, r.choice)
		}
		return nil
	}
	want := slices.DeleteFunc(slices.Clone(r.children), func(name string) bool { return name == r.many && !slices.Contains(got, name) })
	if !slices.Equal(got, want) {
		return fmt.Errorf("%s has children %v, want %v", e.name, got, want)
	}
	return nil
}

// counted holds a suite's numbers against its cases, and its place.
func (e *element) counted(index int) error {
	got := map[string]int{"id": index}
	for _, child := range e.children {
		if child.name == "testcase" {
			got["tests"]++
			for _, end := range child.children {
				got[map[string]string{"failure": "failures", "error": "errors", "skipped": "skipped"}[end.name]]++
			}
		}
	}
	for _, name := range []string{"id", "tests", "failures", "errors", "skipped"} {
		if value, _ := e.attribute(name); value != strconv.Itoa(got[name]) {
			return fmt.Errorf("suite %d says %s=%s, and it is %d", index, name, value, got[name])
		}
	}
	return nil
}

// legal reports whether XML 1.0 allows a character.
func legal(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
}

// junitFollows returns what is wrong with a result's JUnit XML.
func junitFollows(t testing.TB, result verdict.Result) error {
	t.Helper()
	var out bytes.Buffer
	if err := JUnit(&out, result); err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(out.Bytes()) {
		return errors.New("it is no UTF-8")
	}
	if i := strings.IndexFunc(out.String(), func(r rune) bool { return !legal(r) }); i >= 0 {
		return fmt.Errorf("an illegal character at byte %d", i)
	}
	root, err := parseXML(out.Bytes())
	if err != nil {
		return err
	}
	errs := []error{root.follows()}
	for i, suite := range root.children {
		errs = append(errs, suite.counted(i))
	}
	return errors.Join(errs...)
}

// named returns a result in which every text is s.
func named(text string) verdict.Result {
	cell := hostileResult().Cells[0]
	cell.Lab, cell.Reason, cell.Splat, cell.Where, cell.Provider, cell.Console, cell.Kernel.Release = text, text, text, text, text, text, text
	var result verdict.Result
	for _, v := range []verdict.Verdict{verdict.Pass, verdict.Fail, verdict.Unsupported, verdict.Infra, verdict.Timeout} {
		cell.Verdict = v
		cell.Steps = []verdict.Step{{Name: text, Verdict: v, Expected: text, Seen: text, Log: text, Seconds: -1}, {Name: text, Verdict: verdict.Pass}}
		result.Cells = append(result.Cells, cell)
		cell.Steps = nil
		result.Cells = append(result.Cells, cell)
	}
	return result
}

func TestJUnitFollowsItsSchemas(t *testing.T) {
	for name, result := range map[string]verdict.Result{
		"everything": everything(), "nothing": {}, "repeated": repeated(), "hostile": hostileResult(),
		"markup": named(`<&"' ]]>`), "NUL": named("a\x00b"), "no UTF-8": named("\xff\xfe"), "escapes": named("\x1b[31m\u009b"),
		"no characters": named("\uffff\ufffe\U0001ffff"), "lines": named(" a\r\nb\tc\v\f "), "empty": named(""), "spaces": named(" \n "),
	} {
		t.Run(name, func(t *testing.T) {
			if err := junitFollows(t, result); err != nil {
				t.Error(err)
			}
		})
	}
}

// The rules say no to what they forbid.
func TestJUnitRulesAreHeld(t *testing.T) {
	var out bytes.Buffer
	if err := JUnit(&out, everything()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"an attribute of the whole": {"<testsuites>", `<testsuites name="bpflab">`},
		"a suite without a name":    {`name="hello on`, `title="hello on`},
		"a time with a zone":        {"T12:00:00", "T12:00:00Z"},
		"no number":                 {`tests="1"`, `tests="one"`},
		"another element":           {"system-err", "stderr"},
		"children out of order":     {"<properties>", "<system-out></system-out><properties>"},
		"two ends of a case":        {"<skipped", "<error message='' type='infra'/><skipped"},
		"text in a suite":           {"<properties>", "words<properties>"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.ReplaceAll(out.String(), change[0], change[1])
			if text == out.String() {
				t.Fatalf("the XML has no %s", change[0])
			}
			root, err := parseXML([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if root.follows() == nil {
				t.Error("the rules take it")
			}
		})
	}
}

func FuzzJUnit(f *testing.F) {
	f.Add(atWorst)
	f.Add(hostile)
	f.Add("\uffff ]]> &#0;")
	f.Fuzz(func(t *testing.T, text string) {
		if err := junitFollows(t, named(text)); err != nil {
			t.Error(err)
		}
	})
}
