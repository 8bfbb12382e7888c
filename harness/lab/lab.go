package lab

import (
	"net/netip"
	"regexp"
	"time"

	"github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Lab is one parsed and validated lab document.
type Lab struct {
	Name   string // the folder's name: [a-z0-9-]+
	File   string // as given, for messages
	SHA256 string // of the document's bytes and of every C file it names
	Header
	UsualTimeout bool   // Timeout is the default; a slow host may take longer
	Intro        string // Markdown between the title and the first step
	Steps        []Step
	places       places
}

// Header is the front matter.
type Header struct {
	Title       string           `yaml:"title"`       // required
	Summary     string           `yaml:"summary"`     // required, one line
	Program     string           `yaml:"program"`     // the solution's C file, relative to the document; "" if no step loads one
	Starter     string           `yaml:"starter"`     // what the student begins with; required when Program is set
	Kernels     kernel.Range     `yaml:"kernels"`     // kernels the lab is for; "" means all
	Memory      Size             `yaml:"memory"`      // guest memory, e.g. 256MiB (the default)
	CPUs        int              `yaml:"cpus"`        // default 1
	Timeout     time.Duration    `yaml:"timeout"`     // for each step; default 60s
	Needs       []Need           `yaml:"needs"`       // what the kernel must have
	Modules     []string         `yaml:"modules"`     // kernel modules to carry and load
	Target      string           `yaml:"target"`      // C file of a program that is watched, relative to the document; "" without one
	LSM         string           `yaml:"lsm"`         // security module that must be active: "bpf"
	AllowSplats []*regexp.Regexp `yaml:"allow_splat"` // errors that the kernel is expected to report: patterns
	Harmless    bool             `yaml:"harmless"`    // changes nothing outside of itself, so it may run on a kernel that others use
	Duration    string           `yaml:"duration"`    // for the reader: "10 minutes"
}

// Need is one thing a kernel must have. A cell on a kernel without it is
// unsupported, and Config is named as what is missing. When the kernel's
// version is Since or later the missing need is itself a failure, unless
// Optional says that distributions do switch it off.
type Need struct {
	Config   string         `yaml:"config"` // CONFIG_BPF_SYSCALL
	Since    kernel.Version `yaml:"since"`  // zero: every kernel may lack it
	Optional bool           `yaml:"optional"`
}

// Error is one mistake in a lab document.
type Error = document.Error

// Size is a number of bytes, written "256MiB" or "2GiB".
type Size = document.Size

// Units of a Size.
const (
	MiB = document.MiB
	GiB = document.GiB
)

// Step is one step: a level-2 heading and what follows it.
type Step struct {
	Name     string // slug of the heading, unique in the lab
	Title    string
	Line     int      // of the heading, 1-based
	Prose    string   // Markdown as shown, without hints and solution
	Comment  int      // line of the bpflab comment, 0 for a step that is text only
	Hints    []string // Markdown of the <details> blocks whose summary begins with "Hint"
	Solution string   // Markdown of the <details> block whose summary begins with "Solution"
	Run      []string // the commands of the step's ```sh blocks, in order: what the student types and what is run; nil in a step that is text only
	Shown    []string // the same commands, also in a step that is text only
	Action
}

// Action is what the <!-- bpflab ... --> comment of a step holds. A step
// without one is text only.
type Action struct {
	Program string        `yaml:"program"` // another C file than the header's, relative to the document
	Load    []string      `yaml:"load"`    // programs to load; empty: all of the object
	Attach  []Attach      `yaml:"attach"`  // overrides; a program without one attaches by its section; empty list with load: all
	Network bool          `yaml:"network"` // namespaces "client" (10.77.0.1) and "server" (10.77.0.2) joined by a veth pair
	Send    []Send        `yaml:"send"`    // real packets, after attaching and before Run
	Repeat  int           `yaml:"repeat"`  // how many times Run is run; default 1
	In      string        `yaml:"in"`      // namespace Run runs in: "", "client", "server"
	Probes  []Probe       `yaml:"probe"`   // verifier experiments
	When    *kernel.Range `yaml:"when"`    // the whole step is skipped on other kernels, and says so
	Checks  []Check       `yaml:"checks"`
}

// Attach overrides where one program goes.
type Attach struct {
	Program string `yaml:"program"`
	To      string `yaml:"to"`   // kprobe symbol, group:name of a tracepoint, interface ("server", "client"), cgroup path
	Mode    string `yaml:"mode"` // xdp: "", "native" or "generic"
	None    bool   `yaml:"none"` // load only
}

// Send is UDP traffic from one namespace to the other; every datagram holds
// Size bytes of payload and is counted by a receiver bound to Port.
type Send struct {
	From  string `yaml:"from"` // default "client"
	UDP   int    `yaml:"udp"`  // destination port
	Count int    `yaml:"count"`
	Size  int    `yaml:"size"` // default 32
}

// Probe loads one generated program. Kind and N say which:
//
//	straight_line     N instructions in all, including the exit
//	back_edge         a jump back without a way out (N unused)
//	bounded_loop      a loop that ends after N rounds
//	stack             writes 8 bytes at offset -N of the stack
type Probe struct {
	Kind string `yaml:"kind"`
	N    int    `yaml:"n"`
	As   string `yaml:"as"` // "root" (default) or "user": no capabilities, unprivileged bpf switched on
}

// Check is one typed expectation: exactly one of the pointers is set.
type Check struct {
	Line     int           // in the document
	When     *kernel.Range `yaml:"when"` // the check counts on these kernels only
	Trace    *Trace        `yaml:"trace"`
	Stdout   *Text         `yaml:"stdout"`
	Exit     *int          `yaml:"exit"`
	Map      *Map          `yaml:"map"`
	Event    *Event        `yaml:"event"`
	Packets  *Packets      `yaml:"packets"`
	TestRun  *TestRun      `yaml:"test_run"`
	RunTime  *RunTime      `yaml:"run_time"`
	Accepted *Accepted     `yaml:"accepted"`
	Rejected *Rejected     `yaml:"rejected"`
	Insns    *Insns        `yaml:"insns"`
}

// Text compares a text: one of the three.
type Text struct {
	Equals   string `yaml:"equals"` // surrounding white space ignored
	Contains string `yaml:"contains"`
	Matches  string `yaml:"matches"` // RE2
}

// Trace wants lines in trace_pipe. Comm and Message are compared whole
// (Message without surrounding white space).
type Trace struct {
	Comm    string `yaml:"comm"`
	Message string `yaml:"message"`
	Matches string `yaml:"matches"` // RE2 that the message must match, in place of Message
	Min     int    `yaml:"min"`     // default 1; 0 with Count
	Count   *int   `yaml:"count"`   // exactly this many
}

// Map looks into a map after the workload. Where selects entries by key; all
// are selected without it. Per-CPU values are summed over CPUs first.
type Map struct {
	Name    string `yaml:"name"`
	Where   Where  `yaml:"where"`
	Field   string `yaml:"field"`   // field of the value; default: the value itself
	Sum     *int64 `yaml:"sum"`     // over the selected entries
	Entries *int   `yaml:"entries"` // how many are selected
	Min     *int64 `yaml:"min"`     // least sum
}

// Where is what the fields of a map's key (by BTF) must be. A key that is no
// struct has the one field "key"; "where: 1" is short for "where: {key: 1}".
// Values are int64, uint64 (above the largest int64), string or bool.
type Where map[string]any

// Event wants records in a ring buffer or perf event array. Where compares
// fields of the record's BTF type Type.
type Event struct {
	Map   string         `yaml:"map"`
	Type  string         `yaml:"type"`
	Where map[string]any `yaml:"where"`
	Min   int            `yaml:"min"`   // default 1; 0 with Count
	Count *int           `yaml:"count"` // exactly this many
}

// Packets compares what the receiver on Port got of what was sent to it.
type Packets struct {
	Port     int  `yaml:"port"`
	Received *int `yaml:"received"`
	Dropped  *int `yaml:"dropped"` // sent minus received
}

// TestRun runs a loaded program by the kernel's BPF_PROG_TEST_RUN, on packets that no
// network carries, and compares what comes out. Where several are in a step, they run in
// their order, before the step's commands.
type TestRun struct {
	Program string  `yaml:"program"`
	Data    Hex     `yaml:"data"`    // what the program is run on
	Packet  *Packet `yaml:"packet"`  // the same, built
	PCAP    string  `yaml:"pcap"`    // the same, all packets of a file
	Number  int     `yaml:"number"`  // of the one packet of PCAP that is meant, from 1; 0 is all
	Repeat  int     `yaml:"repeat"`  // how often on each; what comes out is that of the last
	Context Fields  `yaml:"context"` // what the program's context is at first

	Returns    *Return        `yaml:"returns"`  // of each packet
	Returned   map[string]int `yaml:"returned"` // how many packets by their return value
	Out        Hex            `yaml:"out"`      // the packet afterwards
	OutPCAP    string         `yaml:"out_pcap"`
	Same       bool           `yaml:"unchanged"`   // the packet is afterwards what it was
	ContextOut Fields         `yaml:"context_out"` // what fields of the context are afterwards

	Fuzz int      `yaml:"fuzz"` // so many packets, made of those above, and compared between kernels
	Seed int      `yaml:"seed"` // of these
	Maps []string `yaml:"maps"` // whose contents are compared, too

	packets, outs [][]byte // of PCAP and OutPCAP: see ReadCaptures
}

// Fields are values by their names in a struct: whole numbers, and texts that are IP addresses.
type Fields map[string]any

// Packet is an Ethernet frame with an IP packet, of which lengths and checksums are right.
type Packet struct {
	From    netip.Addr `yaml:"from"`
	To      netip.Addr `yaml:"to"`
	UDP     int        `yaml:"udp"`  // destination port
	TCP     int        `yaml:"tcp"`  // destination port of a SYN
	ICMP    bool       `yaml:"icmp"` // an echo request
	Sport   int        `yaml:"sport"`
	VLAN    int        `yaml:"vlan"`
	Payload string     `yaml:"payload"`
	Size    int        `yaml:"size"` // of the payload, instead of it: zeros
}

// Accepted wants a program, or every probe of the step, accepted.
type Accepted struct {
	Program string `yaml:"program"`
}

// Rejected wants it rejected, with this errno (a name, "E2BIG") and this text
// in the verifier's log.
type Rejected struct {
	Program string `yaml:"program"`
	Errno   string `yaml:"errno"`
	Message string `yaml:"message"` // RE2, searched in the log
}

// Insns bounds the instructions the verifier processed.
type Insns struct {
	Program string `yaml:"program"`
	Max     int    `yaml:"max"` // 0: no bound
	Min     int    `yaml:"min"`
}
