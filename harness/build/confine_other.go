//go:build !linux

package build

import (
	"errors"
	"os/exec"
)

var errNoConfine = errors.New("only Linux can confine a compiler, with Landlock")

// Confinable returns why this machine cannot confine a compiler, nil if it can.
func Confinable() error { return errNoConfine }

func startConfined(*exec.Cmd, toolchain, []string, string) error { return errNoConfine }
