// Package term is the workshop in a terminal. It shows the lesson's text, the result of
// the last check, the kernel's trace and the maps' values, and has a key for each action
// of a student.
//
// It shows a workshop.Workspace and calls its methods. All state of the student is in the
// workspace, so that another front end may show the same one. Output of a machine is
// stripped of control characters before it is shown.
package term
