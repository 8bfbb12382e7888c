package lab

import (
	"net/netip"
	"regexp"
	"time"

	"github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/harness/packet"
)

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
	// captureFile is a path that means the same on every system.
	captureFile = regexp.MustCompile(`^[A-Za-z0-9_./-]+$`)
	module      = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	namespaces  = []string{"client", "server"}
	// errnos are those bpf(2) answers BPF_PROG_LOAD with.
	errnos = []string{"E2BIG", "EACCES", "EAGAIN", "EBADF", "EBUSY", "EFAULT", "EINVAL", "ELOOP", "ENOENT",
		"ENOMEM", "ENOSPC", "ENOSYS", "ENOTSUPP", "EOPNOTSUPP", "EPERM", "ERANGE", "ESRCH"}
)

const (
	likeFile    = "a path of letters, digits and ._/- that ends in .c"
	likeName    = "a name as in C"
	likeCapture = "a path of letters, digits and ._/-"
	likeOneLine = "one line of text"
)

// grammar is what lab documents may hold.
var grammar = document.Grammar{Families: families, Rules: rules}

// families holds the mappings by the name of their Go type.
var families = map[string]document.Family{
	"Header":  {Noun: "the front matter"},
	"Course":  {Noun: "the choice of labs"},
	"Need":    {Noun: "a need"},
	"Action":  {Noun: "a step's comment"},
	"Attach":  {Noun: "an attach entry", Some: []string{"to", "mode", "none"}, Never: [][2]string{{"none", "to"}, {"none", "mode"}}},
	"Send":    {Noun: "a send entry"},
	"Probe":   {Noun: "a probe"},
	"Check":   {Noun: "a check", One: checkKinds},
	"Text":    {Noun: "stdout", One: []string{"equals", "contains", "matches"}},
	"Trace":   {Noun: "trace", Some: []string{"comm", "message", "matches"}, Never: [][2]string{{"min", "count"}, {"message", "matches"}}},
	"Map":     {Noun: "map", Some: []string{"sum", "entries", "min"}, Never: [][2]string{{"sum", "min"}}},
	"Event":   {Noun: "event", Never: [][2]string{{"min", "count"}}},
	"Packets": {Noun: "packets", Some: []string{"received", "dropped"}},
	"TestRun": {Noun: "test_run", Some: []string{"returns", "returned", "out", "out_pcap", "unchanged", "context_out", "fuzz"},
		Never: [][2]string{{"data", "packet"}, {"data", "pcap"}, {"packet", "pcap"}, {"out", "unchanged"}, {"out", "out_pcap"}, {"out_pcap", "unchanged"}, {"returns", "returned"},
			{"fuzz", "out"}, {"fuzz", "out_pcap"}, {"fuzz", "returned"}, {"fuzz", "context_out"}, {"fuzz", "repeat"}}},
	"RunTime":  {Noun: "run_time"},
	"Packet":   {Noun: "a packet", One: []string{"udp", "tcp", "icmp"}, Never: [][2]string{{"payload", "size"}}},
	"Accepted": {Noun: "accepted"},
	"Rejected": {Noun: "rejected", Some: []string{"errno", "message"}},
	"Insns":    {Noun: "insns", Some: []string{"max", "min"}},
}

// checkKinds are the keys of Check that say what is looked at.
var checkKinds = []string{"trace", "stdout", "exit", "map", "event", "packets", "test_run", "run_time", "accepted", "rejected", "insns"}

