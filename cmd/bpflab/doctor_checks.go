package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/vms/initramfs"
	"github.com/bpflab/bpflab/vms/install"
	"github.com/bpflab/bpflab/vms/kernel/debian"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/lease"
)

const (
	enoughSpace   = 2 << 30          // bytes: four kernels, unpacked, take less than half of it
	mirrorTimeout = 10 * time.Second // for one small file
)

// checks of doctor, in the order in which they are shown.
var checks = []func(context.Context) finding{
	checkSystem, checkQEMU, checkBusybox, checkClang, checkHeaders, checkCache, checkKVM, checkStandby, checkMirror, checkGo,
}

// lack returns a finding of something missing that a package brings.
func lack(name string, required bool, detail string, tool install.Tool) finding {
	return finding{Name: name, State: stateMissing, Required: required, Detail: detail, Fix: install.Host().Fix(tool)}
}

// checkBusybox looks for the userland of the machines.
func checkBusybox(context.Context) finding {
	const name = "busybox"
	path, err := initramfs.FindBusybox()
	if err != nil {
		return lack(name, true, err.Error(), install.Busybox)
	}
	return finding{Name: name, State: stateOK, Required: true, Detail: path + ", statically linked"}
}

func checkClang(ctx context.Context) finding {
	const name = "clang"
	clang, err := build.FindClang(ctx, "")
	if err != nil {
		return buildFinding(name, err)
	}
	return finding{Name: name, State: stateOK, Required: true, Detail: fmt.Sprintf("%s (%s)", clang.Path, clang.Version)}
}

// doctorFiles holds a program that needs what every lab needs.
//
//go:embed doctor/tiny.bpf.c
var doctorFiles embed.FS

func checkHeaders(ctx context.Context) finding {
	const name = "bpf headers"
	tiny := build.Source{Name: "tiny", FS: doctorFiles, Main: "doctor/tiny.bpf.c"}
	object, err := build.New(build.Options{}).Object(ctx, tiny)
	if err != nil {
		return buildFinding(name, err)
	}
	return finding{Name: name, State: stateOK, Required: true,
		Detail: fmt.Sprintf("a program compiles (%d bytes, %.1fs)", len(object.Bytes), object.Seconds)}
}

// buildFinding takes the remedy from an error of the compiler's.
func buildFinding(name string, err error) finding {
	out := finding{Name: name, State: stateMissing, Required: true, Detail: err.Error()}
	var tool *build.ToolError
	var compile *build.CompileError
	switch {
	case errors.As(err, &tool):
		return lack(name, true, tool.Text, tool.Tool)
	case errors.As(err, &compile) && len(compile.Diagnostics) > 0:
		return lack(name, true, compile.Diagnostics[0].Text, install.LibBPF)
	}
	return out
}

// checkCache looks at the place kernels and objects go to, which may not
// exist yet.
func checkCache(context.Context) finding {
	out := finding{Name: "cache", State: stateMissing, Required: true, Fix: "set BPFLAB_CACHE to a directory with 2 GiB free"}
	root, err := store.DefaultRoot()
	if err != nil {
		out.Detail = err.Error()
		return out
	}
	dir := existing(root)
	free, err := freeSpace(dir)
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		out.Detail, out.Fix = err.Error(), "set BPFLAB_CACHE to a directory you may write to"
	case err != nil:
		out.Detail = fmt.Sprintf("%s: %v", root, err)
	case free < enoughSpace:
		out.Detail = fmt.Sprintf("%s: %.1f GiB free", root, gib(free))
	default:
		out.State, out.Fix = stateOK, ""
		out.Detail = fmt.Sprintf("%s: %.1f GiB free", root, gib(free))
		if !lease.HasLocks(dir) {
			out.Detail += "; its file system has no locks, so files stand for them"
		}
	}
	return out
}

// existing returns the nearest directory above path, or path, that is there.
func existing(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || filepath.Dir(path) == path {
			return path
		}
		path = filepath.Dir(path)
	}
}

func gib(bytes uint64) float64 { return float64(bytes) / (1 << 30) }

func checkMirror(ctx context.Context) finding {
	out := finding{Name: "mirror", State: stateMissing,
		Fix: "set BPFLAB_DEBIAN_MIRROR to a Debian mirror this machine reaches; kernels in the cache need none"}
	mirrors, err := debian.FindMirrors("")
	if err != nil {
		out.Detail = err.Error()
		return out
	}
	if err := reach(ctx, mirrors.Main+"/dists/stable/Release"); err != nil {
		out.Detail = err.Error()
		return out
	}
	return finding{Name: out.Name, State: stateOK, Detail: mirrors.Main + " answers"}
}

func reach(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, mirrorTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}

func checkGo(ctx context.Context) finding {
	const name = "go"
	out, err := exec.CommandContext(ctx, "go", "version").Output()
	if err != nil {
		return lack(name, false, "no go in PATH: labs run without it, bpflab itself is built with it", install.Go)
	}
	return finding{Name: name, State: stateOK, Detail: strings.TrimSpace(string(out))}
}
