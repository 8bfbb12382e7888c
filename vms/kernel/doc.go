// Package kernel describes kernels and selects among them. It is pure: versions, ranges,
// selectors, references, the lock file, and the interfaces of sources and stores. Nothing
// here uses disk or network; package catalogue combines the parts.
//
// A Ref names one kernel by the SHA-256 of every package it consists of; an
// Image is the same kernel on disk, ready to boot. Select turns a selector
// ("6.1", "latest", "local:mine") into Refs, out of the Refs it is given. A
// *SelectorError is the user's mistake (exit code 2); an *UnavailableError
// (wrapped or not) is the network's (exit code 3).
package kernel
