package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	documents "github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// configVariable names a configuration file instead of the user's own.
const configVariable = "BPFLAB_CONFIG"

// Config is what a configuration file may say.
type Config struct {
	Kernels    []word            `yaml:"kernels"`
	Provider   string            `yaml:"provider"`
	Accel      string            `yaml:"accel"`
	Jobs       int               `yaml:"jobs"`
	Cache      string            `yaml:"cache"`
	Lock       string            `yaml:"lock"`
	Mirrors    map[string]string `yaml:"mirrors"`
	Standby    string            `yaml:"standby"`
	Color      string            `yaml:"color"`
	Clang      string            `yaml:"clang"`
	Busybox    string            `yaml:"busybox"`
	LXDProject string            `yaml:"lxd_project"`
}

// word is a text that may look like a number, as the kernel 5.10.
type word string

// UnmarshalText takes any text.
func (w *word) UnmarshalText(text []byte) error {
	*w = word(text)
	return nil
}

var configGrammar = documents.Grammar{
	Families: map[string]documents.Family{"Config": {Noun: "the configuration"}},
	Rules: map[string]documents.Rule{
		"Config.kernels":     {Doc: "What --kernel means where it is not given, in place of default."},
		"Config.provider":    {Doc: "What runs the machines.", Form: oneLine, Like: "a provider"},
		"Config.accel":       {Doc: "How QEMU runs machines.", Words: accelerators},
		"Config.jobs":        {Doc: "Machines at one time.", Min: 1, Max: 4096},
		"Config.cache":       {Doc: "Directory of kernels, templates and objects.", Form: oneLine, Like: "a path"},
		"Config.lock":        {Doc: "Lock file to use.", Form: oneLine, Like: "a path"},
		"Config.mirrors":     {Doc: "Mirrors of sources of kernels.", Entry: "source", Each: &documents.Rule{Form: oneLine, Like: "a URL"}},
		"Config.standby":     {Doc: "on: verbs start a standby; off: they use none that runs either.", Words: []string{"on", "off"}},
		"Config.color":       {Doc: "never: no colours.", Words: []string{"auto", "never"}},
		"Config.clang":       {Doc: "clang to compile with.", Form: oneLine, Like: "a path"},
		"Config.busybox":     {Doc: "Static busybox for the machines.", Form: oneLine, Like: "a path"},
		"Config.lxd_project": {Doc: "Project of LXD to use.", Form: oneLine, Like: "a name"},
	},
}

// setting is one thing that the file, the environment and flags may say; each outranks those
// before it.
type setting struct {
	name     string // its key in the file
	usual    string // its value if nobody says
	variable string // of the environment
	flag     string // "" for none
	isPath   bool
	words    map[string]string // the variable's value for words of the file
}

// settings returns all settings, in the order of the file's keys.
func settings() []setting {
	all := []setting{
		{name: "kernels", usual: "default", variable: "BPFLAB_KERNEL", flag: "kernel"},
		{name: "provider", usual: defaultProvider, variable: "BPFLAB_PROVIDER", flag: "provider"},
		{name: "accel", usual: "auto", variable: "BPFLAB_ACCEL", flag: "accel"},
		{name: "jobs", usual: "one a core", variable: "BPFLAB_JOBS", flag: "jobs"},
		{name: "cache", variable: "BPFLAB_CACHE", isPath: true},
		{name: "lock", usual: "the one in bpflab, or ./kernels.lock", variable: lockVariable, isPath: true},
		{name: "standby", usual: "one that runs is used", variable: "BPFLAB_STANDBY", words: map[string]string{"on": "1", "off": "0"}},
		{name: "color", usual: "auto", variable: "NO_COLOR", flag: "no-color", words: map[string]string{"auto": "", "never": "1"}},
		{name: "clang", usual: "clang of PATH", variable: "BPFLAB_CLANG"},
		{name: "busybox", usual: "busybox of PATH", variable: "BPFLAB_BUSYBOX"},
		{name: "lxd_project", usual: "bpflab", variable: "BPFLAB_LXD_PROJECT"},
	}
	for _, source := range catalogue.SourceNames() {
		all = append(all, setting{name: "mirrors." + source, usual: "the source's own", variable: catalogue.MirrorVariable(source)})
	}
	return all
}

// configFile returns the path of the configuration file. named reports whether the environment
// names it, so that it must be there.
func configFile() (path string, named bool) {
	if path := os.Getenv(configVariable); path != "" {
		return path, true
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", false
	}
	return filepath.Join(dir, "bpflab", "config.yaml"), false
}

// configured are the values of a configuration file, by the settings' names.
type configured struct {
	file   string
	there  bool
	values map[string]string
	places map[string]documents.Place // by the keys, as document.Decode has them
}

