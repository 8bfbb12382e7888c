package project

import (
	"regexp"
	"time"

	"github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/vms/kernel"
)

// FileName is the usual name of a project's file.
const FileName = "bpflab.yaml"

// Project is what the file says. Paths in it are relative to the file's directory.
type Project struct {
	Kernels  []Word       `yaml:"kernels"`
	Build    *Build       `yaml:"build"`
	Objects  []Objects    `yaml:"objects"`
	Packets  []PacketTest `yaml:"packets"`
	Commands []Command    `yaml:"commands"`

	file   string
	places map[string]document.Place
}

// Build makes the objects.
type Build struct {
	Run     string        `yaml:"run"`
	Timeout time.Duration `yaml:"timeout"`
	Inputs  []string      `yaml:"inputs"` // files and directories that it reads
}

// Objects are eBPF objects that are loaded in one way.
type Objects struct {
	Files         []string          `yaml:"files"`
	Loader        string            `yaml:"loader"`
	Programs      []string          `yaml:"programs"`
	Skip          []string          `yaml:"skip"`
	Attach        bool              `yaml:"attach"`
	Optional      bool              `yaml:"optional"`
	BTF           string            `yaml:"btf"`
	MapSizes      map[string]int64  `yaml:"map_sizes"`
	AttachTargets map[string]string `yaml:"attach_targets"`
	Presets       string            `yaml:"presets"`
	Annotations   bool              `yaml:"annotations"`
	Budgets       verify.Budgets    `yaml:"budgets"`
	Rejected      []Rejection       `yaml:"rejected"`
}

// Rejection is an outcome that is expected: a program does not load.
type Rejection struct {
	Program string         `yaml:"program"`
	Object  string         `yaml:"object"`
	Preset  string         `yaml:"preset"`
	On      kernel.Range   `yaml:"on"`
	Reason  string         `yaml:"reason"`
	Message *regexp.Regexp `yaml:"message"`
}

// Command is a command of the project's that runs on each kernel.
type Command struct {
	Name    string        `yaml:"name"`
	Run     []string      `yaml:"run"`
	On      kernel.Range  `yaml:"on"`
	Fails   kernel.Range  `yaml:"fails"`
	Copy    []string      `yaml:"copy"`
	Env     []string      `yaml:"env"`
	Memory  document.Size `yaml:"memory"`
	CPUs    int           `yaml:"cpus"`
	Rootfs  string        `yaml:"rootfs"`
	Timeout time.Duration `yaml:"timeout"`

	RunTimes []lab.RunTime `yaml:"run_time"` // of programs that it loads
}

// Selectors returns the kernels as --kernel has them.
func (p *Project) Selectors() (all []string) {
	for _, k := range p.Kernels {
		all = append(all, string(k))
	}
	return all
}

// Files returns what the project is made of: files, patterns of them, and directories, of which
// all below belongs to it. What the file does not name is not among them, as files of commands.
func (p *Project) Files() (all []string) {
	if p.Build != nil && len(p.Build.Inputs) > 0 {
		all = append(all, p.Build.Inputs...)
	} else if p.Build != nil {
		all = append(all, ".")
	}
	for _, o := range p.Objects {
		all = append(all, o.Files...)
	}
	for _, t := range p.Packets {
		all = append(all, t.Object)
	}
	return append(all, p.Settings()...)
}

// Settings returns the files that say how objects are loaded.
func (p *Project) Settings() (all []string) {
	for _, o := range p.Objects {
		for _, name := range []string{o.Presets, o.BTF} {
			if name != "" {
				all = append(all, name)
			}
		}
	}
	return all
}

// Word is a text that may look like a number, as the kernel 5.10.
type Word string

// UnmarshalText takes any text.
func (w *Word) UnmarshalText(text []byte) error {
	*w = Word(text)
	return nil
}