// rules holds every key there is, as TYPE.KEY.
var rules = map[string]document.Rule{
	"Header.title":       {Doc: "Name of the lab as people read it.", Required: true, Form: oneLine, Like: likeOneLine},
	"Header.summary":     {Doc: "What the lab shows, in one line.", Required: true, Form: oneLine, Like: likeOneLine},
	"Header.program":     {Doc: "C file of the solution, relative to the document. Every step with a comment loads it, unless the step names another or has probes.", Form: cFile, Like: likeFile},
	"Header.starter":     {Doc: "C file the student begins with; the lab's checks must fail on it. Required with program.", Form: cFile, Like: likeFile},
	"Header.kernels":     {Doc: "Kernels the lab is for, such as \">=5.8\" (in quotes). All if missing."},
	"Header.memory":      {Doc: "Memory of the guest.", Min: int64(64 * MiB), Max: int64(64 * GiB), Def: 256 * MiB},
	"Header.cpus":        {Doc: "CPUs of the guest.", Min: 1, Max: 64, Def: 1},
	"Header.timeout":     {Doc: "Longest time each step may take.", Min: int64(time.Second), Max: int64(time.Hour), Def: 60 * time.Second},
	"Header.needs":       {Doc: "What the kernel must be built with. A kernel without it is unsupported."},
	"Header.modules":     {Doc: "Kernel modules to load before the first step.", Form: module, Like: "a module's name"},
	"Header.target":      {Doc: "C file of a user-space program that the lab watches. It is compiled for the machine, without a C library, and is there as /bin/NAME.", Form: cFile, Like: likeFile},
	"Header.lsm":         {Doc: "Security module that must be active. Where the provider chooses the kernel's command line, it is put there; elsewhere a kernel without it is unsupported.", Words: []string{"bpf"}},
	"Header.allow_splat": {Doc: "Reports of errors that the kernel is expected to print while the lab runs: regular expressions. Any other warning, lockdep report, stall or oops is a failure."},
	"Header.harmless":    {Doc: "The lab changes nothing that outlasts it and disturbs nobody, so it may run on a kernel that others use: on the host, or in a container."},
	"Header.duration":    {Doc: "How long a reader takes, for people: 10 minutes.", Form: oneLine, Like: likeOneLine},

	"Course.labs": {Doc: "Names of the labs in the order in which students take them: of this directory, and of the course in the binary.", Required: true, Form: labName, Like: "a lab's name"},

	"Need.config":   {Doc: "Name of a kernel build option.", Required: true, Form: config, Like: "CONFIG_ and capital letters"},
	"Need.since":    {Doc: "First kernel that has the option. From there on a kernel without it fails, unless optional."},
	"Need.optional": {Doc: "Distributions do switch this option off: missing it is never a failure."},

	"Action.program": {Doc: "C file this step loads instead of the lab's program, relative to the document.", Form: cFile, Like: likeFile},
	"Action.load":    {Doc: "Programs to load, by the names of their C functions. All of the object if missing. Of the maps those are made that they use and the checks look at.", Form: identifier, Like: likeName},
	"Action.attach":  {Doc: "Where programs go; one that is not listed attaches by its section."},
	"Action.network": {Doc: "Make the namespaces client (10.77.0.1) and server (10.77.0.2), joined by a veth pair."},
	"Action.send":    {Doc: "UDP packets to send after attaching and before the step's commands. Needs network."},
	"Action.repeat":  {Doc: "How many times the step's commands run.", Min: 1, Max: 1000, Def: 1},
	"Action.in":      {Doc: "Namespace the step's commands run in. Needs network.", Words: namespaces},
	"Action.probe":   {Doc: "Generated programs to load, to see what the verifier says."},
	"Action.when":    {Doc: "Kernels this step is for; on others it is skipped, and says so."},
	"Action.checks":  {Doc: "What must have been seen when the step is over."},

	"Attach.program": {Doc: "Name of the program's C function.", Required: true, Form: identifier, Like: likeName},
	"Attach.to":      {Doc: "A kprobe's symbol, a tracepoint's group:name, an interface (client or server), a cgroup's path, which is made if it is not there.", Form: oneLine, Like: likeOneLine},
	"Attach.mode":    {Doc: "How an XDP program is attached; native is tried first if missing.", Words: []string{"native", "generic"}},
	"Attach.none":    {Doc: "Load the program and attach it nowhere."},

	"Send.from":  {Doc: "Namespace that sends; the other one receives.", Words: namespaces, Def: "client"},
	"Send.udp":   {Doc: "Destination port.", Required: true, Min: 1, Max: maxPort},
	"Send.count": {Doc: "How many datagrams.", Required: true, Min: 1, Max: 100_000},
	"Send.size":  {Doc: "Bytes of payload of each; one packet's worth at most.", Min: 1, Max: 1472, Def: 32},

	"Probe.kind": {Doc: "straight_line: n instructions in all. back_edge: a loop without a way out. bounded_loop: a loop of n rounds. stack: a write n bytes below the frame pointer.",
		Required: true, Words: []string{"straight_line", "back_edge", "bounded_loop", "stack"}},
	"Probe.n":  {Doc: "Size of the program; what it counts depends on kind.", Min: 1, Max: 100_000_000},
	"Probe.as": {Doc: "Who loads it. A user has no capabilities; unprivileged bpf is switched on for it.", Words: []string{"root", "user"}, Def: "root"},

	"Check.when":     {Doc: "Kernels this check counts on."},
	"Check.trace":    {Doc: "Lines in trace_pipe."},
	"Check.stdout":   {Doc: "What the step's commands print."},
	"Check.exit":     {Doc: "Exit status of the step's commands.", Min: 0, Max: 255},
	"Check.map":      {Doc: "Entries of a map after the step's commands."},
	"Check.event":    {Doc: "Records in a ring buffer or perf event array."},
	"Check.packets":  {Doc: "What arrived of the packets the step sends."},
	"Check.run_time": {Doc: "How long a run of a program takes, against another program of the step, by the kernel's own statistics (Linux 5.1)."},
	"Check.test_run": {Doc: "What a program makes of a packet that the kernel runs it on (BPF_PROG_TEST_RUN), without a network. Before the step's commands, in the order of the checks."},
	"Check.accepted": {Doc: "The verifier accepts a program; {} means every probe of the step."},
	"Check.rejected": {Doc: "The verifier rejects a program, or every probe of the step, for this reason."},
	"Check.insns":    {Doc: "Instructions the verifier processed."},

	"Text.equals":   {Doc: "The whole text, without surrounding white space."},
	"Text.contains": {Doc: "Part of the text."},
	"Text.matches":  {Doc: "RE2 pattern found in the text."},

	"Trace.comm":    {Doc: "Name of the task, compared whole.", Form: regexp.MustCompile(`^\S.{0,14}$`), Like: "at most 15 characters, as the kernel cuts it"},
	"Trace.message": {Doc: "What the program printed, compared whole without surrounding white space."},
	"Trace.matches": {Doc: "RE2 pattern that what the program printed must match, in place of message."},
	"Trace.min":     {Doc: "Least number of such lines; 1 if count is missing too.", Min: 1, Max: maxCount},
	"Trace.count":   {Doc: "Exact number of such lines; 0 means none.", Min: 0, Max: maxCount},

	"Map.name":    {Doc: "Name of the map in the C file.", Required: true, Form: identifier, Like: likeName},
	"Map.where":   {Doc: "Fields of the key and what they must be, or the key itself if it is no struct. All entries if missing.", Form: fieldPath, Like: likeName, Entry: "field", Bare: "key"},
	"Map.field":   {Doc: "Field of the value to add up, such as count, by.size or slots[3]; the value itself if missing.", Form: fieldPath, Like: "a field as in C, such as count, by.size or slots[3]"},
	"Map.sum":     {Doc: "Sum over the selected entries, and over all CPUs of a per-CPU map."},
	"Map.entries": {Doc: "Number of entries selected.", Min: 0, Max: maxCount},
	"Map.min":     {Doc: "Least sum."},

	"Event.map":   {Doc: "Name of the ring buffer or perf event array.", Required: true, Form: identifier, Like: likeName},
	"Event.type":  {Doc: "Struct of the record, by its name in the C file. Required with where.", Form: identifier, Like: likeName},
	"Event.where": {Doc: "Fields of the record and what they must be.", Form: fieldPath, Like: likeName, Entry: "field"},
	"Event.min":   {Doc: "Least number of such records; 1 if count is missing too.", Min: 1, Max: maxCount},
	"Event.count": {Doc: "Exact number of such records; 0 means none.", Min: 0, Max: maxCount},

	"Packets.port":     {Doc: "Destination port of a send entry of the step.", Required: true, Min: 1, Max: maxPort},
	"Packets.received": {Doc: "Datagrams the receiver got.", Min: 0, Max: maxCount},
	"Packets.dropped":  {Doc: "Datagrams sent and not received.", Min: 0, Max: maxCount},

	"TestRun.program":     {Doc: "Name of the program's C function.", Required: true, Form: identifier, Like: likeName},
	"TestRun.data":        {Doc: "Bytes that it is run on, as hexadecimal digits; white space between them is ignored. None if packet and pcap are missing too."},
	"TestRun.packet":      {Doc: "The packet that it is run on."},
	"TestRun.pcap":        {Doc: "A pcap or pcapng file, relative to the document, on each of whose packets it is run.", Form: captureFile, Like: likeCapture},
	"TestRun.number":      {Doc: "The number of the one packet of the pcap file that it is run on, from 1.", Min: 1, Max: packet.MaxCapture},
	"TestRun.repeat":      {Doc: "How often it is run on each packet; what comes out is that of the last run.", Min: 1, Max: maxCount, Def: 1},
	"TestRun.context":     {Doc: "Fields of the program's context before the run, as its struct in the C file names them, such as mark or cb[0]; arg0, arg1 and so on are 64-bit arguments.", Form: fieldPath, Like: likeName, Entry: "field"},
	"TestRun.returns":     {Doc: "What it returns: a number, or a name such as XDP_DROP, TC_ACT_SHOT, SK_PASS or NF_DROP. With several packets, for each."},
	"TestRun.returned":    {Doc: "How many packets it returns what for, all packets together.", Entry: "return value", Each: &document.Rule{Min: 0, Max: maxCount}},
	"TestRun.out":         {Doc: "The packet afterwards, as hexadecimal digits."},
	"TestRun.out_pcap":    {Doc: "A pcap or pcapng file with the packets afterwards, one for each of those before.", Form: captureFile, Like: likeCapture},
	"TestRun.unchanged":   {Doc: "Each packet is afterwards what it was."},
	"TestRun.context_out": {Doc: "Fields of the context after the run.", Form: fieldPath, Like: likeName, Entry: "field"},
	"TestRun.fuzz":        {Doc: "Run it on so many mutated and random packets, made of the packets given here or of common ones; what comes out must be the same on every kernel of the run.", Min: 1, Max: packet.MaxCapture},
	"TestRun.seed":        {Doc: "What the packets of fuzz follow from: the same seed makes the same packets.", Min: 0, Max: 1<<63 - 1, Def: 1},
	"TestRun.maps":        {Doc: "Maps whose contents after fuzz must be the same on every kernel, too.", Form: identifier, Like: likeName},

	"RunTime.of":      {Doc: "Program whose runs may take so long.", Required: true, Form: identifier, Like: likeName},
	"RunTime.against": {Doc: "Program that it is compared with, which runs in the same step.", Required: true, Form: identifier, Like: likeName},
	"RunTime.at_most": {Doc: "How many times as long a run of the one may take as a run of the other, on the average: 1.5.", Required: true},
	"RunTime.runs":    {Doc: "How often each must run, for a mean of few runs says nothing.", Min: 1, Max: maxCount, Def: 100},

	"Packet.from":    {Doc: "Source address, of IPv4 or IPv6.", Def: netip.MustParseAddr("10.77.0.1")},
	"Packet.to":      {Doc: "Destination address.", Def: netip.MustParseAddr("10.77.0.2")},
	"Packet.udp":     {Doc: "Destination port of a UDP datagram.", Min: 1, Max: maxPort},
	"Packet.tcp":     {Doc: "Destination port of a TCP segment, a SYN.", Min: 1, Max: maxPort},
	"Packet.icmp":    {Doc: "An echo request of ICMP, or of ICMPv6."},
	"Packet.sport":   {Doc: "Source port.", Min: 1, Max: maxPort, Def: 40000},
	"Packet.vlan":    {Doc: "802.1Q identifier of the frame.", Min: 1, Max: 4094},
	"Packet.payload": {Doc: "Text behind the headers."},
	"Packet.size":    {Doc: "Number of zero bytes behind the headers.", Min: 0, Max: 1472, Def: 0},

	"Accepted.program": {Doc: "Program that is accepted; every probe of the step if missing.", Form: identifier, Like: likeName},
	"Rejected.program": {Doc: "Program that is rejected; every probe of the step if missing.", Form: identifier, Like: likeName},
	"Rejected.errno":   {Doc: "Name of the error.", Words: errnos},
	"Rejected.message": {Doc: "RE2 pattern found in the verifier's log."},

	"Insns.program": {Doc: "Program that is measured; every probe of the step if missing.", Form: identifier, Like: likeName},
	"Insns.max":     {Doc: "Most instructions processed.", Min: 1, Max: 100_000_000},
	"Insns.min":     {Doc: "Least instructions processed.", Min: 1, Max: 100_000_000},
}
