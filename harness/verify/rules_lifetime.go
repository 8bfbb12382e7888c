package verify

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// lifetimeRules are about references, locks and regions that a program must leave.
var lifetimeRules = []rule{
	{code: "reference", says: says(`Unreleased reference id=\d+ alloc_insn=(\d+)`), text: unreleased, fixes: func(f *failure) string {
		return releaser(f.acquirer()) + " on every path, also on those that return early"
	}},
	{code: "reference", says: says(`.*would lead to reference leak`), text: matched, fix: "release what was acquired, or submit it, before this"},
	{code: "reference", says: says(`(?:func|kfunc) (\S+?)#\d+ reference has not been acquired before|release (?:kernel function|kfunc) (\w+) expects.*|arg \d is an unacquired reference|R\d must be referenced when passed to release function`), text: func(f *failure) string {
		return cmp.Or(f.match[1]+f.match[2], f.callee(), "a function") + " releases what the program does not own"
	}, fix: "release only what this program acquired, and once: after it the pointer is gone; an argument of the program is not its own"},
	{code: "lock", says: says(`(unmatched|nested) (?:rcu read (?:un)?lock|attempt to enable preemption).*`), text: func(f *failure) string {
		return matched(f) + ": lock and unlock are not in pairs"
	}, fix: "one unlock for each lock on every path"},
	{code: "lock", says: says(`(?:tracing|socket filter|sleepable) progs cannot use (bpf_\w+|bpf_\{.*\}) yet`), text: func(f *failure) string {
		return f.match[1] + " is not for programs of type " + f.Type + " (" + matched(f) + ")"
	}, fixes: func(f *failure) string {
		if strings.HasPrefix(f.match[1], "bpf_{list_head") {
			return "lists and trees are for programs that do not trace, such as tc, XDP and struct_ops; here keep the entries in a hash map"
		}
		if f.match[1] == "bpf_timer" {
			return "timers are for programs that do not trace, such as tc, XDP and cgroup programs"
		}
		return "count with __sync_fetch_and_add() or in a per-CPU map, or keep what must stay together in one entry that is replaced whole"
	}},
	{code: "lock", says: says(`expected an RCU CS when using (\w+)`), text: func(f *failure) string {
		return f.match[1] + " is used outside of an RCU region"
	}, fix: "put it between bpf_rcu_read_lock() and bpf_rcu_read_unlock()"},
	{code: "lock", says: says(`(bpf_\w+) is missing`), text: func(f *failure) string {
		return "a path ends without " + f.match[1] + "()"
	}, fixes: func(f *failure) string {
		return "call " + f.match[1] + "() on every path, also on those that return early"
	}},
	{code: "lock", says: says(`(.*) cannot be used inside (bpf_\w+?)-ed region`), text: func(f *failure) string {
		if strings.Contains(f.match[1], "BPF_EXIT") {
			return "a path ends between " + f.match[2] + "() and " + opposite(f.match[2]) + "()"
		}
		return matched(f)
	}, fixes: func(f *failure) string {
		return "call " + opposite(f.match[2]) + "() before it, on every path"
	}},
	{code: "lock", says: says(`(?:global )?function calls are not allowed while holding a lock`), text: func(f *failure) string {
		name := f.callee()
		if name == "" {
			return matched(f)
		}
		return name + " is called while a bpf_spin_lock is held"
	}, fix: "call it before bpf_spin_lock() or after bpf_spin_unlock(): between them there are no calls"},
	{code: "lock", says: says(`bpf_spin_lock at off=\d+ must be held for (\w+)|held lock and object are not in the same allocation`), text: func(f *failure) string {
		return cmp.Or(f.callee(), "it") + " changes a list or tree without its own lock: " + matched(f)
	}, fix: "take the bpf_spin_lock that is in the same map value, global variable or object as the list or tree"},
	{code: "invalid_access", says: says(`direct access to (bpf_\w+|kptr) is disallowed`), text: func(f *failure) string {
		return "it reads or writes a " + f.match[1] + ", which only the kernel's functions do"
	}, fix: "leave that field to its functions (bpf_spin_lock(), bpf_timer_start(), bpf_list_push_front()), and copy the fields around it one by one"},
	{code: "argument", says: says(`off -?\d+ doesn't point to 'struct (bpf_\w+)' that is at -?\d+`), text: func(f *failure) string {
		return matched(f) + ": the address is not that of the field"
	}, fix: "give the address of the field itself, as in &value->lock or &value->timer"},
	{code: "lock", says: says(`.*bpf_spin_(?:un)?lock.*|.*spin.?lock.*`), text: matched, fix: "one struct bpf_spin_lock in a map's value of type hash, array or storage, taken and released in one function"},
}

