// Package web is the workshop in a browser: a page with the lesson, an editor, and
// terminals into the machine, and for a class the teacher's page. The page is embedded in
// the binary (dist, which `make build` makes from ui) and needs no other server.
//
// A browser has a session: a cookie that scripts cannot read, which it received for a key
// or for the code of a class. Keys are part of links and work once. A session belongs to
// a student, who can reach only the student's own workspaces, or to the teacher. The
// server refuses requests that another site's page makes, and those for a host name that
// it does not have. Sessions survive a restart; only their digests are on disk.
package web
