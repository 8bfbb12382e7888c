// Package session is the host's end of one machine: it waits for the guest
// agent, watches that the machine stays alive, does a lab's steps there and
// judges what it observed.
//
// Data from a machine is untrusted: it can make a check fail, but cannot make the host
// do anything. Judging is pure (check.go, decode.go); only Session and the files named
// after an action touch the machine.
package session
