#!/bin/sh
# A read of a Unix socket of type SOCK_SEQPACKET that does not block may return 0, the end, while the
# peer's last message is still to come; the next read returns that message. The kernel looks whether
# the queue has a message, and when it has none, whether the other end is closed. A peer that sends
# and closes between the two looks is taken for one that closed without a word (__unix_dgram_recvmsg
# in net/unix/af_unix.c, where the comment says "Signal EOF on disconnected non-blocking SEQPACKET
# socket"; streams hold the lock over both looks). Every read of Go's net package and of any event
# loop is one that does not block: a client of a server that answers and hangs up now and then gets no
# answer, more often where processors are slow. Linux 6.18.44 tried: the first such round was the 618th,
# the 9,515th, the 23,156th, the 58,746th and the 73,182nd.
#
# Needs: a C compiler, two processors, a minute or two. Fails if no round in ten million shows it.
set -eu
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT && cd "$tmp"
cat >race.c <<'C'
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 10000000

static int ends[2];
static pthread_barrier_t turn;

/* answers sends one message on each connection and closes it, now sooner and now later. */
static void *answers(void *unused)
{
	for (int round = 0;; round++) {
		pthread_barrier_wait(&turn);
		for (volatile int pause = 0; pause < round % 400; pause++)
			;
		send(ends[1], "m", 1, 0);
		close(ends[1]);
		pthread_barrier_wait(&turn);
	}
	return unused;
}

/* asks reads until there is something, and returns 1 if that was the end, before the message. */
static int asks(void)
{
	char message;
	ssize_t first;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
		abort();
	pthread_barrier_wait(&turn);
	do
		first = recv(ends[0], &message, 1, MSG_DONTWAIT);
	while (first < 0 && errno == EAGAIN);
	pthread_barrier_wait(&turn);
	int early = first == 0 && recv(ends[0], &message, 1, MSG_DONTWAIT) == 1;
	close(ends[0]);
	return early;
}

int main(void)
{
	pthread_t other;

	pthread_barrier_init(&turn, NULL, 2);
	if (pthread_create(&other, NULL, answers, NULL))
		return 2;
	for (int round = 1; round <= MOST; round++)
		if (asks()) {
			printf("round %d: the end came before the message\n", round);
			return 0;
		}
	printf("%d rounds: the message always came first\n", MOST);
	return 1;
}
C
cc -O2 -pthread -o race race.c
uname -r
timeout 600 ./race
