package rpm

import (
	"cmp"
	"strconv"
	"strings"
)

// CompareEVR orders epoch, version and release as rpm does, in that order.
func CompareEVR(a, b string) int {
	epochA, versionA, releaseA := splitEVR(a)
	epochB, versionB, releaseB := splitEVR(b)
	return cmp.Or(cmp.Compare(epochA, epochB), CompareVersions(versionA, versionB), CompareVersions(releaseA, releaseB))
}

func splitEVR(evr string) (epoch int, version, release string) {
	if before, after, ok := strings.Cut(evr, ":"); ok {
		epoch, _ = strconv.Atoi(before)
		evr = after
	}
	version, release, _ = strings.Cut(evr, "-")
	return epoch, version, release
}

// CompareVersions orders versions or releases as rpm does (rpm-version(7)): segments of
// digits by their value, of letters as text, a number after letters. A tilde comes before
// everything, even the end; a caret after the end, and before everything else.
func CompareVersions(a, b string) int {
	for {
		a, b = skipSeparators(a), skipSeparators(b)
		for _, mark := range []struct {
			text          string
			alone, ending int // where only one has it; where the other has ended
		}{{"~", -1, -1}, {"^", -1, 1}} {
			inA, inB := strings.HasPrefix(a, mark.text), strings.HasPrefix(b, mark.text)
			switch {
			case inA && inB:
				a, b = a[1:], b[1:]
				return CompareVersions(a, b)
			case inA:
				return order(mark.alone, mark.ending, b)
			case inB:
				return -order(mark.alone, mark.ending, a)
			}
		}
		if a == "" || b == "" {
			return cmp.Compare(len(a), len(b))
		}
		segmentA, restA := segment(a)
		segmentB, restB := segment(b)
		if c := compareSegments(segmentA, segmentB); c != 0 {
			return c
		}
		a, b = restA, restB
	}
}

func order(alone, ending int, other string) int {
	if other == "" {
		return ending
	}
	return alone
}

func skipSeparators(s string) string {
	return strings.TrimLeftFunc(s, func(r rune) bool { return !isDigit(r) && !isLetter(r) && r != '~' && r != '^' })
}

func isDigit(r rune) bool  { return r >= '0' && r <= '9' }
func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// segment cuts the digits or the letters off the front.
func segment(s string) (first, rest string) {
	kind := isLetter
	if isDigit(rune(s[0])) {
		kind = isDigit
	}
	end := strings.IndexFunc(s, func(r rune) bool { return !kind(r) })
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[end:]
}

func compareSegments(a, b string) int {
	numberA, numberB := isDigit(rune(a[0])), isDigit(rune(b[0]))
	switch {
	case numberA && numberB:
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	case numberA:
		return 1
	case numberB:
		return -1
	}
	return cmp.Compare(a, b)
}
