package wire

import (
	"cmp"
	"slices"
	"time"
)

// Operations of the guest, with their argument and result types.
const (
	OpPut      = "put"      // Put + data -> PutResult
	OpUnpack   = "unpack"   // Unpack + data (a tar archive) -> nothing
	OpPack     = "pack"     // Pack -> data (a tar archive), nothing
	OpExec     = "exec"     // Exec (+ data) -> data, ExecResult
	OpSignal   = "signal"   // Signal -> nothing: to a command that runs
	OpResize   = "resize"   // Resize -> nothing: the terminal of a command that runs
	OpConfig   = "config"   // Config -> ConfigResult
	OpLoad     = "load"     // Load + data (the object) -> LoadResult
	OpAttach   = "attach"   // Attach -> AttachResult
	OpUnload   = "unload"   // Unload -> nothing
	OpTrace    = "trace"    // nothing -> nothing: empties the trace buffer, begins to collect
	OpLines    = "lines"    // nothing -> TraceResult: all lines since OpTrace
	OpUntrace  = "untrace"  // nothing -> nothing: others may read the trace buffer
	OpFollow   = "follow"   // nothing -> data: Followed as JSON, one a line, until the call is cancelled
	OpHealth   = "health"   // HealthAsk -> Health: what labs need of their machine
	OpQuiet    = "quiet"    // QuietAsk -> Quiet: waits until what commands have set off is done
	OpMap      = "map"      // MapRead -> MapResult
	OpWatch    = "watch"    // Watch -> nothing: begins to collect a ring or perf buffer's records
	OpEvents   = "events"   // Watch -> EventsResult: all records since OpWatch
	OpNet      = "net"      // nothing -> nothing: namespaces "client" and "server"
	OpNetOff   = "net-off"  // nothing -> nothing
	OpSend     = "send"     // Send -> SendResult
	OpTestRun  = "test-run" // TestRun + data (packets) -> data, TestRunsResult
	OpCount    = "count"    // nothing -> CountRunsResult: the kernel counts runs of programs that are loaded from now on
	OpRuns     = "runs"     // Runs -> RunsResult: of these programs
	OpProbe    = "probe"    // Probe -> ProbeResult
	OpOpen     = "open"     // Open + data (an object) -> OpenResult: reads it for OpVerify
	OpTypes    = "types"    // nothing + data (BTF of the kernel) -> nothing: what OpVerify relocates with
	OpVerify   = "verify"   // Verify -> VerifyResult, data: the verifier's log
	OpExpect   = "expect"   // Expect -> ExpectResult, data: the verifier's log
	OpFeatures = "features" // nothing -> FeaturesResult
	OpMark     = "mark"     // Mark -> MarkResult: writes a line to the kernel's log, if there are others
	OpPower    = "power"    // nothing -> nothing; the machine powers off
)

// Mark is a line of text for the kernel's log: what the kernel printed before it is before
// it on the console.
type Mark struct {
	Text string `json:"text"`
}

// MarkResult reports whether the line was written. Kernels that others use too get none, and
// none is written where the kernel has logged nothing since the last mark: then it is Silent,
// and nothing of it is on its way to the console.
type MarkResult struct {
	Written bool `json:"written"`
	Silent  bool `json:"silent,omitempty"`
}

// Put stores the call's data as a file in the guest.
type Put struct {
	Path string `json:"path"`
	Mode uint32 `json:"mode"`
}

// PutResult describes a file that arrived whole: every frame has its checksum.
type PutResult struct {
	Size int64 `json:"size"` // bytes
}

// Unpack stores the files of an archive below Root, in place of what is there.
// Its names have no leading slash.
type Unpack struct {
	Root string `json:"root,omitempty"` // "" is the machine's
}

// Pack asks for a file, or for all below a directory, by names relative to it. What
// is not there is an empty archive.
type Pack struct {
	Root string `json:"root,omitempty"`
	Path string `json:"path"`
}

