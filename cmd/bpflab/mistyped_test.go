package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

// mistyped are command lines as people get them wrong, each with what it answers.
var mistyped = []struct{ line, answer string }{
	// verbs
	{"rnu hello", "bpflab: no command \"rnu\"; did you mean run?; `bpflab help` lists them"},
	{"verfy prog.o", "did you mean verify?"},
	{"kernel list -x", "unknown shorthand flag: 'x' in -x; `bpflab kernels list --help` lists the flags"},
	{"feat", "did you mean features?"},
	{"wrokshop", "did you mean workshop?"},
	{"pull 6.1", "no command \"pull\"; did you mean bpflab kernels pull?"},
	{"fetch", "did you mean bpflab kernels pull?"},
	{"list", "did you mean bpflab kernels list or bpflab labs list or bpflab vms list?"},
	{"matrix", "did you mean bpflab ci matrix?"},
	{"ssh", "did you mean shell?"},
	{"start hello", "did you mean run?"},
	{"veristat prog.o", "did you mean verify?"},
	{"install", "did you mean doctor?"},
	{"compare a b", "did you mean report?"},
	{"frobnicate", "bpflab: no command \"frobnicate\"; `bpflab help` lists them"},
	{"help rnu", "no command \"rnu\"; did you mean run?"},
	// sub-verbs
	{"kernels lsit", "no command \"lsit\"; did you mean list?; `bpflab kernels --help` lists them"},
	{"kernels pul 6.1", "did you mean pull?"},
	{"kernels fecth", "did you mean pull?"},
	{"kernels run hello", "did you mean bpflab run?"},
	{"labs chek x", "did you mean check?"},
	{"vms gcc", "did you mean gc?"},
	{"ci martix", "did you mean matrix?"},
	{"completion zhs", "did you mean zsh?"},
	{"help kernels pul", "did you mean pull?"},
	// flags
	{"run hello --kernle 6.1", "unknown flag: --kernle; did you mean --kernel? `bpflab run --help` lists the flags"},
	{"run hello --job 2", "did you mean --jobs?"},
	{"run hello --parallel 2", "did you mean --jobs?"},
	{"run hello --output x", "did you mean --dir?"},
	{"run hello -k 6.1", "unknown shorthand flag: 'k' in -k; did you mean --kernel?"},
	{"run hello -j two", "--jobs: \"two\" is no whole number"},
	{"exec --timeout 5 -- true", "--timeout: \"5\" is no time, as 30s or 10m"},
	{"kernels pull --kernel 6.1", "this verb takes kernels as arguments, without a flag"},
	{"bisect --kernel 6.1 hello", "this verb takes two kernels, --good and --bad"},
	{"doctor --colour", "did you mean --no-color?"},
	// arguments
	{"doctor now", "bpflab doctor takes no arguments, and \"now\" is one; usage: bpflab doctor [flags]"},
	{"replay", "bpflab replay accepts 1 arg(s), received 0; usage: bpflab replay RESULT [flags]"},
	{"verify", "bpflab verify requires at least 1 arg(s), only received 0; usage: bpflab verify OBJ... [flags]"},
	{"run helo", "did you mean"},
	{"run hello --provider quemu", "no provider \"quemu\"; did you mean qemu?"},
	// kernels
	{"run hello --kernel 6", "kernel \"6\" has no second number: name a series, as 6.1, or all series of 6 with \">=6.0 <7.0\""},
	{"run hello --kernel v6", "name a series, as 6.1"},
	{"run hello --kernel >6", "write \">6.0\" or \">=7.0\""},
	{"run hello --kernel lastest", "did you mean latest?"},
	{"kernels remove", "bpflab kernels remove requires at least 1 arg(s), only received 0"},
}

// TestMistyped has every mistyped command line refused with exit code 2 and one line that says
// what may be meant.
func TestMistyped(t *testing.T) {
	if len(mistyped) < 40 {
		t.Fatalf("%d command lines", len(mistyped))
	}
	emptyWorld(t)
	for _, test := range mistyped {
		var stdout, stderr bytes.Buffer
		code := execute(strings.Fields(test.line), &stdout, &stderr)
		said := stderr.String()
		if code != verdict.ExitUsage || stdout.Len() > 0 || !strings.Contains(said, test.answer) || strings.Count(said, "\n") != 1 {
			t.Errorf("bpflab %s: exit code %d, stdout %q, stderr %q, want one line with %q", test.line, code, stdout.String(), said, test.answer)
		}
	}
}

// Words that people type for a verb lead to it, and none of them is another verb's.
func TestAliases(t *testing.T) {
	all := verbs(newRootCmd())
	for name := range aliases {
		if all[name] == nil {
			t.Errorf("aliases of %q, which is no verb", name)
		}
	}
	for line, want := range map[string]string{
		"kernels fetch": "kernels pull", "kernels rm": "kernels remove", "kernel ls": "kernels list", "kernels check": "kernels verify",
		"vm rm": "vms gc", "lab create": "labs new", "kernels clean": "kernels prune",
	} {
		found, rest, err := newRootCmd().Find(strings.Fields(line))
		if err != nil || len(rest) > 0 || nameOf(found) != want {
			t.Errorf("%s leads to %q, %v", line, nameOf(found), err)
		}
	}
	for name, cmd := range all {
		taken := map[string]bool{}
		for _, sub := range cmd.Commands() {
			for _, word := range append(sub.Aliases, sub.Name()) {
				if taken[word] {
					t.Errorf("%s: %q stands for two verbs", name, word)
				}
				taken[word] = true
			}
		}
	}
}

// Each verb says how it is called.
func TestExamples(t *testing.T) {
	for name, cmd := range verbs(newRootCmd()) {
		if cmd.Example == "" && !cmd.Hidden {
			t.Errorf("the help of %q has no example", name)
		}
	}
}
