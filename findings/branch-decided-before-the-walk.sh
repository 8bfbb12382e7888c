#!/bin/sh
# Linux 7.3 decides a conditional jump on a constant before it walks the program, and writes the decision into
# the program first: the verifier's log of 7.3 has "1: (05) goto pc+1" where the program that was given, and
# the log of 6.12, have "1: (15) if r0 == 0x1 goto pc+1". So the log shows an instruction that is not in the
# object, with another opcode, and a jump whose two sides somebody looks for in the log (coverage, complexity
# by line, "why was this branch not taken") never was one there.
#
# Boots Debian's kernels in QEMU (no KVM, no root) with a static program as init. Needs: curl, xz, dpkg-deb, cpio, gcc,
# libc6-dev, linux-libc-dev, qemu-system-x86_64, and a mirror of Debian: MIRROR, else the first that apt is
# configured with. Fails if the behaviour changes.
set -eu
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT && cd "$tmp"
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | sed -n '1s,/$,,p')}
: "${mirror:?set MIRROR to the address of a mirror of Debian}"

cat >init.c <<'C'
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

static char text[1 << 16];

int main(void)
{
	struct bpf_insn prog[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .imm = 1, .off = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 2 }, /* never reached */
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (unsigned long)prog;
	attr.insn_cnt = sizeof(prog) / sizeof(*prog);
	attr.license = (unsigned long)"GPL";
	attr.log_level = LEVEL;
	attr.log_buf = (unsigned long)text;
	attr.log_size = sizeof(text);
	printf("SEEN %s\n", syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)) < 0 ? "refused" : "taken");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		printf("SEEN %s\n", line);
	fflush(stdout);
	reboot(RB_POWER_OFF);
}
C
gcc -O2 -static -DLEVEL=2 -o init init.c
echo init | cpio -o -H newc --quiet >initrd

# boot SUITE PACKAGE boots the newest kernel of a suite whose package is named so (a pattern), and leaves the
# log in PACKAGE's version.
boot() {
	file=$(curl -fsS "$mirror/dists/$1/main/binary-amd64/Packages.xz" | xz -dc |
		awk -v RS= "/^Package: $2\n/" | sed -n 's/^Filename: //p' | sort -V | tail -n 1)
	echo "== ${file##*/}"
	curl -fsS -o "$1.deb" "$mirror/$file" && dpkg-deb -x "$1.deb" "$1"
	timeout 300 qemu-system-x86_64 -accel tcg -m 512 -nographic -no-reboot -kernel "$(find "$1" -type f -name "vmlinuz*")" -initrd initrd \
		-append 'console=ttyS0 quiet panic=-1' </dev/null | tr -d '\r' | sed -n 's/.*SEEN //p' | tee "$1.log"
	grep -q '^taken' "$1.log"
}
boot trixie 'linux-image-6\.12\.[0-9]+\+deb13-cloud-amd64'
boot trixie-backports 'linux-binary-7\.3\.[0-9]+\+deb13-cloud-amd64'
grep -F '1: (15) if r0 == 0x1 goto pc+1' trixie.log
[ "$(grep -cF '(15)' trixie-backports.log)" = 0 ]
grep -F '1: (05) goto pc+1' trixie-backports.log