// Exec runs a command. Its output comes as data on Stdout and Stderr, of one with a
// terminal on Stdout alone. Signal and Resize find it by its ID while it runs.
type Exec struct {
	ID       string    `json:"id,omitempty"`
	Root     string    `json:"root,omitempty"` // its root directory, "" is the machine's
	Terminal *Terminal `json:"terminal,omitempty"`
	Argv     []string  `json:"argv"`
	Env      []string  `json:"env,omitempty"` // added to the guest's own
	Dir      string    `json:"dir,omitempty"`
	Netns    string    `json:"netns,omitempty"` // "", "client", "server"
	Stdin    bool      `json:"stdin,omitempty"` // the call's data is its standard input
	Limit    int       `json:"limit,omitempty"` // processes that all with a limit may have together; they share the processor as one. 0 is none
}

// Terminal is the size of a command's terminal, in characters.
type Terminal struct {
	Rows uint16 `json:"rows"`
	Cols uint16 `json:"cols"`
}

// Signal is sent to the process group of a command that runs.
type Signal struct {
	ID   string `json:"id"`
	Name string `json:"name"` // "SIGINT"
}

// Resize is the new size of a command's terminal.
type Resize struct {
	ID string `json:"id"`
	Terminal
}

// ExecResult is how it ended. A command that could not be started has Error set.
type ExecResult struct {
	Exit   int    `json:"exit"`             // -1 if killed by a signal
	Signal string `json:"signal,omitempty"` // "SIGKILL"
	Core   bool   `json:"core,omitempty"`   // the kernel wrote its memory to Cores
	Error  string `json:"error,omitempty"`
	PID    int    `json:"pid"`
	OOM    int    `json:"oom,omitempty"` // how many processes the kernel killed for want of memory meanwhile
}

// Cores is the directory in a machine that memory of commands killed by a signal
// goes to, as files "core.NAME.PID".
const Cores = "/cores"

// Config asks for CONFIG_ options of the running kernel.
type Config struct {
	Names []string `json:"names"`
}

// ConfigResult holds the values ("y", "m", "100"); options that are off are
// missing. Known is false where the kernel does not publish its configuration.
type ConfigResult struct {
	Known  bool              `json:"known"`
	Values map[string]string `json:"values"`
}

// Load loads an ELF object: its maps, then each program by itself, so that one
// rejection hides no other. One object is loaded at a time.
type Load struct {
	Programs []string `json:"programs,omitempty"` // with the maps that they use; empty: all of the object
	Maps     []string `json:"maps,omitempty"`     // made in addition, for checks that read them
	Log      bool     `json:"log,omitempty"`      // verifier log also for accepted programs
}

// LoadResult is the kernel's answer. Error is set when the maps could not be made; then no
// program was tried, and all have this error.
type LoadResult struct {
	Programs []Program `json:"programs"`
	Maps     []MapInfo `json:"maps"`
	Error    string    `json:"error,omitempty"`
}

// Program is one program and the verifier's answer.
type Program struct {
	Name     string `json:"name"`
	Section  string `json:"section"`
	Type     string `json:"type"`
	Accepted bool   `json:"accepted"`
	Stage    string `json:"stage,omitempty"` // where it failed, as in VerifyResult
	Errno    string `json:"errno,omitempty"` // "EACCES"
	Message  string `json:"message,omitempty"`
	Insns    int    `json:"insns,omitempty"` // processed by the verifier; 0 where the log has no count
	Log      string `json:"log,omitempty"`
}

// Open prepares the maps of an object.
type Open struct {
	MapSizes map[string]uint32 `json:"map_sizes,omitempty"` // max_entries, by map
}

// OpenResult names the programs of an object that is kept for OpVerify.
type OpenResult struct {
	Programs []string `json:"programs"`
	Prepared []string `json:"prepared,omitempty"` // what was done to its maps
}

// Verify loads one program of the open object, with only the maps that it uses,
// and unloads it.
type Verify struct {
	Program string `json:"program"`
	Attach  bool   `json:"attach,omitempty"`  // attach it too, as its section says
	Target  string `json:"target,omitempty"`  // function to attach to, where the section names none
	Profile bool   `json:"profile,omitempty"` // count the instructions of an accepted program: a verifierlog.Answer as JSON on Stderr
}

