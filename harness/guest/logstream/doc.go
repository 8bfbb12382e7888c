// Package logstream reads a log that the kernel writes into memory of this process, while it
// writes it, in bounded memory: the verifier's log of a program's instructions may have more
// than a gigabyte, and bpf(2) has no other way to give it than a buffer that holds it all.
//
// A Buffer is address space without memory. When the kernel comes to a part that has none, it
// waits in a page fault, which userfaultfd(2) reports; then what stands before is read and given
// back, and the kernel goes on. So only a few parts exist at a time, and nothing is lost however
// slow the reader is.
//
// Redirect gives such a buffer to a load that a library makes with a buffer of its own.
package logstream
