// Package web is the workshop in a browser: one page with the lesson, an editor, and
// terminals into the machine, and for a class the teacher's page. The page lies in the
// binary (dist, which `make build` makes of ui), and needs no network but the way to
// this server.
//
// Who may do what: a browser has a session, a cookie that no script reads, which it got
// for a key or for a class's code. Keys are in links and are good once. A session is a
// student's, who reaches their own desks and nothing else, or the teacher's. Requests
// that another site's page makes are refused, and so are those for a host name that this
// server does not have. Sessions outlive the server; only their digests are on disk.
package web
