package project

import (
	"maps"
	"reflect"
	"regexp"
	"time"

	"github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verify"
)

var (
	oneLine    = regexp.MustCompile(`^\S[^\n]*$`)
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)
)

const (
	likeLine = "one line of text"
	likeName = "a name as in C"
)

// limit is the rule of a budget's number.
var limit = document.Rule{Min: 0, Max: 1 << 40}

// limits is the rule of a program's budgets.
var limits = document.Rule{Entry: "measure", Each: &limit}

// grammar is what a project's file may hold: its own mappings, and a lab's checks.
var grammar = document.Grammar{
	Families: merged(lab.Grammar().Families, families),
	Rules:    merged(lab.Grammar().Rules, rules),
}

func merged[V any](a, b map[string]V) map[string]V {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

var (
	families = map[string]document.Family{
		"Project":       {Noun: "the project", Some: []string{"objects", "packets", "commands"}},
		"PacketTest":    {Noun: "a packet test"},
		"Build":         {Noun: "the build"},
		"Objects":       {Noun: "an entry of objects"},
		"Budgets":       {Noun: "budgets", Some: []string{"all", "programs", "kernels"}},
		"KernelBudgets": {Noun: "budgets of kernels", Some: []string{"all", "programs"}},
		"Rejection":     {Noun: "an entry of rejected", Some: []string{"reason", "message"}},
		"Command":       {Noun: "a command"},
	}

	rules = map[string]document.Rule{
		"Project.kernels":  {Doc: "Kernels that everything is tried on, as --kernel has them; bpflab's default ones if missing."},
		"Project.build":    {Doc: "What makes the objects, before anything else."},
		"Project.objects":  {Doc: "eBPF objects, whose programs must load."},
		"Project.packets":  {Doc: "Programs that are run on packets, and what must come out."},
		"Project.commands": {Doc: "Commands of the project's that must succeed in each kernel: its own loader, its tests."},

		"Build.run":     {Doc: "A shell's command line, run in the directory of this file.", Required: true, Form: oneLine, Like: likeLine},
		"Build.inputs":  {Doc: "What it reads, as files, patterns of them, and directories with all below them: for check --watch. The directory of this file if missing.", Form: oneLine, Like: likeLine},
		"Build.timeout": {Doc: "Longest time that it may take.", Min: int64(time.Second), Max: int64(24 * time.Hour), Def: 10 * time.Minute},

		"Objects.files":          {Doc: "Files, or patterns of them: each must be there.", Required: true, Form: oneLine, Like: likeLine},
		"Objects.loader":         {Doc: "What loads them.", Words: verify.Loaders, Def: verify.Either},
		"Objects.programs":       {Doc: "Names of the programs to load, or patterns; all if missing.", Form: oneLine, Like: likeLine},
		"Objects.skip":           {Doc: "Programs to leave out.", Form: oneLine, Like: likeLine},
		"Objects.attach":         {Doc: "Attach the programs, too, as their sections say."},
		"Objects.optional":       {Doc: "Load programs of optional sections, SEC(\"?…\"), too."},
		"Objects.btf":            {Doc: "BTF to relocate with on kernels that have none of their own.", Form: oneLine, Like: likeLine},
		"Objects.map_sizes":      {Doc: "max_entries of maps that their loader sizes.", Form: identifier, Like: likeName, Entry: "map", Each: &document.Rule{Min: 1, Max: 1<<32 - 1}},
		"Objects.attach_targets": {Doc: "Functions that programs attach to whose sections name none.", Form: identifier, Like: likeName, Entry: "program", Each: &document.Rule{Form: identifier, Like: likeName}},
		"Objects.presets":        {Doc: "A file with sets of values for global variables, as --presets has it; each program is loaded with each of them.", Form: oneLine, Like: likeLine},
		"Objects.annotations":    {Doc: "Judge the programs by their annotations, those of the kernel's tests and of bpflab_expect.h, in place of loading all of them."},
		"Objects.budgets":        {Doc: "The most that programs may cost."},
		"Objects.rejected":       {Doc: "Programs that do not load on some kernels, and why: one that loads there all the same is a failure, and so is one that does not load for another reason."},

		"Budgets.all":            {Doc: "Of all programs.", Entry: "measure", Each: &limit},
		"Budgets.programs":       {Doc: "Of programs by their names.", Form: identifier, Like: likeName, Entry: "program", Each: &limits},
		"Budgets.kernels":        {Doc: "Of some kernels, in place of the others. Where ranges overlap, the last has the say."},
		"KernelBudgets.on":       {Doc: "The kernels, as \">=7.2\".", Required: true},
		"KernelBudgets.all":      {Doc: "Of all programs.", Entry: "measure", Each: &limit},
		"KernelBudgets.programs": {Doc: "Of programs by their names.", Form: identifier, Like: likeName, Entry: "program", Each: &limits},

		"Rejection.program": {Doc: "Name of the programs, or a pattern.", Form: oneLine, Like: likeLine, Def: "*"},
		"Rejection.object":  {Doc: "Name of the object, or a pattern.", Form: oneLine, Like: likeLine, Def: "*"},
		"Rejection.preset":  {Doc: "Name of the preset, or a pattern.", Form: oneLine, Like: likeLine, Def: "*"},
		"Rejection.on":      {Doc: "The kernels, as \"<5.8\"; all if missing."},
		"Rejection.reason":  {Doc: "Code of the reason, as in docs/verify.md.", Words: verify.Codes()},
		"Rejection.message": {Doc: "RE2 pattern that is found in the reason or in the loader's words."},

		"PacketTest.name":    {Doc: "Name for the report.", Required: true, Form: oneLine, Like: likeLine},
		"PacketTest.object":  {Doc: "The object's file.", Required: true, Form: oneLine, Like: likeLine},
		"PacketTest.on":      {Doc: "The kernels to run it on, as \">=5.8\"; all if missing."},
		"PacketTest.timeout": {Doc: "Longest time that it may take; a minute if missing, more where the host is slow.", Min: int64(time.Second), Max: int64(24 * time.Hour)},
		"PacketTest.checks":  {Doc: "What must come out: test_run, and map and event of what they leave. As in a lab.", Required: true},

		"Command.name":     {Doc: "Name for the report; the command's own if missing.", Form: oneLine, Like: likeLine},
		"Command.run":      {Doc: "The command and its arguments, as behind `bpflab exec --`. One with a slash is a file of this machine, which is sent with its libraries, as are files that arguments name.", Required: true, Repeats: true},
		"Command.on":       {Doc: "The kernels to run it on, as \">=5.8\"; all if missing."},
		"Command.fails":    {Doc: "The kernels on which it is expected to fail: success there is a failure."},
		"Command.copy":     {Doc: "Files and directories to send too.", Form: oneLine, Like: likeLine},
		"Command.env":      {Doc: "Variables, as K=V, or names of those to pass on.", Form: oneLine, Like: likeLine},
		"Command.memory":   {Doc: "Memory of the machine.", Min: int64(64 * document.MiB), Max: int64(64 * document.GiB), Def: 512 * document.MiB},
		"Command.cpus":     {Doc: "Processors of the machine.", Min: 1, Max: 64, Def: 1},
		"Command.rootfs":   {Doc: "Userland of the machine, as --rootfs has it.", Form: oneLine, Like: likeLine},
		"Command.run_time": {Doc: "How long runs of programs that it loads may take, against each other, by the kernel's own statistics (Linux 5.1)."},
		"Command.timeout":  {Doc: "Longest time that it may take.", Min: int64(time.Second), Max: int64(24 * time.Hour), Def: 5 * time.Minute},
	}
)

// Schema returns the JSON Schema of a project's file, which docs/project.schema.json holds.
func Schema() ([]byte, error) {
	return grammar.Schema(document.About{
		ID:          "https://github.com/bpflab/bpflab/docs/project.schema.json",
		Title:       "bpflab project",
		Description: "bpflab.yaml: what must hold of a project on which kernels, for bpflab check.",
	}, reflect.TypeFor[Project]())
}
