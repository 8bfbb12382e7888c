package web

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const maxName = 40 // characters

// normalizeName returns a name with single spaces and with the usual form of each
// character: U+FF21 (full-width A), for one, becomes A.
func normalizeName(name string) string {
	return strings.Join(strings.Fields(norm.NFKC.String(name)), " ")
}

// cleanName normalises a name and refuses one that cannot be shown.
func cleanName(name string) (string, error) {
	name = normalizeName(name)
	switch {
	case name == "":
		return "", errors.New("say your name")
	case len([]rune(name)) > maxName:
		return "", fmt.Errorf("a name has at most %d characters", maxName)
	case strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }):
		return "", errors.New("the name has characters that cannot be shown")
	}
	return name, nil
}

// looksLike reports whether people may take one name for the other: they differ in case
// only, or by letters of other alphabets and digits that look like Latin letters.
func looksLike(a, b string) bool {
	a, b = normalizeName(a), normalizeName(b)
	return strings.EqualFold(a, b) || strings.EqualFold(latin.Replace(a), latin.Replace(b))
}

// latin replaces what looks like a Latin letter by that letter. An upper-case I looks
// like an l.
var latin = lookAlikes(
	"АВЕКМНОРСТУХІЈЅԚԜаеорсухіјѕԁһԛԝӏ", "ABEKMHOPCTYXlJSQWaeopcyxijsdhqwl", // Cyrillic
	"ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονιρ", "ABEZHlKMNOPTYXovip", // Greek
	"I1|0ıɑɡ", "lllOiag", // Latin, and digits
)

// lookAlikes returns a replacer of the characters of each first text by those of the
// text after it.
func lookAlikes(pairs ...string) *strings.Replacer {
	var all []string
	for i := 0; i < len(pairs); i += 2 {
		to := []rune(pairs[i+1])
		for n, from := range []rune(pairs[i]) {
			all = append(all, string(from), string(to[n]))
		}
	}
	return strings.NewReplacer(all...)
}
