// Package lxd runs machines on an LXD server: as virtual machines that boot any
// kernel of the catalogue directly, or that carry the kernel of a distribution's
// image, or as containers on the server's own kernel.
//
// All goes through LXD's API, so the server may be this host's, a remote, or a
// cluster. What bpflab makes there is in a project of its own, and labelled with
// the process it belongs to.
package lxd
