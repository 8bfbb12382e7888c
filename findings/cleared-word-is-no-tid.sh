#!/bin/sh
# The word that the kernel clears at a thread's end (set_tid_address(2), read back by
# prctl(PR_GET_TID_ADDRESS), which is there for checkpoint and restore) was the thread's number in every
# glibc since 2003: what restores or copies a process passes that address to
# clone(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID), as glibc's own fork(3) did. From glibc 2.43
# on (Debian sid's 2.43-7 tried, beside 2.36-9+deb12u14 and 2.41) it is another word, a state of the thread that
# is not 0 while it lives. SETTID there writes a number over that state, and the thread's real
# number, which pthread_kill(3) and recursive mutexes use, stays that of the process that was copied.
#
# Needs: curl, xz, dpkg-deb, a C compiler, Linux 3.5 or newer on x86-64, and a mirror of Debian: MIRROR,
# else the first that apt is configured with. Fails if the behaviour changes.
set -eu
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT && cd "$tmp"
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | sed -n '1s,/$,,p')}
: "${mirror:?set MIRROR to the address of a mirror of Debian}"

cat >ask.c <<'C'
#define _GNU_SOURCE
#include <gnu/libc-version.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(void)
{
	int *word = NULL;

	if (prctl(PR_GET_TID_ADDRESS, &word, 0, 0, 0)) {
		perror("PR_GET_TID_ADDRESS");
		return 2;
	}
	printf("glibc %s: %s\n", gnu_get_libc_version(),
	       *word == gettid() ? "the number" : *word ? "something else" : "nothing");
	return 0;
}
C
cc -o ask ask.c

# answer SUITE runs the program with the C library that a suite has now.
answer() {
	file=$(curl -fsS "$mirror/dists/$1/main/binary-amd64/Packages.xz" | xz -dc |
		awk -v RS= '/^Package: libc6\n/' | sed -n 's/^Filename: //p' | tail -n 1)
	curl -fsS -o "$1.deb" "$mirror/$file"
	dpkg-deb -x "$1.deb" "$1"
	libc=$(dirname "$(find "$1" -name libc.so.6)")
	"$libc/ld-linux-x86-64.so.2" --library-path "$libc" ./ask
}

answer bookworm | tee old
answer trixie | tee middle
answer sid | tee new
grep 'glibc 2.36: the number' old
grep 'the number' middle
grep 'something else' new
