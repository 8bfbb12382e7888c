package kernel

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	tagForm   = regexp.MustCompile(`(^|[<>=\s,])v(\d)`)                            // v6.1, as the tags of Linux are
	majorForm = regexp.MustCompile(`(^|[\s,])(<=|>=|<|>|=|)\s*(\d{1,4})($|[\s,])`) // a number with no second one
)

// plainVersions returns a word of a selector with versions as they are written here: without the
// v of Linux's tags, and with ">=6" and "<6" as the 6.0 that they mean. Other versions with one
// number may mean two things, or a great many kernels: they are an error.
func plainVersions(text, word string) (string, error) {
	word = tagForm.ReplaceAllString(word, "$1$2")
	for m := majorForm.FindStringSubmatch(word); m != nil; m = majorForm.FindStringSubmatch(word) {
		if m[2] != ">=" && m[2] != "<" {
			return "", &SelectorError{Selector: text, Problem: oneNumber(m[2], m[3])}
		}
		word = strings.Replace(word, m[0], m[1]+m[2]+m[3]+".0"+m[4], 1)
	}
	return word, nil
}

// oneNumber says what a version of one number lacks behind an operator, and what to write.
func oneNumber(op, major string) string {
	next := fmt.Sprint(number(major) + 1)
	switch op {
	case ">":
		return fmt.Sprintf("has %s%s, which may mean all after %s.0 or all after the series of %s: write \">%s.0\" or \">=%s.0\"", op, major, major, major, major, next)
	case "<=":
		return fmt.Sprintf("has %s%s, which may mean all up to %s.0 or all series of %s: write \"<=%s.0\" or \"<%s.0\"", op, major, major, major, major, next)
	}
	return fmt.Sprintf("has no second number: name a series, as %s.1, or all series of %s with \">=%s.0 <%s.0\"", major, major, major, next)
}