// VerifyResult is the kernel's answer. The log comes as data on Stdout: the
// statistics, and of a rejected program the complaint, below the instructions that led
// to it if they are few.
type VerifyResult struct {
	Accepted  bool    `json:"accepted"`
	Stage     string  `json:"stage,omitempty"`   // where it failed: StageMap, StageRelocate, StageLoad, StageAttach
	Subject   string  `json:"subject,omitempty"` // the map that could not be made, and its type
	Errno     string  `json:"errno,omitempty"`   // "EINVAL"
	Message   string  `json:"message,omitempty"`
	JitedLen  int     `json:"jited_len,omitempty"` // bytes
	XlatedLen int     `json:"xlated_len,omitempty"`
	Seconds   float64 `json:"seconds"` // of the load, maps and relocation not counted

	Unattached string `json:"unattached,omitempty"` // why it was loaded and not attached, though that was asked for
}

// Expect loads one program of the open object for what its annotations expect, with maps of its
// own, and unloads it.
type Expect struct {
	Program    string   `json:"program"`
	With       []string `json:"with,omitempty"`   // programs to load before it
	Target     string   `json:"target,omitempty"` // function to attach to, where the section names none
	User       bool     `json:"user,omitempty"`   // load it without the capabilities that bpf(2) asks for, but Caps
	Caps       []int    `json:"caps,omitempty"`
	LogLevel   int      `json:"log_level,omitempty"`   // 0 logs level 1 of what is refused
	Flags      uint32   `json:"flags,omitempty"`       // BPF_F_*
	UsualFlags uint32   `json:"usual_flags,omitempty"` // set if the kernel knows them
	JIT        string   `json:"jit,omitempty"`         // "jited" or "no_jited": what the kernel must have
	Xlated     bool     `json:"xlated,omitempty"`      // send the program as the kernel has changed it
	Jited      bool     `json:"jited,omitempty"`       // and its machine code
	Run        bool     `json:"run,omitempty"`
	Data       []byte   `json:"data,omitempty"`        // that it is run on, where its type takes some
	LinearSize int      `json:"linear_size,omitempty"` // of the packet's, in bytes; 0 is all of it
	Streams    bool     `json:"streams,omitempty"`     // send what it printed
}

// ExpectResult is the kernel's answer. The verifier's log comes as data on Stdout.
type ExpectResult struct {
	VerifyResult
	Cannot string         `json:"cannot,omitempty"` // why the kernel cannot be asked that; then it was not
	Xlated Bytes          `json:"xlated,omitzero"`
	Jited  Bytes          `json:"jited,omitzero"`
	Funcs  []int          `json:"funcs,omitempty"` // bytes of each function of Jited
	Run    *TestRunResult `json:"run,omitempty"`
	Stdout Bytes          `json:"stdout,omitzero"`
	Stderr Bytes          `json:"stderr,omitzero"`
}

// Bytes are bytes that the kernel gave, or why it gave none.
type Bytes struct {
	Data    []byte `json:"data,omitempty"`
	Missing string `json:"missing,omitempty"`
}

// Stages of a program on its way into the kernel.
const (
	StageMap      = "map"      // a map that it uses cannot be made
	StageSection  = "section"  // the section names no type of program
	StageRelocate = "relocate" // CO-RE, kfuncs or externs do not fit this kernel
	StageLoad     = "load"     // the kernel rejects it
	StageAttach   = "attach"
)

// FeaturesResult is what a kernel has.
type FeaturesResult struct {
	Features []Feature `json:"features"`
	Listed   []string  `json:"listed,omitempty"` // kinds of which the kernel's BTF has all names
}

// Kinds of features.
const (
	KindProgramType  = "program_type"
	KindMapType      = "map_type"
	KindHelper       = "helper"
	KindAttachType   = "attach_type"
	KindLinkType     = "link_type"
	KindBTFKind      = "btf_kind"
	KindKfunc        = "kfunc"
	KindCommand      = "command" // of bpf(2)
	KindInstructions = "instructions"
	KindKernel       = "kernel"
)

