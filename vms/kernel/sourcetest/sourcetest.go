// Package sourcetest has the conformance suite that every source of kernels passes: list,
// resolve, fetch, verify, unpack, offline, damaged, replayed, wrong key, gone, locked. It
// reads a mirror that the test has made in the vendor's layout, served on loopback, or files
// of a made machine. What a source cannot have, its subject declares with the reason; the
// suite prints that, and checks that it is so (lacking.go).
package sourcetest

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/download"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/lease"
)

// Now is when all tests take place.
var Now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// Subject is a source and a way to make mirrors for it.
type Subject struct {
	Name string // of the source
	// New makes the source; it reads mirror, takes only signatures of the armored key, and
	// thinks that it is Now.
	New func(t *testing.T, mirror Mirror, trusted []byte, kept *store.Store) kernel.Source
	// Publish puts one kernel on the mirror, in the vendor's layout, signed with key at the
	// time. Generation 2 is newer than 1; a mirror has one of them at a time.
	Publish func(t *testing.T, mirror Mirror, key kerneltest.Key, at time.Time, generation int)
	// Selector finds that kernel. Host in it stands for host and port of the mirror.
	Selector string
	// Releases is what uname -r says of generations 1 and 2.
	Releases [2]string
	// Claims maps more selectors to the track that they name; "" is one to refuse.
	Claims map[string]string
	// Signer returns how results name the signer with this armored key; nil: by its OpenPGP
	// fingerprint.
	Signer func(trusted []byte) string
	// Lacks says what the source cannot have, and why.
	Lacks map[string]string
}

// Mirror is where a source has its kernels from.
type Mirror struct {
	*kerneltest.Repository        // what a server on loopback has
	URL                    string // of that server
	Dir                    string // for a source that reads files of its machine
}

// Host stands for host and port of the mirror in selectors that name their server.
const Host = "MIRROR"

// Names of those tests that a source may lack.
const (
	address  = "mirror"         // one URL at which the source can be reached
	listing  = "listed release" // the release is known before the kernel is here
	vouching = "listed signer"  // who signed is known before the kernel is here
	offline  = "offline"        // it needs the network
	locked   = "locked"         // it can be pinned
	expired  = "expired key"    // its keys expire
	wrongKey = "wrong key"      // its kernels are signed
	damaged  = "damaged"        // something vouches for each byte
	replayed = "replayed"       // an older mirror is noticed
	gone     = "gone"           // a pinned kernel can leave its mirror
)

// test is what the suite checks, of sources that have it and of those that lack it.
type test struct{ has, lacks func(*testing.T, *world) }

var tests = map[string]test{
	"claim": {claim, nil}, "fetch and unpack": {fetch, nil}, "newer": {newer, nil},
	address: {mirrorAddress, noAddress}, listing: {listedRelease, unlistedRelease}, vouching: {listedSigner, unlistedSigner},
	offline: {unreachable, needsNoNetwork}, locked: {pinned, notPinned}, wrongKey: {otherKey, unsigned}, expired: {expiredKey, neverExpires},
	damaged: {noticesDamage, damageIsAnother}, replayed: {refusesOlder, takesOlder}, gone: {left, vanished},
}

// Run runs the suite, and prints what the source lacks.
func Run(t *testing.T, s Subject) {
	for what, why := range s.Lacks {
		if tests[what].lacks == nil || why == "" {
			t.Errorf("%s: a source cannot lack %q, because of %q", s.Name, what, why)
		}
	}
	for name, one := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, s)
			if !w.lacks(name) {
				one.has(t, w)
				return
			}
			t.Logf("%s lacks this: %s", s.Name, s.Lacks[name])
			one.lacks(t, w)
		})
	}
}

func (w *world) lacks(what string) bool { return w.Lacks[what] != "" }

// world is one mirror, and a machine that knows it.
type world struct {
	Subject
	mirror  Mirror
	stop    func() // of the server
	key     kerneltest.Key
	cache   string
	sources []kernel.Source
}

func newWorld(t *testing.T, s Subject) *world {
	t.Helper()
	repository := kerneltest.NewRepository()
	server := httptest.NewServer(repository)
	t.Cleanup(server.Close)
	s.Selector = strings.ReplaceAll(s.Selector, Host, strings.TrimPrefix(server.URL, "http://"))
	w := &world{Subject: s, mirror: Mirror{repository, server.URL, t.TempDir()}, stop: server.Close, key: kerneltest.NewKey(Now.Add(-1000*day), 0), cache: cacheDir(t)}
	w.open(t)
	return w
}

// cacheDir returns a directory in memory where there is such a file system: a store brings the
// whole file system to disk for each kernel, which takes seconds beside other writers.
func cacheDir(t *testing.T) string {
	t.Helper()
	dir, remove, err := lease.MkdirTemp("/dev/shm", lease.Prefix+"sourcetest-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(remove)
	return dir
}

// open makes the source anew, with the world's cache.
func (w *world) open(t *testing.T) {
	t.Helper()
	kept, err := store.Open(store.Options{Root: w.cache, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	w.sources = []kernel.Source{w.New(t, w.mirror, w.key.Public(), kept)}
}

var client = download.Client{Tries: 2, Pause: time.Millisecond}

func (w *world) publish(t *testing.T, age time.Duration, generation int) {
	t.Helper()
	w.Publish(t, w.mirror, w.key, Now.Add(-age), generation)
}

// clear removes all that the mirror serves.
func (w *world) clear() {
	for _, path := range w.mirror.Paths() {
		w.mirror.Remove(path)
	}
}

// signer returns how results name the one who signed.
func (w *world) signer() string {
	switch {
	case w.lacks(wrongKey):
		return ""
	case w.Signer != nil:
		return w.Signer(w.key.Public())
	}
	return w.key.Fingerprint()
}

func (w *world) catalogue(t *testing.T, lock kernel.Lock, locked bool) *catalogue.Catalogue {
	t.Helper()
	text, err := lock.Text()
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalogue.Open(catalogue.Options{Cache: w.cache, Lock: text, Locked: locked, Sources: w.sources, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// resolve returns the kernel of the vendor's selector.
func (w *world) resolve(t *testing.T, c *catalogue.Catalogue) (kernel.Ref, error) {
	t.Helper()
	refs, err := c.Resolve(t.Context(), []string{w.Selector})
	if err != nil {
		return kernel.Ref{}, err
	}
	if len(refs) != 1 {
		t.Fatalf("%s: got %d kernels", w.Selector, len(refs))
	}
	return refs[0], nil
}

// image resolves, fetches and unpacks.
func (w *world) image(t *testing.T) (kernel.Image, error) {
	t.Helper()
	c := w.catalogue(t, kernel.Lock{}, false)
	ref, err := w.resolve(t, c)
	if err != nil {
		return kernel.Image{}, err
	}
	return c.Image(t.Context(), ref)
}
