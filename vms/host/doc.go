// Package host runs labs on the kernel of this machine, as root.
//
// A machine of this provider is a process: the guest agent, as PID 1 of
// namespaces of its own, with capabilities taken away that no lab needs. What a
// lab makes hangs on that process (its mounts, pins, interfaces, programs and
// links, and every process that it starts) and goes with it, however it ends:
// by Close, by a cancelled context, or because this process was killed.
//
// The kernel is shared. What a program sees is not only the lab's doing, and
// what a lab breaks is broken for all; see Caps and docs/host.md.
package host
