package lab

import (
	"regexp"
	"time"
)

// rule says what one key may hold. The decoder enforces it, the JSON Schema
// publishes it. For a list it speaks of each item.
type rule struct {
	doc      string
	required bool
	min, max int64          // of a number, size or duration; no bounds if max is 0
	words    []string       // the only values
	form     *regexp.Regexp // what a text must match
	like     string         // what matches form, for messages
	def      any            // taken when the key is missing
}

// family says what one mapping may hold beyond the rules of its keys.
type family struct {
	noun  string      // "a check", for messages
	one   []string    // exactly one of these keys
	some  []string    // at least one of these keys
	never [][2]string // keys that exclude each other
}

const (
	maxCount = 1_000_000
	maxPort  = 65535
)

var (
	oneLine    = regexp.MustCompile(`^\S[^\n]*$`)
	cFile      = regexp.MustCompile(`^[A-Za-z0-9_./-]+\.c$`)
	config     = regexp.MustCompile(`^CONFIG_[A-Z0-9_]+$`)
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	fieldPath  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*|\[[0-9]{1,6}\])*$`)
	module     = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	namespaces = []string{"client", "server"}
	// errnos are those bpf(2) answers BPF_PROG_LOAD with.
	errnos = []string{"E2BIG", "EACCES", "EAGAIN", "EBADF", "EBUSY", "EFAULT", "EINVAL", "ELOOP", "ENOENT",
		"ENOMEM", "ENOSPC", "ENOSYS", "ENOTSUPP", "EOPNOTSUPP", "EPERM", "ERANGE", "ESRCH"}
)

const (
	likeFile    = "a path of letters, digits and ._/- that ends in .c"
	likeName    = "a name as in C"
	likeOneLine = "one line of text"
)

// families holds the mappings by the name of their Go type.
var families = map[string]family{
	"Header":   {noun: "the front matter"},
	"Course":   {noun: "the choice of labs"},
	"Need":     {noun: "a need"},
	"Action":   {noun: "a step's comment"},
	"Attach":   {noun: "an attach entry", some: []string{"to", "mode", "none"}, never: [][2]string{{"none", "to"}, {"none", "mode"}}},
	"Send":     {noun: "a send entry"},
	"Probe":    {noun: "a probe"},
	"Check":    {noun: "a check", one: checkKinds},
	"Text":     {noun: "stdout", one: []string{"equals", "contains", "matches"}},
	"Trace":    {noun: "trace", some: []string{"comm", "message", "matches"}, never: [][2]string{{"min", "count"}, {"message", "matches"}}},
	"Map":      {noun: "map", some: []string{"sum", "entries", "min"}, never: [][2]string{{"sum", "min"}}},
	"Event":    {noun: "event", never: [][2]string{{"min", "count"}}},
	"Packets":  {noun: "packets", some: []string{"received", "dropped"}},
	"Accepted": {noun: "accepted"},
	"Rejected": {noun: "rejected", some: []string{"errno", "message"}},
	"Insns":    {noun: "insns", some: []string{"max", "min"}},
}

// checkKinds are the keys of Check that say what is looked at.
var checkKinds = []string{"trace", "stdout", "exit", "map", "event", "packets", "accepted", "rejected", "insns"}

// rules holds every key there is, as TYPE.KEY.
var rules = map[string]rule{
	"Header.title":       {doc: "Name of the lab as people read it.", required: true, form: oneLine, like: likeOneLine},
	"Header.summary":     {doc: "What the lab shows, in one line.", required: true, form: oneLine, like: likeOneLine},
	"Header.program":     {doc: "C file of the solution, relative to the document. Every step with a comment loads it, unless the step names another or has probes.", form: cFile, like: likeFile},
	"Header.starter":     {doc: "C file the student begins with; the lab's checks must fail on it. Required with program.", form: cFile, like: likeFile},
	"Header.kernels":     {doc: "Kernels the lab is for, such as \">=5.8\" (in quotes). All if missing."},
	"Header.memory":      {doc: "Memory of the guest.", min: int64(64 * MiB), max: int64(64 * GiB), def: 256 * MiB},
	"Header.cpus":        {doc: "CPUs of the guest.", min: 1, max: 64, def: 1},
	"Header.timeout":     {doc: "Longest time each step may take.", min: int64(time.Second), max: int64(time.Hour), def: 60 * time.Second},
	"Header.needs":       {doc: "What the kernel must be built with. A kernel without it is unsupported."},
	"Header.modules":     {doc: "Kernel modules to load before the first step.", form: module, like: "a module's name"},
	"Header.target":      {doc: "C file of a user-space program that the lab watches. It is compiled for the machine, without a C library, and is there as /bin/NAME.", form: cFile, like: likeFile},
	"Header.lsm":         {doc: "Security module that must be active. Where the provider chooses the kernel's command line, it is put there; elsewhere a kernel without it is unsupported.", words: []string{"bpf"}},
	"Header.allow_splat": {doc: "Reports of errors that the kernel is expected to print while the lab runs: regular expressions. Any other warning, lockdep report, stall or oops is a failure."},
	"Header.harmless":    {doc: "The lab changes nothing that outlasts it and disturbs nobody, so it may run on a kernel that others use: on the host, or in a container."},
	"Header.duration":    {doc: "How long a reader takes, for people: 10 minutes.", form: oneLine, like: likeOneLine},

	"Course.labs": {doc: "Names of the labs in the order in which students take them: of this directory, and of the course in the binary.", required: true, form: labName, like: "a lab's name"},

	"Need.config":   {doc: "Name of a kernel build option.", required: true, form: config, like: "CONFIG_ and capital letters"},
	"Need.since":    {doc: "First kernel that has the option. From there on a kernel without it fails, unless optional."},
	"Need.optional": {doc: "Distributions do switch this option off: missing it is never a failure."},

	"Action.program": {doc: "C file this step loads instead of the lab's program, relative to the document.", form: cFile, like: likeFile},
	"Action.load":    {doc: "Programs to load, by the names of their C functions. All of the object if missing. Of the maps those are made that they use and the checks look at.", form: identifier, like: likeName},
	"Action.attach":  {doc: "Where programs go; one that is not listed attaches by its section."},
	"Action.network": {doc: "Make the namespaces client (10.77.0.1) and server (10.77.0.2), joined by a veth pair."},
	"Action.send":    {doc: "UDP packets to send after attaching and before the step's commands. Needs network."},
	"Action.repeat":  {doc: "How many times the step's commands run.", min: 1, max: 1000, def: 1},
	"Action.in":      {doc: "Namespace the step's commands run in. Needs network.", words: namespaces},
	"Action.probe":   {doc: "Generated programs to load, to see what the verifier says."},
	"Action.when":    {doc: "Kernels this step is for; on others it is skipped, and says so."},
	"Action.checks":  {doc: "What must have been seen when the step is over."},

	"Attach.program": {doc: "Name of the program's C function.", required: true, form: identifier, like: likeName},
	"Attach.to":      {doc: "A kprobe's symbol, a tracepoint's group:name, an interface (client or server), a cgroup's path, which is made if it is not there.", form: oneLine, like: likeOneLine},
	"Attach.mode":    {doc: "How an XDP program is attached; native is tried first if missing.", words: []string{"native", "generic"}},
	"Attach.none":    {doc: "Load the program and attach it nowhere."},

	"Send.from":  {doc: "Namespace that sends; the other one receives.", words: namespaces, def: "client"},
	"Send.udp":   {doc: "Destination port.", required: true, min: 1, max: maxPort},
	"Send.count": {doc: "How many datagrams.", required: true, min: 1, max: 100_000},
	"Send.size":  {doc: "Bytes of payload of each; one packet's worth at most.", min: 1, max: 1472, def: 32},

	"Probe.kind": {doc: "straight_line: n instructions in all. back_edge: a loop without a way out. bounded_loop: a loop of n rounds. stack: a write n bytes below the frame pointer.",
		required: true, words: []string{"straight_line", "back_edge", "bounded_loop", "stack"}},
	"Probe.n":  {doc: "Size of the program; what it counts depends on kind.", min: 1, max: 100_000_000},
	"Probe.as": {doc: "Who loads it. A user has no capabilities; unprivileged bpf is switched on for it.", words: []string{"root", "user"}, def: "root"},

	"Check.when":     {doc: "Kernels this check counts on."},
	"Check.trace":    {doc: "Lines in trace_pipe."},
	"Check.stdout":   {doc: "What the step's commands print."},
	"Check.exit":     {doc: "Exit status of the step's commands.", min: 0, max: 255},
	"Check.map":      {doc: "Entries of a map after the step's commands."},
	"Check.event":    {doc: "Records in a ring buffer or perf event array."},
	"Check.packets":  {doc: "What arrived of the packets the step sends."},
	"Check.accepted": {doc: "The verifier accepts a program; {} means every probe of the step."},
	"Check.rejected": {doc: "The verifier rejects a program, or every probe of the step, for this reason."},
	"Check.insns":    {doc: "Instructions the verifier processed."},

	"Text.equals":   {doc: "The whole text, without surrounding white space."},
	"Text.contains": {doc: "Part of the text."},
	"Text.matches":  {doc: "RE2 pattern found in the text."},

	"Trace.comm":    {doc: "Name of the task, compared whole.", form: regexp.MustCompile(`^\S.{0,14}$`), like: "at most 15 characters, as the kernel cuts it"},
	"Trace.message": {doc: "What the program printed, compared whole without surrounding white space."},
	"Trace.matches": {doc: "RE2 pattern that what the program printed must match, in place of message."},
	"Trace.min":     {doc: "Least number of such lines; 1 if count is missing too.", min: 1, max: maxCount},
	"Trace.count":   {doc: "Exact number of such lines; 0 means none.", min: 0, max: maxCount},

	"Map.name":    {doc: "Name of the map in the C file.", required: true, form: identifier, like: likeName},
	"Map.where":   {doc: "Fields of the key and what they must be, or the key itself if it is no struct. All entries if missing."},
	"Map.field":   {doc: "Field of the value to add up, such as count, by.size or slots[3]; the value itself if missing.", form: fieldPath, like: "a field as in C, such as count, by.size or slots[3]"},
	"Map.sum":     {doc: "Sum over the selected entries, and over all CPUs of a per-CPU map."},
	"Map.entries": {doc: "Number of entries selected.", min: 0, max: maxCount},
	"Map.min":     {doc: "Least sum."},

	"Event.map":   {doc: "Name of the ring buffer or perf event array.", required: true, form: identifier, like: likeName},
	"Event.type":  {doc: "Struct of the record, by its name in the C file. Required with where.", form: identifier, like: likeName},
	"Event.where": {doc: "Fields of the record and what they must be."},
	"Event.min":   {doc: "Least number of such records; 1 if count is missing too.", min: 1, max: maxCount},
	"Event.count": {doc: "Exact number of such records; 0 means none.", min: 0, max: maxCount},

	"Packets.port":     {doc: "Destination port of a send entry of the step.", required: true, min: 1, max: maxPort},
	"Packets.received": {doc: "Datagrams the receiver got.", min: 0, max: maxCount},
	"Packets.dropped":  {doc: "Datagrams sent and not received.", min: 0, max: maxCount},

	"Accepted.program": {doc: "Program that is accepted; every probe of the step if missing.", form: identifier, like: likeName},
	"Rejected.program": {doc: "Program that is rejected; every probe of the step if missing.", form: identifier, like: likeName},
	"Rejected.errno":   {doc: "Name of the error.", words: errnos},
	"Rejected.message": {doc: "RE2 pattern found in the verifier's log."},

	"Insns.program": {doc: "Program that is measured; every probe of the step if missing.", form: identifier, like: likeName},
	"Insns.max":     {doc: "Most instructions processed.", min: 1, max: 100_000_000},
	"Insns.min":     {doc: "Least instructions processed.", min: 1, max: 100_000_000},
}
