package verify

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
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

// Budgets are limits for all programs, and for some by their names.
type Budgets struct {
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
}

func (o Over) String() string {
	return fmt.Sprintf("%s on %s: %s is %d, over its budget of %d", o.Program, withRelease(o.Kernel, o.Release), o.Measure, o.Value, o.Limit)
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
	for _, limits := range append(slices.Collect(maps.Values(b.Programs)), b.All) {
		if err := limits.check(); err != nil {
			return b, fmt.Errorf("%s: %w", path, err)
		}
	}
	return b, nil
}

func (l Limits) check() error {
	for name := range l {
		if measures[name] == nil {
			return fmt.Errorf("%q cannot have a budget; %s can", name, strings.Join(slices.Sorted(maps.Keys(measures)), ", "))
		}
	}
	return nil
}

// Add adds the budget of a flag: insns<=100000 for all programs, or
// PROGRAM:insns<=100 for one.
func (b *Budgets) Add(text string) error {
	left, right, ok := strings.Cut(text, "<=")
	limit, err := strconv.Atoi(strings.TrimSpace(right))
	if !ok || err != nil || limit < 0 {
		return fmt.Errorf("budget %q is not like insns<=100000", text)
	}
	program, measure, of := strings.Cut(strings.TrimSpace(left), ":")
	if !of {
		program, measure = "", program
	}
	limits := Limits{measure: limit}
	if err := limits.check(); err != nil {
		return fmt.Errorf("budget %q: %w", text, err)
	}
	if program == "" {
		b.All = merge(b.All, limits)
		return nil
	}
	if b.Programs == nil {
		b.Programs = map[string]Limits{}
	}
	b.Programs[program] = merge(b.Programs[program], limits)
	return nil
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
	for _, name := range slices.Sorted(maps.Keys(b.Programs)) {
		if !slices.Contains(names, name) {
			return fmt.Errorf("there is a budget for program %q, which no object has; they have %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// Over lists the accepted programs that are over their budgets. A program's own
// limit goes before that for all.
func (b Budgets) Over(all []Result) []Over {
	var out []Over
	for _, r := range all {
		if !r.Accepted {
			continue
		}
		limits := merge(b.All, b.Programs[r.Program])
		for _, name := range slices.Sorted(maps.Keys(limits)) {
			if value := measures[name](r); value > limits[name] {
				out = append(out, Over{r.Object, r.Program, r.Kernel, r.Release, name, value, limits[name]})
			}
		}
	}
	return out
}
