package verdict

import (
	"slices"
	"testing"
)

func TestFlaky(t *testing.T) {
	attempts := func(all ...Verdict) (out []Attempt) {
		for _, v := range all {
			out = append(out, Attempt{Verdict: v})
		}
		return out
	}
	on := func(lab, selector, release string, tries ...Verdict) Cell {
		return Cell{Lab: lab, Provider: "qemu", Kernel: Kernel{Selector: selector, Release: release},
			Verdict: tries[len(tries)-1], Attempts: attempts(tries...)}
	}
	broken := on("a", "6.1", "6.1.0", Infra)
	broken.Reason = Interrupted
	never := Cell{Lab: "a", Provider: "qemu", Kernel: Kernel{Selector: "6.1"}, Verdict: Infra}
	elsewhere := on("a", "6.1", "6.1.0", Fail)
	elsewhere.Provider = "lxd"
	unbuilt := Cell{Lab: "a", Provider: "qemu", Kernel: Kernel{Selector: "6.1"}, Verdict: Fail}
	pass := on("a", "6.1", "6.1.0", Pass)

	for _, test := range []struct {
		name  string
		cells []Cell
		want  []bool
	}{
		{"none", nil, nil},
		{"one pass", []Cell{pass}, []bool{false}},
		{"passed at the second attempt", []Cell{on("a", "6.1", "6.1.0", Infra, Pass)}, []bool{true}},
		{"failed at the second attempt", []Cell{on("a", "6.1", "6.1.0", Infra, Fail)}, []bool{false}},
		{"runs agree", []Cell{pass, pass, pass}, []bool{false, false, false}},
		{"runs agree to fail", []Cell{unbuilt, unbuilt}, []bool{false, false}},
		{"runs disagree", []Cell{pass, on("a", "6.1", "6.1.0", Fail), pass}, []bool{true, true, true}},
		{"one never answered", []Cell{pass, on("a", "6.1", "", Infra, Infra)}, []bool{true, true}},
		{"one was interrupted", []Cell{pass, broken, pass}, []bool{false, false, false}},
		{"one never began", []Cell{pass, never}, []bool{false, false}},
		{"another lab, kernel, provider", []Cell{pass, on("b", "6.1", "6.1.0", Fail), on("a", "6.12", "6.12.0", Fail), elsewhere}, []bool{false, false, false, false}},
		{"one late among agreeing runs", []Cell{pass, on("a", "6.1", "6.1.0", Infra, Pass)}, []bool{false, true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Flaky(test.cells); !slices.Equal(got, test.want) {
				t.Errorf("Flaky = %v, want %v", got, test.want)
			}
		})
	}
}
