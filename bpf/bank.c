// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//go:build ignore

// A bank with one account: the program that the lab uprobes watches. Nothing in it
// knows of eBPF.
#include "start.h"

static long balance = 100;

static long least = 100; /* that the account ever held */

static void note_least(long left)
{
	if (left < least)
		least = left;
}

/* withdraw takes an amount from the account, and returns what is left, or -1. */
long withdraw(long amount)
{
	if (amount > balance)
		return -1;
	balance -= amount;
	note_least(balance);
	return balance;
}

static long number(const char *digits)
{
	long n = 0;

	while (*digits >= '0' && *digits <= '9')
		n = 10 * n + (*digits++ - '0');
	return n;
}

/* Each argument is an amount to be withdrawn. */
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		print(withdraw(number(argv[i])) < 0 ? "refused\n" : "paid\n");
	return 0;
}
