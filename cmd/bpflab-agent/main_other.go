//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bpflab-agent: guests are Linux machines")
	os.Exit(2)
}
