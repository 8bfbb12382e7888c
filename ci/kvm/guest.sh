#!/bin/bash
# The init of the outer machine of `make test-kvm`, on a disk that ci/kvm/image.sh made:
# runs bpflab with machines in KVM, which a processor offers that QEMU emulates. What the
# steps did is in /results, and names and times of them on the console.
#
# /opt/bpflab/settings has KERNELS, to test on, ONCE, the one of them for what takes long,
# TESTS and TESTS_ONCE, patterns of tests, and SHORT=1 for one fork and no more. The kernel's
# command line may have AGAIN, steps with commas that are to be run although they were done.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
export XDG_CACHE_HOME=/opt/bpflab/cache BPFLAB_VM_TESTS=1 BPFLAB_TEST_AGENT=/opt/bpflab/bpflab-agent
out=/results
cd /opt/bpflab || exit
# shellcheck source=/dev/null
. ./settings
. ./steps.sh
for name in ${AGAIN//,/ }; do
	sed -i "/^$name /d" "$out/steps"
done

prepare() {
	mount -t proc proc /proc
	mount -t sysfs sys /sys
	mount -t tmpfs tmp /tmp
	mount -t tmpfs run /run
	mkdir -p /dev/shm /dev/pts
	mount -t tmpfs shm /dev/shm
	mount -t devpts pts /dev/pts
	mount -t cgroup2 cgroup /sys/fs/cgroup
	clang -O2 -g -target bpf -mcpu=v2 -D__TARGET_ARCH_x86 -I bpf/include -I /usr/include/x86_64-linux-gnu -c bpf/hello.bpf.c -o hello.o
}

# Runs a step, unless it was done before the machine was started again. The disk must have
# what is known, should the machine end at once.
measure() {
	! grep -qs "^$1 " "$out/steps" || return 0
	step "$@"
	sync
}

doctors() {
	measure doctor-none ./bpflab doctor
	measure modprobe modprobe kvm_amd nested=1
	modprobe kvm_amd nested=1
	measure doctor-rights setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/tmp/nobody XDG_CACHE_HOME=/tmp/nobody ./bpflab doctor
	measure doctor-silent silent ./bpflab doctor
	measure doctor-kvm ./bpflab doctor
}

# Runs a command whose QEMU sleeps where it is to use KVM, as some hosts' nested KVM does, and
# which has a cache of its own.
silent() {
	mkdir -p /tmp/silent
	cat >/tmp/silent/qemu-system-x86_64 <<-'SCRIPT'
		#!/bin/sh
		case " $* " in *" kvm "*) exec sleep 100000 ;; esac
		exec /usr/bin/qemu-system-x86_64 "$@"
	SCRIPT
	chmod 755 /tmp/silent/qemu-system-x86_64
	PATH=/tmp/silent:$PATH XDG_CACHE_HOME=/tmp/silent "$@"
}

run() {
	local name=$1
	shift
	measure "$name" ./bpflab run "$@" --json "$out/$name.json"
}

# Stops a machine while a command runs in it: alive and silent.
hang() {
	./bpflab exec --kernel "$1" -- sh -c 'echo started; sleep 100000' >/tmp/hang &
	local bpflab=$!
	until grep -q started /tmp/hang; do
		kill -0 "$bpflab" || return 99
		sleep 1
	done
	# The machine's process, and the one that is held for the next.
	local pid
	for pid in $(busybox pidof qemu-system-x86_64); do
		kill -STOP "$pid"
	done
	wait "$bpflab"
}

tests() {
	BPFLAB_TEST_KERNEL=$1 ./qemu.test -test.v -test.run "$2"
}

# What takes long enough to be done on one kernel alone.
once() {
	measure "hang-$1" hang "$1"
	measure "ends-$1" tests "$1" "$TESTS_ONCE"
	# Emulated twice, hello takes a quarter of an hour: how a machine starts is asked here.
	run "tcg-cold-$1" ./start.md --kernel "$1" --cold --accel tcg
	run "tcg-template-$1" ./start.md --kernel "$1" --accel tcg
	run "tcg-fork-$1" ./start.md --kernel "$1" --accel tcg
}

each() {
	run "hello-cold-$1" hello --kernel "$1" --cold
	run "panic-$1" ./panic.md --kernel "$1" --retries 0
	measure "tests-$1" tests "$1" "$TESTS"
}

{
	prepare
	doctors
	for kernel in $KERNELS; do
		run "hello-template-$kernel" hello --kernel "$kernel"
		run "hello-fork-$kernel" hello --kernel "$kernel"
		[ "${SHORT:-}" = 1 ] || each "$kernel"
	done
	if [ "${SHORT:-}" != 1 ]; then
		measure verify ./bpflab verify hello.o --kernel "${KERNELS// /,}"
		once "$ONCE"
	fi
	dmesg >"$out/dmesg"
} 2>&1 </dev/null

echo finished
sync
busybox poweroff -f
