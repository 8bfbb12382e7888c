package apt

import (
	"io/fs"
	"slices"
	"strings"
)

// Configuration is one URI that apt is configured with, and the suites it is for.
type Configuration struct {
	URI    string
	Suites []string
}

// Configured returns the sources that the configuration of apt in etc names.
func Configured(etc fs.FS) []Configuration {
	var found []Configuration
	names := []string{"sources.list"}
	for _, pattern := range []string{"sources.list.d/*.list", "sources.list.d/*.sources"} {
		more, _ := fs.Glob(etc, pattern) // the patterns are well formed
		names = append(names, more...)
	}
	for _, name := range names {
		text, err := fs.ReadFile(etc, name)
		switch {
		case err != nil: // not there, or not readable
		case strings.HasSuffix(name, ".sources"):
			found = append(found, parseDeb822(string(text))...)
		default:
			found = append(found, parseOneLine(string(text))...)
		}
	}
	return found
}

// parseOneLine reads "deb [options] URI SUITE COMPONENT…" lines.
func parseOneLine(text string) []Configuration {
	var found []Configuration
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(withoutOptions(line))
		if len(words) >= 3 && words[0] == "deb" {
			found = append(found, Configuration{words[1], words[2:3]})
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
func parseDeb822(text string) []Configuration {
	var found []Configuration
	for stanza := range strings.SplitSeq(text, "\n\n") {
		fields := deb822Fields(stanza)
		if !slices.Contains(fields["types"], "deb") || slices.Equal(fields["enabled"], []string{"no"}) {
			continue
		}
		for _, uri := range fields["uris"] {
			found = append(found, Configuration{uri, fields["suites"]})
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