// Feature is one of them, by its name in cilium/ebpf where it has one, and else by the
// kernel's own.
type Feature struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Answer
}

// Answer is the kernel's answer. Inconclusive is a probe that failed for another
// reason than that the kernel lacks the feature; Note says which. Named is a feature that
// the kernel's BTF names and that no probe decides about.
type Answer struct {
	Supported    bool   `json:"supported"`
	Named        bool   `json:"named,omitempty"`
	Inconclusive bool   `json:"unsure,omitempty"`
	Note         string `json:"note,omitempty"` // of a helper, the program types that have it
}

// Add adds a feature.
func (r *FeaturesResult) Add(kind, name string, a Answer) {
	r.Features = append(r.Features, Feature{kind, name, a})
}

// Answered reports whether there is an answer about a feature.
func (r *FeaturesResult) Answered(kind, name string) bool {
	return slices.ContainsFunc(r.Features, func(f Feature) bool { return f.Kind == kind && f.Name == name })
}

// Compare orders features by kind and name.
func (f Feature) Compare(g Feature) int {
	return cmp.Or(cmp.Compare(f.Kind, g.Kind), cmp.Compare(f.Name, g.Name))
}

// MapInfo describes a map of the object.
type MapInfo struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	KeySize uint32 `json:"key_size"`
	ValSize uint32 `json:"value_size"`
}

// Attach attaches one loaded program.
type Attach struct {
	Program string `json:"program"`
	To      string `json:"to,omitempty"`   // overrides the section
	Mode    string `json:"mode,omitempty"` // XDP: "", "native", "generic"
	Network bool   `json:"network"`        // interfaces are those of the lab's namespaces
}

// AttachResult describes how and where it is attached.
type AttachResult struct {
	Kind   string `json:"kind"`   // "kprobe", "xdp", ...
	Target string `json:"target"` // symbol, tracepoint, interface
	Mode   string `json:"mode"`   // XDP: "native" or "generic"
}

// TraceLine is one parsed line of trace_pipe.
type TraceLine struct {
	Comm    string `json:"comm"`
	PID     int    `json:"pid"`
	CPU     int    `json:"cpu"`
	Message string `json:"message"`
	Raw     string `json:"raw"`
}

// TraceResult is what trace_pipe gave. Lost counts lines dropped, by the
// kernel's ring or by the guest's cap.
type TraceResult struct {
	Lines []TraceLine `json:"lines"`
	Lost  int         `json:"lost"`
}

// Followed is what a follower of the trace buffer receives: lines that came, or why
// none come. Clear says that a step has emptied the buffer before.
type Followed struct {
	Clear bool        `json:"clear,omitempty"`
	Lines []TraceLine `json:"lines,omitempty"`
	Lost  int         `json:"lost,omitempty"`
	Error string      `json:"error,omitempty"`
}

// QuietAsk says how long to wait until nothing runs in the machine.
type QuietAsk struct {
	Within time.Duration `json:"within"` // nanoseconds
}

// Quiet reports whether nothing ran any more, and no command had left a process of its group.
type Quiet struct {
	Quiet bool `json:"quiet"`
}

// HealthAsk asks how a machine is. Symbol is a function that could not be probed,
// Tracepoint a "group/name" that is not there.
type HealthAsk struct {
	Symbol     string `json:"symbol,omitempty"`
	Tracepoint string `json:"tracepoint,omitempty"`
}

