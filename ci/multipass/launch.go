//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// leastMemory is what multipass gives an instance at least, in bytes.
const leastMemory = 512 << 20

// launchOptions are those of launch. Sizes are texts, as multipass takes them.
type launchOptions struct {
	name, memory, disk, cloudInit string
	cpus, timeout                 int
}

func newLaunch(d dir) *cobra.Command {
	var o launchOptions
	cmd := &cobra.Command{
		Use:   "launch [options] [image]",
		Short: "Create and start an instance (of the stand-in)",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return o.run(d, append(args, "default")[0])
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.name, "name", "n", "primary", "name of the instance")
	f.StringVarP(&o.memory, "memory", "m", "1G", "memory, in bytes or with K, M, G")
	f.StringVarP(&o.disk, "disk", "d", "5G", "disk; the stand-in has none")
	f.IntVarP(&o.cpus, "cpus", "c", 1, "processors")
	f.StringVar(&o.cloudInit, "cloud-init", "", "user data: only -, standard input; the stand-in looks at its first line and leaves it")
	f.IntVar(&o.timeout, "timeout", 300, "seconds; the stand-in waits as long as it takes")
	return cmd
}

func (o launchOptions) run(d dir, image string) error {
	if _, err := kernelOf(image); err != nil {
		return err
	}
	memory, err := parseSize(o.memory)
	if err != nil || memory < leastMemory {
		return refuse("invalid argument supplied\nInvalid memory size value supplied: %s.", o.memory)
	}
	if err := o.checkCloudInit(); err != nil {
		return err
	}
	i := d.instance(o.name)
	if err := os.MkdirAll(d.instances(), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(string(i), 0o755); err != nil {
		return fmt.Errorf("instance %q already exists", o.name)
	}
	if err := i.start(state{State: "Starting", Image: image, CPUs: o.cpus, Memory: memory}); err != nil {
		return err
	}
	fmt.Println("Launched:", o.name)
	return nil
}

// checkCloudInit reads the user data, as multipass would.
func (o launchOptions) checkCloudInit() error {
	if o.cloudInit == "" {
		return nil
	}
	if o.cloudInit != "-" {
		return errors.New("the stand-in takes cloud-init's user data from standard input alone")
	}
	text, err := io.ReadAll(os.Stdin)
	if err == nil && !strings.HasPrefix(string(text), "#cloud-config\n") {
		err = refuse("Could not load cloud-init configuration: it does not begin with #cloud-config")
	}
	return err
}

// parseSize reads a size in bytes, or with K, M or G after it.
func parseSize(text string) (int64, error) {
	unit := int64(1)
	for i, suffix := range []string{"K", "M", "G"} {
		if rest, ok := strings.CutSuffix(text, suffix); ok {
			text, unit = rest, 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n * unit, err
}

// start starts the instance's daemon and waits until the guest runs. The daemon
// goes on if this process is killed, as multipass's does.
func (i instance) start(s state) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.Create(i.path("daemon.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(self, daemonVerb, i.name(), s.Image, strconv.Itoa(s.CPUs), strconv.FormatInt(s.Memory, 10))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	return i.await(ended)
}

// await waits until the guest runs or its daemon has ended.
func (i instance) await(ended <-chan struct{}) error {
	for {
		if s, err := i.read(); err == nil && s.State == "Running" {
			return nil
		}
		select {
		case <-ended:
			why, _ := os.ReadFile(i.path("daemon.log")) // gone if the instance was deleted
			os.RemoveAll(string(i))
			return refuse("The following errors occurred:\n%s: the instance ended while it started\n%s", i.name(), why)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
