package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"
)

// Options sets up a Builder. The zero value of each field is useful.
type Options struct {
	Cache   string        // directory of the cache, made if absent; "" keeps nothing
	Known   string        // directory of another cache, which is only read; "" for none
	Record  string        // file that keeps what clang said of itself; "" for none
	Clang   string        // name or path of clang; "" means $BPFLAB_CLANG, else the one in PATH
	Timeout time.Duration // for one run of clang; 0 means 60 s
	CPU     time.Duration // processor time that one run of clang may use; 0 is no limit but Timeout
	Memory  int64         // bytes clang may map; 0 means 4 GiB

	// Patience is the processor time after which clang runs at the lowest priority; 0 is
	// never. On a busy host a usual compilation takes long, but not much of that.
	Patience time.Duration

	// Confined lets clang read only the source, the directories of headers that it
	// searches, and its own program and libraries and the linker's, so that strangers' C
	// cannot read this machine's files. See Confinable.
	Confined bool
}

const (
	defaultTimeout = 60 * time.Second
	defaultMemory  = 4 << 30
)

// Object is a compiled program.
type Object struct {
	Path    string  // in the cache; "" if it is not kept there
	Bytes   []byte  // the ELF file
	SHA256  string  // hex digest of Bytes
	Cached  bool    // no compiler was run
	Warning string  // on an object in the cache that was damaged and compiled again, or ""
	Seconds float64 // wall time of this call
}

// Builder compiles sources. It is safe for concurrent use.
type Builder struct {
	options Options
	store   store

	mu    sync.Mutex
	clang *Clang     // once found
	tools *toolchain // of a confined clang
}

// New returns a Builder. It checks nothing yet: a missing clang is an error of the first
// call of Object.
func New(options Options) *Builder {
	if options.Timeout <= 0 {
		options.Timeout = defaultTimeout
	}
	if options.Memory <= 0 {
		options.Memory = defaultMemory
	}
	return &Builder{options: options, store: store{dir: options.Cache}}
}

// Object compiles src, or takes the object from the cache. Callers that ask
// for the same input at the same time, also in other processes, wait for one
// compilation.
func (b *Builder) Object(ctx context.Context, src Source) (Object, error) {
	return b.timed(ctx, src, forBPF(src.Arch))
}

// Program compiles src to a program for Linux on its architecture's processor. It has no C
// library and is linked with nothing, so that it is the same everywhere. The error is a
// *LinkerError where the host cannot link programs for that processor.
func (b *Builder) Program(ctx context.Context, src Source) (Object, error) {
	if err := checkLinker(src.Arch); err != nil {
		return Object{}, err
	}
	return b.timed(ctx, src, forMachine(src.Arch))
}

func (b *Builder) timed(ctx context.Context, src Source, kind kind) (Object, error) {
	begin := time.Now()
	object, err := b.object(ctx, src, kind)
	object.Seconds = time.Since(begin).Seconds()
	return object, err
}

func (b *Builder) object(ctx context.Context, src Source, kind kind) (Object, error) {
	clang, tools, err := b.compiler(ctx)
	if err != nil {
		return Object{}, err
	}
	files, err := collect(src, clang.Headers)
	if err != nil {
		return Object{}, err
	}
	job := job{kind: kind, source: src, clang: clang, files: files, timeout: b.options.Timeout, memory: b.options.Memory, tools: tools, watch: watch{limit: b.options.CPU, patience: b.options.Patience, slow: src.Slow}}
	if b.options.Known != "" {
		if object, err := (store{dir: b.options.Known}).load(job.key()); err == nil {
			return object, nil
		}
	}
	if b.store.dir == "" {
		bytes, _, err := job.run(ctx)
		return newObject(bytes), err
	}
	return b.cached(ctx, job)
}

// cached holds the key's lock while it looks and compiles, so that a second caller finds
// what the first has made. An existing object needs no lock, because a read-only cache
// has none.
func (b *Builder) cached(ctx context.Context, job job) (Object, error) {
	key := job.key()
	if object, err := b.store.load(key); err == nil {
		return object, nil
	}
	unlock, err := b.store.lock(ctx, key)
	if err != nil {
		return Object{}, err
	}
	defer unlock()
	object, loadErr := b.store.load(key)
	if loadErr == nil {
		return object, nil
	}
	bytes, covered, err := job.run(ctx)
	object = newObject(bytes)
	if err == nil && covered {
		object, err = b.store.save(key, bytes)
	}
	if !errors.Is(loadErr, fs.ErrNotExist) {
		object.Warning = loadErr.Error() + "; it was compiled again"
	}
	return object, err
}

// compiler finds clang once, and the files of one to confine. An error is not remembered:
// the user may install it while a workshop runs.
func (b *Builder) compiler(ctx context.Context) (Clang, *toolchain, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.clang != nil {
		return *b.clang, b.tools, nil
	}
	path, err := locate(b.options.Clang)
	if err != nil {
		return Clang{}, nil, err
	}
	clang, err := inspectOnce(ctx, b.options.Record, path)
	if err != nil {
		return Clang{}, nil, err
	}
	if b.options.Confined {
		tools, err := findToolchain(ctx, clang)
		if err != nil {
			return Clang{}, nil, &HostError{fmt.Errorf("confine the compiler: %w", err)}
		}
		b.tools = &tools
	}
	b.clang = &clang
	return clang, b.tools, nil
}

func newObject(bytes []byte) Object {
	if bytes == nil {
		return Object{}
	}
	return Object{Bytes: bytes, SHA256: digest(bytes)}
}

func digest(bytes []byte) string {
	sum := sha256.Sum256(bytes)
	return hex.EncodeToString(sum[:])
}
