#!/bin/sh
# A program with 8193 branches open at one time is too complex for the verifier, which
# says so in its log on every kernel. But the error of bpf(2) is EFAULT, "Bad address", on
# Linux 6.1 (the same as for a bad pointer in the attributes), and E2BIG on 6.12. A loader
# that shows errno alone sends its user to look for a wrong pointer.
# Both take 8192 branches.
#
# Boots two of Debian 12's kernels in QEMU (no KVM, no root) with a static program as init.
# Needs: apt with the sources of Debian 12 and its backports or security archive,
# dpkg-deb, qemu-system-x86, gcc, libc6-dev, linux-libc-dev, cpio. Fails if the behaviour
# changes.
set -eu
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT && cd "$tmp"

cat >init.c <<'C'
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static char complaint[1 << 20];

/* load loads a socket filter of `branches` conditional jumps, none of which can be
 * decided, and returns errno. */
static int load(int branches)
{
	struct bpf_insn *prog = calloc(branches + 3, sizeof(*prog));
	union bpf_attr attr;
	int n = 0;

	prog[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_prandom_u32 };
	for (int i = 0; i < branches; i++)
		prog[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .imm = i + 1 };
	prog[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 };
	prog[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (unsigned long)prog;
	attr.insn_cnt = n;
	attr.license = (unsigned long)"GPL";
	attr.log_level = 4; /* no line for each instruction */
	attr.log_buf = (unsigned long)complaint;
	attr.log_size = sizeof(complaint);
	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)) < 0 ? errno : 0;
}

int main(void)
{
	struct utsname u;

	uname(&u);
	for (int n = 8192; n <= 8193; n++) {
		int err = load(n);
		printf("SEEN %s: %d branches: %s: %.60s\n", u.release, n, err ? strerror(err) : "taken", err ? complaint : "\n");
	}
	fflush(stdout);
	reboot(RB_POWER_OFF);
}
C
gcc -O2 -static -o init init.c
echo init | cpio -o -H newc --quiet >initrd

boot() { # boots the kernel of package $1, version $2
	apt-get download -qq "$1=$2" 2>/dev/null
	dpkg-deb -x "$1"_*.deb "$1"
	timeout 120 qemu-system-x86_64 -accel tcg -m 512 -nographic -no-reboot -kernel "$1"/boot/vmlinuz-* -initrd initrd \
		-append 'console=ttyS0 quiet panic=-1' </dev/null | tr -d '\r' | sed -n 's/.*SEEN //p'
}
old=$(boot linux-image-6.1.0-56-cloud-amd64 6.1.192-2)
new=$(boot linux-image-6.12.117+deb12-cloud-amd64 6.12.117-1~deb12u1)
printf '%s\n' "$old" "$new"
expect() { # fails unless $1 has a line that matches $2
	printf '%s\n' "$1" | grep -q "$2" || { echo "changed: no line has \"$2\""; exit 1; }
}
expect "$old" '8192 branches: taken'
expect "$old" '8193 branches: Bad address: The sequence of 8193 jumps is too complex'
expect "$new" '8192 branches: taken'
expect "$new" '8193 branches: Argument list too long: The sequence of 8193 jumps is too complex'
