package verify

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/bpflab/bpflab/vms/kernel"
)

// measures are what a budget may bound, by their names in the JSON.
var measures = map[string]func(Result) int{
	"insns":       func(r Result) int { return r.Insns },
	"states":      func(r Result) int { return r.States },
	"peak_states": func(r Result) int { return r.PeakStates },
	"jited_len":   func(r Result) int { return r.JitedLen },
	"xlated_len":  func(r Result) int { return r.XlatedLen },
}

// Limits are the most that a program may have of each measure.
type Limits map[string]int

// Budgets are limits for all programs, and for some by their names. Those of Kernels
// replace them on some kernels: one program may take five times as many instructions on
// a newer one.
type Budgets struct {
	All      Limits            `yaml:"all"`
	Programs map[string]Limits `yaml:"programs"`
	Kernels  []KernelBudgets   `yaml:"kernels"`
}

// KernelBudgets are budgets on the kernels of a range. Where ranges overlap, the last has
// the say.
type KernelBudgets struct {
	On       kernel.Range      `yaml:"on"`
	All      Limits            `yaml:"all"`
	Programs map[string]Limits `yaml:"programs"`
}

// Over is a program that is over its budget on one kernel.
type Over struct {
	Object  string `json:"object"`
	Program string `json:"program"`
	Kernel  string `json:"kernel"`
	Release string `json:"release,omitempty"`
	Measure string `json:"measure"`
	Value   int    `json:"value"`
	Limit   int    `json:"limit"`
	Preset  string `json:"preset,omitempty"`
}

func (o Over) String() string {
	return fmt.Sprintf("%s%s on %s: %s is %d, over its budget of %d", o.Program, withPreset(o.Preset), withRelease(o.Kernel, o.Release), o.Measure, o.Value, o.Limit)
}

// ReadBudgets reads a budgets file. Errors name the file and the line.
func ReadBudgets(path string) (Budgets, error) {
	var b Budgets
	text, err := os.ReadFile(path)
	if err != nil {
		return b, err
	}
	if err := yaml.UnmarshalWithOptions(text, &b, yaml.Strict()); err != nil {
		return b, fmt.Errorf("%s: %w", path, err)
	}
	if err := b.check(); err != nil {
		return b, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

func (b Budgets) check() error {
	all := append(slices.Collect(maps.Values(b.Programs)), b.All)
	for _, k := range b.Kernels {
		if k.On.IsZero() {
			return fmt.Errorf("budgets of kernels do not say of which: on: \">=7.2\"")
		}
		all = append(append(all, slices.Collect(maps.Values(k.Programs))...), k.All)
	}
	for _, limits := range all {
		if err := limits.check(); err != nil {
			return err
		}
	}
	return nil
}

func (l Limits) check() error {
	for name := range l {
		if measures[name] == nil {
			return fmt.Errorf("%q cannot have a budget; %s can", name, strings.Join(Measures(), ", "))
		}
	}
	return nil
}

// Add adds the budget of a flag: insns<=100000 for all programs, PROGRAM:insns<=100 for
// one, and insns<=1000@>=7.2 on the kernels of a range.
func (b *Budgets) Add(text string) error {
	budget, on, some := strings.Cut(text, "@")
	left, right, ok := strings.Cut(budget, "<=")
	limit, err := strconv.Atoi(strings.TrimSpace(right))
	if !ok || err != nil || limit < 0 {
		return fmt.Errorf("budget %q is not like insns<=100000", text)
	}
	program, measure, of := strings.Cut(strings.TrimSpace(left), ":")
	if !of {
		program, measure = "", program
	}
	k := KernelBudgets{All: b.All, Programs: b.Programs}
	if some {
		k = KernelBudgets{}
		if k.On, err = kernel.ParseRange(on); err != nil {
			return fmt.Errorf("budget %q: %w", text, err)
		}
		if k.On.IsZero() {
			return fmt.Errorf("budget %q names no kernels after the @: as in insns<=100000@>=7.2", text)
		}
	}
	limits := Limits{measure: limit}
	if err := limits.check(); err != nil {
		return fmt.Errorf("budget %q: %w", text, err)
	}
	k.add(program, limits)
	if some {
		b.Kernels = append(b.Kernels, k)
	} else {
		b.All, b.Programs = k.All, k.Programs
	}
	return nil
}

// add adds limits for a program, or for all if it has no name.
func (k *KernelBudgets) add(program string, limits Limits) {
	if program == "" {
		k.All = merge(k.All, limits)
		return
	}
	if k.Programs == nil {
		k.Programs = map[string]Limits{}
	}
	k.Programs[program] = merge(k.Programs[program], limits)
}

func merge(a, b Limits) Limits {
	out := maps.Clone(a)
	if out == nil {
		out = Limits{}
	}
	maps.Copy(out, b)
	return out
}

// Known returns an error if the budgets name a program that no object has.
func (b Budgets) Known(objects []*Object) error {
	names := programNames(objects)
	budgeted := slices.Collect(maps.Keys(b.Programs))
	for _, k := range b.Kernels {
		budgeted = slices.AppendSeq(budgeted, maps.Keys(k.Programs))
	}
	for _, name := range slices.Sorted(slices.Values(budgeted)) {
		if !slices.Contains(names, name) {
			return fmt.Errorf("there is a budget for program %q, which no object has; they have %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// of returns what holds for a program on a kernel. A program's own limit goes before
// that for all, and a kernel's before that for all kernels.
func (b Budgets) of(r Result) Limits {
	version, err := kernel.ParseVersion(r.Release)
	all, own := b.All, b.Programs[r.Program]
	for _, k := range b.Kernels {
		if err == nil && k.On.Contains(version) {
			all, own = merge(all, k.All), merge(own, k.Programs[r.Program])
		}
	}
	return merge(all, own)
}

// Over lists the accepted programs that are over their budgets.
func (b Budgets) Over(all []Result) []Over {
	var out []Over
	for _, r := range all {
		if !r.Accepted {
			continue
		}
		limits := b.of(r)
		for _, name := range slices.Sorted(maps.Keys(limits)) {
			if value := measures[name](r); value > limits[name] {
				out = append(out, Over{r.Object, r.Program, r.Kernel, r.Release, name, value, limits[name], r.Preset})
			}
		}
	}
	return out
}

// Measures returns the names of what a budget may bound.
func Measures() []string { return slices.Sorted(maps.Keys(measures)) }
