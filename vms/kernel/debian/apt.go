package debian

import (
	"io/fs"
	"slices"
	"strings"
)

// aptSource is one URI of an apt configuration with the suites it is for.
type aptSource struct {
	uri    string
	suites []string
}

// aptMirrors returns the first main and the first security mirror of Debian
// that the configuration in etc names, or "" for what it does not.
func aptMirrors(etc fs.FS) (main, security string) {
	for _, source := range aptSources(etc) {
		switch {
		case !strings.HasPrefix(source.uri, "http"):
		case security == "" && slices.ContainsFunc(source.suites, isSecuritySuite):
			security = strings.TrimRight(source.uri, "/")
		case main == "" && slices.ContainsFunc(source.suites, isMainSuite):
			main = strings.TrimRight(source.uri, "/")
		}
	}
	return main, security
}

var debianSuites = []string{
	"buster", "bullseye", "bookworm", "trixie", "forky", "duke", "sid",
	"oldoldstable", "oldstable", "stable", "testing", "unstable",
}

func isMainSuite(name string) bool { return slices.Contains(debianSuites, name) }

func isSecuritySuite(name string) bool {
	base, ok := strings.CutSuffix(name, "-security")
	if !ok {
		base, ok = strings.CutSuffix(name, "/updates")
	}
	return ok && isMainSuite(base)
}

func aptSources(etc fs.FS) []aptSource {
	var found []aptSource
	names := []string{"sources.list"}
	for _, pattern := range []string{"sources.list.d/*.list", "sources.list.d/*.sources"} {
		more, _ := fs.Glob(etc, pattern) // the patterns are well formed
		names = append(names, more...)
	}
	for _, name := range names {
		text, err := fs.ReadFile(etc, name)
		switch {
		case err != nil: // not there, or not for us to read
		case strings.HasSuffix(name, ".sources"):
			found = append(found, parseDeb822(string(text))...)
		default:
			found = append(found, parseOneLine(string(text))...)
		}
	}
	return found
}

// parseOneLine reads "deb [options] URI SUITE COMPONENT…" lines.
func parseOneLine(text string) []aptSource {
	var found []aptSource
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(withoutOptions(line))
		if len(words) >= 3 && words[0] == "deb" {
			found = append(found, aptSource{words[1], words[2:3]})
		}
	}
	return found
}

func withoutOptions(line string) string {
	before, rest, ok := strings.Cut(line, "[")
	_, after, closed := strings.Cut(rest, "]")
	if !ok || !closed {
		return line
	}
	return before + " " + after
}

// parseDeb822 reads stanzas with the fields Types, URIs, Suites and Enabled.
func parseDeb822(text string) []aptSource {
	var found []aptSource
	for stanza := range strings.SplitSeq(text, "\n\n") {
		fields := deb822Fields(stanza)
		if !slices.Contains(fields["types"], "deb") || slices.Equal(fields["enabled"], []string{"no"}) {
			continue
		}
		for _, uri := range fields["uris"] {
			found = append(found, aptSource{uri, fields["suites"]})
		}
	}
	return found
}

// deb822Fields maps lower-case field names to the words of their values, over
// continuation lines and comments.
func deb822Fields(stanza string) map[string][]string {
	fields := map[string][]string{}
	name := ""
	for line := range strings.Lines(stanza) {
		switch {
		case strings.HasPrefix(line, "#"):
			continue
		case !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t"):
			key, value, _ := strings.Cut(line, ":")
			name, line = strings.ToLower(strings.TrimSpace(key)), value
		}
		fields[name] = append(fields[name], strings.Fields(line)...)
	}
	return fields
}
