//go:build !bpflab_agent

package agent

var packed []byte
