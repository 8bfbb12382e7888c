// Package term is the workshop in a terminal: the lesson's text, what the last check
// found, the kernel's trace and the maps' values, and keys for all that a student does.
//
// It shows a workshop.Desk and passes keys on to it; what it knows of the student it
// has from the desk, so another face may be open on the same one. What comes out of a
// machine is cleaned of control characters before it is shown.
package term
