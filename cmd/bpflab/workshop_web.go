package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/harness/workshop/web"
)

// className matches a class's name, which is also that of its directory.
var className = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// inBrowser serves the page to browsers on this machine until ctx ends.
func (f *workshopFlags) inBrowser(ctx context.Context, std streams, w *workshop.Workshop, lab string) error {
	listener, err := f.listenLocally()
	if err != nil {
		return err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	server, err := web.New(web.Options{Workshop: w, Dir: f.dir, Hosts: web.LocalHosts, Cookie: fmt.Sprintf("bpflab-%d", port)})
	if err != nil {
		return err
	}
	go warm(ctx, w, lab)
	out := std.out
	link := func() string {
		return fmt.Sprintf("http://%s/login?key=%s&to=/lab/%s", listener.Addr(), server.Key(web.Student, web.SoleStudent), lab)
	}
	kept := "your work is kept in " + f.dir
	if f.forgets {
		kept = "what you did as a student is forgotten then"
	}
	fmt.Fprintf(out, "The workshop is at %s\n\nThe link works once; Enter prints a new one. Ctrl-C ends the workshop; %s.\n", link(), kept)
	go onEnter(ctx, std.in, func() { fmt.Fprintln(out, link()) })
	return serveUntil(ctx, listener, server.Handler(), "", "")
}

// warm starts the lab's machine before the browser asks for it.
func warm(ctx context.Context, w *workshop.Workshop, lab string) {
	student, err := w.Student(web.SoleStudent)
	if err != nil {
		return
	}
	if ws, err := student.Workspace(lab); err == nil {
		ws.Warm(ctx)
	}
}

// onEnter calls do each time somebody presses Enter at a terminal.
func onEnter(ctx context.Context, typed io.Reader, do func()) {
	in, ok := typed.(*os.File)
	if !ok || !isTerminal(in) {
		return
	}
	for lines := bufio.NewScanner(in); ctx.Err() == nil && lines.Scan(); {
		do()
	}
}

// listenLocally listens at the loopback address of --listen. If the default one is in
// use it listens at any free port.
func (f *workshopFlags) listenLocally() (net.Listener, error) {
	host, _, err := net.SplitHostPort(f.listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, usageError{fmt.Errorf("--listen %s: want a loopback address with a port, such as %s; use --serve for other addresses", f.listen, defaultListen)}
	}
	listener, err := net.Listen("tcp", f.listen)
	if err != nil && !f.given.listen {
		return net.Listen("tcp", net.JoinHostPort(host, "0"))
	}
	return listener, err
}

// serveClassroom serves a class until ctx ends.
func (f *workshopFlags) serveClassroom(ctx context.Context, std streams, w *workshop.Workshop) error {
	room, err := web.OpenClassroom(f.dir, f.class, f.students)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", f.serve)
	if err != nil {
		return usageError{fmt.Errorf("--serve %s: %w", f.serve, err)}
	}
	at := listener.Addr().(*net.TCPAddr)
	hosts := append(hostsOf(at.IP), f.hosts...)
	server, err := web.New(web.Options{Workshop: w, Classroom: room, Dir: f.dir, Hosts: hosts, Secure: f.cert != "", Cookie: fmt.Sprintf("bpflab-%d", at.Port)})
	if err != nil {
		return err
	}
	base := f.base(at, hosts)
	out := std.out
	link := func() string { return base + "/login?to=/teacher&key=" + server.Key(web.Teacher, "teacher") }
	fmt.Fprintf(out, "Class %s\n\n  students:  %s/   code %s\n  teacher:   %s\n\nThe teacher's link works once; Enter prints a new one. Ctrl-C ends the class; all work is kept in %s.\n",
		f.class, base, room.Code(), link(), f.dir)
	if f.cert == "" && !at.IP.IsLoopback() {
		fmt.Fprintln(std.err, "bpflab: warning: without --tls-cert others on the network can read what students type")
	}
	go onEnter(ctx, std.in, func() { fmt.Fprintln(out, link()) })
	return serveUntil(ctx, listener, server.Handler(), f.cert, f.key)
}

// base returns the URL that students type.
func (f *workshopFlags) base(at *net.TCPAddr, hosts []string) string {
	scheme, host := "http://", at.IP.String()
	if f.cert != "" {
		scheme = "https://"
	}
	if at.IP.IsUnspecified() {
		host = hosts[0]
	}
	if len(f.hosts) > 0 {
		host = f.hosts[0]
	}
	return scheme + net.JoinHostPort(host, fmt.Sprint(at.Port))
}

// hostsOf returns the names of a server at an address. At the unspecified address these
// are all names of this machine, those on the network first.
func hostsOf(ip net.IP) []string {
	if !ip.IsUnspecified() {
		if ip.IsLoopback() {
			return append([]string{ip.String()}, web.LocalHosts...)
		}
		return []string{ip.String()}
	}
	var out []string
	addresses, _ := net.InterfaceAddrs()
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			out = append(out, n.IP.String())
		}
	}
	if name, err := os.Hostname(); err == nil {
		out = append(out, strings.ToLower(name))
	}
	return append(out, web.LocalHosts...)
}

// serveUntil serves requests until ctx ends.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler, cert, key string) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	var err error
	if cert == "" {
		err = server.Serve(l)
	} else {
		err = server.ServeTLS(l, cert, key)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
