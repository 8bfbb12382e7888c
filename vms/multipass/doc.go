// Package multipass runs machines with Canonical's multipass: virtual machines
// with the kernels that Ubuntu's images carry, or with a kernel package that is
// installed in them first.
//
// It drives the multipass command and nothing else, so it works wherever that
// does: on Linux, macOS and Windows. The agent is sent into a machine through
// standard input, because multipass as a snap cannot read most of a host's
// files, and is reached through the standard input and output of `multipass
// exec`. The machine's console is what its kernel logs, from its boot on.
//
// Multipass has no labels. So the process that made a machine is noted in a
// file of the machine's name, before the machine is made; one without such a
// file is left alone, whatever its name.
package multipass
