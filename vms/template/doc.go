// Package template keeps templates on disk: the memory and the device state of
// booted machines, from which machines are forked copy-on-write. It knows
// nothing of the hypervisor.
//
// A template is in a directory named by its key, a digest of all it is made
// of:
//
//	KEY/memory         the guest's memory, sparse: pages of zeros are holes
//	KEY/state          all else of the machine
//	KEY/template.json  what it is, and the checksums of both
//
// It is written under another name and renamed, so it is complete or does not exist.
// Nothing is synced to the disk: after a crash of the host a file may contain zeros, which
// Verify finds. A template may be removed or replaced while it is in use, because its users
// hold its files open.
package template
