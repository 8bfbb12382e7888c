package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// commandFlags are the flags of the verbs that run the user's commands in machines.
type commandFlags struct {
	machineFlags
	reportFlags
	onFail  failureShell
	env     []string
	copy    []string
	memory  sizeFlag
	cpus    int
	timeout time.Duration
	rootfs  rootfsFlag
}

func (f *commandFlags) define(flags *pflag.FlagSet) {
	f.machineFlags.define(flags, "machines at one time (default: one a core)")
	f.onFail.define(flags)
	f.defineSplats(flags)
	f.defineCold(flags)
	f.defineCommand(flags)
	f.defineConsent(flags, "run")
	f.reportFlags.define(flags)
}

// defineCommand defines those of the flags that say what the command finds in its machine.
func (f *commandFlags) defineCommand(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.env, "env", nil, "set a variable, as K=V, or pass on the one of this name")
	flags.StringArrayVar(&f.copy, "copy", nil, "file or directory to send too, as PATH, or PATH:NAME under another name")
	flags.Var(&f.memory, "mem", "memory of a machine, as 512M or 2G")
	flags.IntVar(&f.cpus, "cpus", 1, "processors of a machine")
	flags.StringVar(&f.rootfs.text, "rootfs", "", "userland of the machine: a directory, a tar file, or debian:RELEASE+PACKAGE+...")
}

// variables returns what --env says, as "K=V".
func (f *commandFlags) variables() ([]string, error) {
	var env []string
	for _, e := range f.env {
		name, _, set := strings.Cut(e, "=")
		if name == "" {
			return nil, usageError{fmt.Errorf("--env %s: want K=V, or the name of a variable", e)}
		}
		if !set {
			value, ok := os.LookupEnv(name)
			if !ok {
				return nil, usageError{fmt.Errorf("--env %s: no such variable here; give its value, as %s=VALUE", e, e)}
			}
			e = name + "=" + value
		}
		env = append(env, e)
	}
	return env, nil
}

// copied adds what --copy says.
func (f *commandFlags) copied(files *bundle.Files) error {
	for _, c := range f.copy {
		path, name, as := strings.Cut(c, ":")
		var err error
		if as {
			err = files.AddAs(path, name)
		} else {
			err = addCopied(files, path)
		}
		if err != nil {
			return usageError{fmt.Errorf("--copy %s: %w", c, err)}
		}
	}
	return nil
}

// addCopied adds a program with its libraries, and all else as it is.
func addCopied(files *bundle.Files, path string) error {
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
		return files.Program(path)
	}
	return files.Add(path)
}

// task returns a task on one kernel. dir is the directory of its first machine.
func (f *commandFlags) task(class string, image kernel.Image, dir string) scheduler.Task {
	return scheduler.Task{
		Class: class,
		Machine: vms.Spec{Kernel: image, Memory: max(int64(f.memory.Size), f.rootfs.memory(image)), CPUs: f.cpus,
			Rootfs: f.rootfs.files[image.SHA256]},
		Dir: func(n int) string {
			if n > 1 {
				return fmt.Sprintf("%s-%d", dir, n)
			}
			return dir
		},
	}
}

// fits returns a usage error if files do not fit into a machine's memory beside all
// else, as far as is known before it is there.
func (f *commandFlags) fits(files *bundle.Files) error {
	const usual, agent = 256 << 20, 64 << 20
	room := max(int64(f.memory.Size), usual)/2 - agent // of a machine's memory, tmpfs takes half
	if files.Size() <= room {
		return nil
	}
	name, size := files.Largest()
	return usageError{fmt.Errorf("%d MiB of files (%s has %d MiB) do not fit into the machine: give it more memory, --mem %dM",
		files.Size()>>20, name, size>>20, (files.Size()*5/2)>>20+256)}
}