// readConfig reads the configuration file. No file is an empty one, unless the environment
// names it. Errors are usage errors, with every mistake and its place.
func readConfig() (configured, error) {
	path, named := configFile()
	c := configured{file: path}
	if path == "" {
		return c, nil
	}
	text, err := documents.Read(os.DirFS(filepath.Dir(path)), filepath.Base(path))
	if errors.Is(err, fs.ErrNotExist) && !named {
		return c, nil
	}
	if err != nil {
		return c, usageError{fmt.Errorf("configuration %s: %w", path, err)}
	}
	c.there = true
	if err := c.parse(text); err != nil {
		return c, usageError{err}
	}
	return c, nil
}

// parse reads the text of a configuration file. An empty one says nothing.
func (c *configured) parse(text []byte) error {
	c.values = map[string]string{}
	if strings.TrimSpace(string(text)) == "" {
		return nil
	}
	problems := &documents.Problems{File: c.file}
	var said Config
	if text, ok := documents.Clean(text, problems); ok {
		c.places, _ = configGrammar.Decode(documents.Fragment{Text: string(text), Noun: "the configuration"}, &said, problems)
	}
	for source := range said.Mirrors {
		if names := catalogue.SourceNames(); !slices.Contains(names, source) {
			problems.Add(c.places["mirrors."+source], documents.DidYouMean(source, names), "no source %q of kernels", source)
		}
	}
	if err := problems.Err(); err != nil {
		return err
	}
	c.take(said)
	return nil
}

// take keeps what a file says, as the environment would have it.
func (c *configured) take(said Config) {
	v := reflect.ValueOf(said)
	for _, s := range settings() {
		value := ""
		if source, ok := strings.CutPrefix(s.name, "mirrors."); ok {
			value = said.Mirrors[source]
		} else {
			value = textOf(v.FieldByNameFunc(func(name string) bool {
				f, _ := v.Type().FieldByName(name)
				return f.Tag.Get("yaml") == s.name
			}))
		}
		if as, ok := s.words[value]; ok {
			value = as
		}
		if s.isPath {
			value = c.path(value)
		}
		if value != "" {
			c.values[s.name] = value
		}
	}
}

// textOf writes a value of the file as the environment has it; "" is none.
func textOf(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Int:
		if v.Int() == 0 {
			return ""
		}
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Slice:
		var words []string
		for i := range v.Len() {
			words = append(words, v.Index(i).String())
		}
		return strings.Join(words, ",")
	}
	return v.String()
}

// path returns a path of the file: one that is not absolute is below the file's directory, and
// ~/ is the user's home.
func (c *configured) path(p string) string {
	if rest, ok := strings.CutPrefix(p, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(filepath.Dir(c.file), p)
}

// where returns the place of a setting in the file.
func (c *configured) where(name string) string {
	return fmt.Sprintf("%s:%d", c.file, c.places[name].Line)
}

// configure gives a verb what the configuration file and the environment say: it sets variables
// that are not set, and flags that were not given.
func configure(cmd *cobra.Command) error {
	c, err := readConfig()
	if err != nil {
		if toleratesConfig(cmd) {
			return nil
		}
		return err
	}
	for _, s := range settings() {
		value := c.values[s.name]
		if _, set := os.LookupEnv(s.variable); !set && value != "" {
			if err := os.Setenv(s.variable, value); err != nil {
				return err
			}
			fromFile[s.variable] = true
		}
		if err := s.apply(cmd); err != nil {
			return usageError{fmt.Errorf("%s: %w", s.variable, err)}
		}
	}
	return nil
}

// toleratesConfig reports whether a verb works with a wrong configuration file, because it does
// not use one.
func toleratesConfig(cmd *cobra.Command) bool {
	top := cmd
	for top.HasParent() && top.Parent().HasParent() {
		top = top.Parent()
	}
	return slices.Contains([]string{"version", "help", "completion", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}, top.Name())
}

// apply sets the flag of a setting that was not given, where the verb's own default is the
// usual one. Such a flag does not count as given.
func (s setting) apply(cmd *cobra.Command) error {
	value := os.Getenv(s.variable)
	if value == "" || s.flag == "" || s.name == "color" || s.name == "accel" { // these two are read where they are used
		return nil
	}
	f := cmd.Flags().Lookup(s.flag)
	usual := map[string]string{"kernels": "[default]", "provider": defaultProvider, "jobs": "0"}[s.name]
	if f == nil || f.Changed || f.DefValue != usual {
		return nil
	}
	if s.name == "jobs" {
		if n, err := strconv.Atoi(value); err != nil || n < 1 {
			return fmt.Errorf("%q is no number of machines", value)
		}
	}
	return f.Value.Set(value)
}
