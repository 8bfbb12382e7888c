#!/bin/sh
# At log level 2 Linux 7.3 prints the whole program three times before it walks it, and the lines look like those
# of the walk: index, opcode in parentheses, text. They have all instructions, those that no path reaches as
# well, and "processed N insns" counts none of them. What counts lines such as "2: (b7) r0 = 2" to see where the
# verifier's work goes, or looks for the first or the last of an instruction, finds four of one that was walked once
# and three of one that never was. On 6.12 each such line is an instruction that was processed. Only the
# headings before the lists ("subprog#0:", "stack use/def subprog#0 (d0,cs0):", "Live regs before insn:") and their
# indentation tell them apart.
# And the program that it prints is not the one that it was given: a conditional jump on a constant is decided before
# the walk and written into the program, so that the log of 7.3 has "1: (05) goto pc+1" where the program, and the log of
# 6.12, have "1: (15) if r0 == 0x1 goto pc+1". What looks there for the two sides of the jump finds another opcode.
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

# lines FILE INDEX counts the lines that show an instruction.
lines() { grep -cE "^ *$2: (\S+ )?\([0-9a-f]{2}\)" "$1" || true; }
for log in trixie.log trixie-backports.log; do
	echo "$log: instruction 0 $(lines $log 0) times, 2 $(lines $log 2) times; $(grep -o 'processed [0-9]* insns' $log)"
done
[ "$(lines trixie.log 0)" = 1 ] && [ "$(lines trixie.log 2)" = 0 ]
[ "$(lines trixie-backports.log 0)" = 4 ] && [ "$(lines trixie-backports.log 2)" = 3 ]
grep 'processed 3 insns' trixie-backports.log

grep -F '1: (15) if r0 == 0x1 goto pc+1' trixie.log
[ "$(grep -cF '(15)' trixie-backports.log)" = 0 ]
grep -F '1: (05) goto pc+1' trixie-backports.log
