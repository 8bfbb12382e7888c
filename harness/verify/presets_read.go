package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/harness/globals"
)

// Bounds of a file with presets. The YAML parser's time grows with the square of both.
const (
	maxPresets  = 64 << 10
	maxBrackets = 2000
)

// ReadSettings reads the values of --set-global: VAR=VALUE, or @FILE with one a line, in which
// empty lines and those that begin with # are left out, as veristat has it.
func ReadSettings(flags []string) (out []Setting, err error) {
	for _, text := range flags {
		name, isFile := strings.CutPrefix(text, "@")
		if !isFile {
			a, err := globals.ParseAssignment(text)
			if err != nil {
				return nil, fmt.Errorf("--set-global: %w", err)
			}
			out = append(out, Setting{a, position{source: "--set-global " + text}})
			continue
		}
		lines, err := readSettings(name)
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	return out, nil
}

func readSettings(path string) (out []Setting, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--set-global: %w", err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		at := position{path, i + 1, 1}
		a, err := globals.ParseAssignment(line)
		if err != nil {
			return nil, at.because("%v", err)
		}
		out = append(out, Setting{a, at})
	}
	return out, nil
}

// presetsFile is what a file with presets holds.
type presetsFile struct {
	Presets []document.Entry[presetEntry] `yaml:"presets"`
}

type presetEntry struct {
	Set      []document.Entry[document.Value] `yaml:"set"`
	Objects  []string                         `yaml:"objects"`
	Programs []string                         `yaml:"programs"`
}

// presetName is what a preset may be called: it becomes part of files' names.
var presetName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.,=+-]{0,63}$`)

// oneLine is what a pattern of names is written in.
var oneLine = regexp.MustCompile(`^\S[^\n]*$`)

const likePattern = "a name, or a pattern such as handle_*"

var presetsGrammar = document.Grammar{
	Families: map[string]document.Family{
		"presetsFile": {Noun: "the file"},
		"presetEntry": {Noun: "a preset"},
	},
	Rules: map[string]document.Rule{
		"presetsFile.presets": {Doc: "Sets of values by their names. Each program is loaded with each of them.", Required: true,
			Form: presetName, Like: "up to 64 letters, digits and _ . , = + -", Entry: "preset", Each: &document.Rule{Blank: true}},
		"presetEntry.set": {Doc: "Values of global variables, fields (cfg.mode) and elements (\"table[2]\").", Blank: true, Entry: "variable",
			Each: &document.Rule{Like: "the fields of a struct are set one by one, as in cfg.mode: 3"}},
		"presetEntry.objects":  {Doc: "Names of the objects that it is for, or patterns; all that have one of its variables if missing.", Form: oneLine, Like: likePattern, Lone: true},
		"presetEntry.programs": {Doc: "Names of the programs that it is for, or patterns; all if missing.", Form: oneLine, Like: likePattern, Lone: true},
	},
}

// PresetsSchema returns the JSON Schema of a file with presets, which docs/presets.schema.json
// holds.
func PresetsSchema() ([]byte, error) {
	return presetsGrammar.Schema(document.About{
		ID:          "https://github.com/bpflab/bpflab/docs/presets.schema.json",
		Title:       "bpflab presets",
		Description: "Values of eBPF objects' global variables, for bpflab verify --presets and bpflab check.",
	}, reflect.TypeFor[presetsFile]())
}

// ReadPresets reads a file with presets. The error is that of reading it, or holds every mistake
// in it as a *document.Error.
func ReadPresets(path string) ([]Preset, error) {
	dir, name := filepath.Split(path)
	text, err := document.Read(os.DirFS(filepath.Clean(dir+".")), name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return parsePresets(path, text)
}

func parsePresets(path string, text []byte) ([]Preset, error) {
	problems := &document.Problems{File: path}
	var presets []Preset
	if text, ok := document.Clean(text, problems); ok {
		var file presetsFile
		places, _ := presetsGrammar.Decode(document.Fragment{Text: string(text), Noun: "the file", Bytes: maxPresets, Brackets: maxBrackets}, &file, problems)
		r := &presetsReader{path, problems, places}
		for _, one := range file.Presets {
			presets = append(presets, r.preset(one))
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return presets, nil
}

// presetsReader makes presets of what a file holds.
type presetsReader struct {
	file     string
	problems *document.Problems
	places   map[string]document.Place
}

func (r *presetsReader) position(at document.Place) position {
	return position{r.file, at.Line, at.Column}
}

func (r *presetsReader) preset(entry document.Entry[presetEntry]) Preset {
	p := Preset{Name: entry.Name, at: r.position(entry.At)}
	for _, one := range entry.Value.Set {
		path, err := globals.ParsePath(one.Name)
		if err != nil {
			r.problems.Add(one.At, "", "%v", err)
			continue
		}
		p.Set = append(p.Set, Setting{globals.Assignment{Path: path, Value: assigned(one.Value)}, r.position(one.Value.At)})
	}
	at := "presets." + entry.Name
	p.Objects = r.patterns(entry.Value.Objects, at+".objects")
	p.Programs = r.patterns(entry.Value.Programs, at+".programs")
	return p
}

// assigned returns a value as it was written.
func assigned(v document.Value) globals.Value {
	out := globals.Value{Text: v.Text, Quoted: v.Quoted, IsList: v.IsList}
	for _, one := range v.List {
		out.List = append(out.List, assigned(one))
	}
	return out
}

func (r *presetsReader) patterns(patterns []string, path string) (out []Pattern) {
	for i, text := range patterns {
		at := r.places[fmt.Sprintf("%s[%d]", path, i)]
		if err := checkPattern(text); err != nil && !r.problems.Reported(at) {
			r.problems.Add(at, "", "%v", err)
		}
		out = append(out, Pattern{text, r.position(at)})
	}
	return out
}
