// Package standby has one process of a user hold machines that others of the same user take
// over. It knows nothing of machines but that they can be made, lent and ended.
//
// A server listens on a socket in a directory that only its user may enter, and both ends
// check who the other is. A client sends one request for each connection. Where the server
// has what it asks for, the answer carries file descriptors, and the connection stays open
// as long as the client uses the machine: the end of either process, however it comes, is
// the end of the connection and then of the machine. A client of another build gets nothing,
// and one that gets no answer in a fraction of a second goes on without.
package standby
