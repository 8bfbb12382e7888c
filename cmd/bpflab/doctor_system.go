package main

import (
	"context"
	"os"
	"runtime"
	"strings"

	"github.com/bpflab/bpflab/vms/install"
)

// checkSystem names the system and its kernel, and what is unusual about them.
func checkSystem(context.Context) finding {
	version, _ := os.ReadFile("/proc/version") // Linux alone has it
	return systemFinding(install.Name(), string(version))
}

// systemFinding returns the finding of a system by its name and the text of /proc/version.
func systemFinding(name, version string) finding {
	out := finding{Name: "system", State: stateOK, Detail: name}
	release := kernelRelease(version)
	if release == "" {
		out.Detail += " (" + runtime.GOOS + ")"
		return out
	}
	out.Detail += ", kernel " + release
	switch {
	case strings.Contains(release, "WSL2"):
		out.Detail += ", which is WSL2: KVM needs Windows 11 and nestedVirtualization=true in .wslconfig, and a cache below /mnt is slow"
	case strings.HasSuffix(release, "-Microsoft"):
		out.State = stateMissing
		out.Detail += ", which is WSL 1 and no Linux kernel"
		out.Fix = "in Windows: wsl --set-version DISTRIBUTION 2"
	}
	return out
}

// kernelRelease returns the release in the text of /proc/version, "Linux version RELEASE (...".
func kernelRelease(version string) string {
	words := strings.Fields(version)
	if len(words) < 3 || words[0] != "Linux" {
		return ""
	}
	return words[2]
}