// released are functions after which a pointer is no longer valid.
var released = says(`^bpf_(?:ringbuf_(?:submit|discard)|sk_release|\w+_release|obj_drop|\w+_destroy)`)

// releasesAgain reports whether the function that is called releases, and the one before
// it did.
func releasesAgain(f *failure) bool {
	return released.MatchString(f.callee()) && released.MatchString(lastCall(f.log))
}

// movesPacket are functions after which pointers into the packet are no longer valid.
var movesPacket = says(`^bpf_(?:xdp_adjust_\w+|skb_(?:pull|change|adjust|store|vlan)_\w+|l[34]_csum_replace|clone_redirect|msg_\w+|lwt_\w+)`)

// wasPointer reports whether the register that a rule's expression has found was a pointer
// until the last call before made it a number.
func wasPointer(f *failure) bool {
	kinds := ""
	switch by := lastCall(f.log); {
	case released.MatchString(by):
		kinds = "mem|ringbuf_mem|alloc_mem|sock|ptr_|trusted_ptr_"
	case movesPacket.MatchString(by):
		kinds = "pkt"
	default:
		return false
	}
	return says(`\bR` + f.match[1] + `(?:_r|_w|_rw)?=(?:` + kinds + `)\w*\(`).MatchString(f.log)
}

// usedLate says which call made a pointer a number.
func usedLate(f *failure) string {
	by := lastCall(f.log)
	if released.MatchString(by) {
		return "R" + f.match[1] + " is used after " + by + " released it"
	}
	return "R" + f.match[1] + " was a pointer until " + by + ", after which it is no longer valid"
}

func lateFix(f *failure) string {
	if released.MatchString(lastCall(f.log)) {
		return "use it before it is released"
	}
	return "read data and data_end again after the call, and compare again: it may have moved the packet"
}

// opposite returns what ends a region.
func opposite(begin string) string {
	if rest, ok := strings.CutSuffix(begin, "_disable"); ok {
		return rest + "_enable"
	}
	if rest, ok := strings.CutSuffix(begin, "_save"); ok {
		return rest + "_restore"
	}
	if rest, ok := strings.CutSuffix(begin, "lock"); ok {
		return rest + "unlock"
	}
	return begin
}

// acquirer returns the function that gave the reference, "" if the log lacks it.
func (f *failure) acquirer() string {
	n, _ := strconv.Atoi(f.match[1])
	return called(f.log, n)
}

func unreleased(f *failure) string {
	by := f.acquirer()
	if by == "" {
		return "what instruction " + f.match[1] + " acquired is not released on a path to the end"
	}
	return fmt.Sprintf("what %s acquired (instruction %s) is not released on a path to the end", by, f.match[1])
}

// releasers are what releases that which a function acquired.
var releasers = []struct{ acquires, releases string }{
	{"bpf_ringbuf_reserve_dynptr", "bpf_ringbuf_submit_dynptr() or bpf_ringbuf_discard_dynptr()"},
	{"bpf_ringbuf_reserve", "bpf_ringbuf_submit() or bpf_ringbuf_discard()"},
	{"bpf_sk_lookup", "bpf_sk_release()"},
	{"bpf_skc_lookup", "bpf_sk_release()"},
	{"bpf_task_", "bpf_task_release()"},
	{"bpf_cgroup_", "bpf_cgroup_release()"},
	{"bpf_cpumask_", "bpf_cpumask_release()"},
	{"bpf_obj_new", "bpf_obj_drop(), or a list or tree that takes it,"},
	{"bpf_crypto_ctx_", "bpf_crypto_ctx_release()"},
	{"bpf_rbtree_remove", "bpf_obj_drop(), or a list or tree that takes it,"},
	{"bpf_list_pop_", "bpf_obj_drop(), or a list or tree that takes it,"},
	{"bpf_refcount_acquire", "bpf_obj_drop(), or a list or tree that takes it,"},
	{"bpf_kptr_xchg", "the release function of its type, or bpf_kptr_xchg() back into a map,"},
	{"bpf_get_task_exe_file", "bpf_put_file()"},
	{"bpf_lookup_", "bpf_key_put()"},
	{"bpf_xdp_ct_", "bpf_ct_release()"},
	{"bpf_skb_ct_", "bpf_ct_release()"},
}

// releaser says what releases that which a function acquired.
func releaser(acquirer string) string {
	if kind, ok := strings.CutSuffix(acquirer, "_new"); ok && strings.HasPrefix(kind, "bpf_iter_") {
		return "call " + kind + "_destroy()"
	}
	for _, r := range releasers {
		if strings.HasPrefix(acquirer, r.acquires) {
			return "call " + r.releases
		}
	}
	return "call the function that releases it"
}
