package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/harness/workshop/web"
)

// workshopFlags are the flags of `bpflab workshop`.
type workshopFlags struct {
	machines machineFlags // kernels, provider, origin, locked
	lab      string
	given    given
	labs     string   // directory of a teacher's own
	own      *ownLabs // made with the lessons
	dir      string
	forgets  bool // dir is removed at the end
	watch    bool // check what other programs save to the C files
	limits   workshop.Limits
	memory   sizeFlag

	downloads *workshopDownloads // made with the kernels

	web    bool
	listen string

	serve    string
	class    string
	students int
	hosts    []string
	cert     string
	key      string
	trust    bool
}

// given reports which flags were given, whose default depends on others.
type given struct{ kernels, cpu, listen bool }

func givenOf(flags *pflag.FlagSet) given {
	return given{kernels: flags.Changed("kernel"), cpu: flags.Changed("cpu"), listen: flags.Changed("listen")}
}

func newWorkshopCmd() *cobra.Command {
	var f workshopFlags
	return f.command()
}

func (f *workshopFlags) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "workshop [LAB]",
		Short: "Take the course step by step, in the terminal or in a browser",
		Long: `Take the course step by step: read the lesson and write the program. Every save builds
it, loads it into a kernel of your own, and checks it. Your progress is kept.

In the terminal, edit the C file with any editor, here or in another window. With
--web the workshop is a page in your browser, which this command serves to this
machine only. With --serve and --class it is a class: students join with a code, and
the teacher sees their progress.`,
		Example: `  bpflab workshop
  bpflab workshop hello --web
  bpflab workshop xdp-drop --kernel 6.1,5.10,latest
  bpflab workshop --serve 0.0.0.0:8080 --class ebpf-101`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return errors.New("name one lab to begin with, or none")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.given = givenOf(cmd.Flags())
			return f.do(cmd.Context(), streamsOf(cmd), args)
		},
	}
	f.define(cmd)
	cmd.AddCommand(newWorkshopPrepareCmd())
	return cmd
}

// defaultListen is the address of the page: always the same, so that an open page
// reconnects when the command is started again.
const defaultListen = "127.0.0.1:7517"

func (f *workshopFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.defineMachines(flags)
	flags.StringVar(&f.labs, "labs", "", "`DIRECTORY` of labs of your own, offered beside the course; its course.yaml chooses and orders")
	flags.StringVarP(&f.dir, "dir", "o", "", "directory of your work (default: below the state directory)")
	flags.BoolVar(&f.web, "web", false, "serve a page to browsers on this machine")
	flags.StringVar(&f.serve, "serve", "", "address of a class, such as 0.0.0.0:8080")
	flags.StringVar(&f.class, "class", "", "name of the class")
	flags.IntVar(&f.students, "students", 40, "of a class: most students that may join")
	flags.StringSliceVar(&f.hosts, "host", nil, "of a class: further host names that browsers may use")
	flags.StringVar(&f.cert, "tls-cert", "", "of a class: certificate for HTTPS")
	flags.StringVar(&f.key, "tls-key", "", "of a class: key of the certificate")
	flags.IntVar(&f.limits.Machines, "machines", usualMachines, "machines of a student at a time")
	flags.Var(&f.memory, "mem", "most memory of a machine, such as 512M")
	flags.IntVar(&f.limits.CPU, "cpu", 0, "most processor time of a machine, in percent of one processor (of a class: 50)")
	flags.DurationVar(&f.limits.Time, "time", 0, "time of a student in all, such as 4h; 0 is no limit")
	flags.DurationVar(&f.limits.Idle, "idle", usualIdle, "time after which an unused machine ends")
	flags.BoolVar(&f.trust, "trust", false, "of a class: serve even if the compiler cannot be confined")
}

// The usual limits of a student.
const (
	usualMachines = 2
	usualIdle     = 10 * time.Minute
)

// defineMachines defines the flags of every verb that serves the page: which kernels there
// are, and where it listens.
func (f *workshopFlags) defineMachines(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.machines.kernels, "kernel", nil, "kernels: the first is the students', the others are for comparison (default: the newest, and those of run)")
	flags.StringVar(&f.machines.provider.name, "provider", defaultProvider, "what runs the machines")
	f.machines.provider.defineAccel(flags)
	f.machines.provider.defineStandby(flags)
	f.machines.origin.define(flags)
	flags.BoolVar(&f.machines.locked, "locked", false, "fail if a pinned kernel is no longer available")
	flags.StringVar(&f.listen, "listen", defaultListen, "with --web: loopback address of the page")
}

func (f *workshopFlags) do(ctx context.Context, std streams, args []string) error {
	if len(args) > 0 {
		f.lab = args[0]
	}
	if err := f.check(std); err != nil {
		return usageError{err}
	}
	if err := f.prepare(); err != nil {
		return err
	}
	if err := f.usePrepared(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, done, err := f.open(ctx, std)
	if err != nil {
		return err
	}
	defer done()
	go f.follow(ctx, std, w)
	lab := f.firstLab(w)
	switch {
	case f.serve != "":
		return f.serveClassroom(ctx, std, w)
	case f.web:
		return f.inBrowser(ctx, std, w, lab)
	}
	return f.inTerminal(ctx, std, w, lab)
}

// check returns an error for flags that exclude each other or are out of range.
func (f *workshopFlags) check(std streams) error {
	switch {
	case f.serve != "" && f.web:
		return errors.New("--web serves only this machine, and --serve a class: give one of them")
	case (f.serve == "") != (f.class == ""):
		return errors.New("a class needs --serve ADDRESS and --class NAME")
	case f.class != "" && !className.MatchString(f.class):
		return fmt.Errorf("--class %s: a class's name consists of letters, digits and ._- (it names a directory)", f.class)
	case f.labs != "" && f.lab != "" && !embedded(f.lab):
		return errors.New("--labs offers a directory of labs, and a path one lab: give one of them")
	case (f.cert == "") != (f.key == ""):
		return errors.New("HTTPS needs --tls-cert and --tls-key")
	case f.limits.Machines < 1 || f.students < 1 || f.limits.CPU < 0 || f.limits.Time < 0 || f.limits.Idle <= 0:
		return errors.New("--machines and --students must be at least 1, --cpu and --time at least 0, and --idle more than 0")
	case f.class != "" && !f.trust:
		if err := build.Confinable(); err != nil {
			return fmt.Errorf("%w: a student's C file could have the compiler read this machine's files; if you trust all students, add --trust", err)
		}
	}
	if f.web || f.serve != "" {
		return web.HasPage()
	}
	if f.listen != defaultListen {
		return errors.New("--listen needs --web")
	}
	_, err := onTerminal(std)
	if err != nil {
		return errors.New("standard input and output are no terminal; bpflab workshop --web serves the workshop to a browser")
	}
	return nil
}

// classCPU is how much of a processor a student's machine may use, in percent, so that
// one in an endless loop does not slow down the others.
const classCPU = 50

// prepare sets the directory of the students' work and the limits of a class.
func (f *workshopFlags) prepare() error {
	f.watch = f.class == ""
	f.limits.Memory = int64(f.memory.Size)
	if f.class != "" {
		f.limits.Jobs = 1
	}
	if f.class != "" && !f.given.cpu && runtime.NumCPU() < f.students {
		f.limits.CPU = classCPU
	}
	if f.dir != "" {
		return nil
	}
	state, err := stateDir()
	if err != nil {
		return err
	}
	f.dir = filepath.Join(state, "workshop")
	if f.class != "" {
		f.dir = filepath.Join(state, "classes", f.class)
	}
	return nil
}