// Health is what goes wrong in a machine that somebody works in.
type Health struct {
	TraceReaders []Process    `json:"trace_readers,omitempty"` // others that have trace_pipe open
	NoTracefs    bool         `json:"no_tracefs,omitempty"`    // it is not mounted
	TracingOff   bool         `json:"tracing_off,omitempty"`   // somebody wrote 0 to tracing_on
	LSMs         string       `json:"lsms,omitempty"`          // active security modules, "lockdown,yama,bpf"; "" if unknown
	Similar      []string     `json:"similar,omitempty"`       // names like what HealthAsk names
	Processes    int          `json:"processes"`
	FreeMemory   int64        `json:"free_memory"`        // bytes
	NoShell      bool         `json:"no_shell,omitempty"` // /bin/sh is gone
	Runs         []ProgramRun `json:"runs,omitempty"`     // of the loaded programs, where the kernel counts (5.1)
}

// Process is one process of a machine.
type Process struct {
	PID  int    `json:"pid"`
	Comm string `json:"comm"`
}

// ProgramRun is how often a program ran since it was loaded.
type ProgramRun struct {
	Name string `json:"name"`
	Runs uint64 `json:"runs"`
}

// MapRead asks for all entries of a map.
type MapRead struct {
	Name string `json:"name"`
}

// MapEntry is one entry; Values has one element, or one for each CPU.
type MapEntry struct {
	Key    []byte   `json:"key"`
	Values [][]byte `json:"values"`
}

// MapResult is a map's content. Cut is set if it was longer than the cap.
type MapResult struct {
	Entries []MapEntry `json:"entries"`
	Cut     bool       `json:"cut,omitempty"`
}

// Watch names a ring buffer or perf event array.
type Watch struct {
	Map string `json:"map"`
}

// EventsResult is the records read so far.
type EventsResult struct {
	Records [][]byte `json:"records"`
	Lost    int      `json:"lost"`
}

// Send sends UDP datagrams between the namespaces and counts what arrives.
type Send struct {
	From  string `json:"from"` // "client" or "server"
	Port  int    `json:"port"`
	Count int    `json:"count"`
	Size  int    `json:"size"` // payload bytes
}

// SendResult counts datagrams.
type SendResult struct {
	Sent     int `json:"sent"`
	Received int `json:"received"`
}

// CountRunsResult says whether runs are counted.
type CountRunsResult struct {
	Lacking bool `json:"lacking,omitempty"` // the kernel has no such statistics
}

// Runs asks how often programs ran.
type Runs struct {
	End bool `json:"end,omitempty"` // they are counted no more
}

// RunsResult has the programs that were loaded since OpCount, also those of commands.
type RunsResult struct {
	Programs []ProgramRuns `json:"programs"`
}

// ProgramRuns is what the kernel counted of a program.
type ProgramRuns struct {
	Name        string `json:"name"`
	Runs        uint64 `json:"runs"`
	Nanoseconds uint64 `json:"nanoseconds"` // that all runs took
}

// TestRunResult is what came out of the last run.
type TestRunResult struct {
	Returned uint32 `json:"returned"`
	Out      []byte `json:"out,omitempty"`
	Error    string `json:"error,omitempty"`   // the kernel did not run it: why
	Errno    string `json:"errno,omitempty"`   // its name
	Lacking  bool   `json:"lacking,omitempty"` // it runs no programs of this type, or none at all
}

// Probe loads one generated program; see package probe for the kinds.
type Probe struct {
	Kind string `json:"kind"`
	Type string `json:"type,omitempty"` // of the program; "" is SocketFilter
	N    int    `json:"n"`
	User bool   `json:"user"` // without capabilities
}

// ProbeResult is the kernel's answer to a probe.
type ProbeResult struct {
	Accepted bool    `json:"accepted"`
	Errno    string  `json:"errno,omitempty"`
	Log      string  `json:"log,omitempty"` // the end of it
	Insns    int     `json:"insns,omitempty"`
	Seconds  float64 `json:"seconds"`
}

// Fault is a call that went wrong in the guest. Code distinguishes what a
// caller decides on.
type Fault struct {
	Op   string `json:"op"`
	Code string `json:"code,omitempty"` // "", "unsupported", "missing", CodeMemory
	Msg  string `json:"msg"`
}

// CodeMemory is the code of what the machine had too little memory for.
const CodeMemory = "memory"

func (f *Fault) Error() string { return f.Op + ": " + f.Msg }
