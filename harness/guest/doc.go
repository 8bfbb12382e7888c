// Package guest is the guest side of bpflab: the agent that serves package
// wire's calls inside a machine, and what it needs to be PID 1 there.
//
// The same binary is PID 1 of an initramfs (Init), or a process started in a
// machine that is booted already (Serve over its standard input and
// output). It trusts its host and nothing else; what it loads, attaches,
// mounts or starts is gone when the stream ends.
package guest
