// A dynamic program: it ends as its arguments say.
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "signal"))
		raise(atoi(argv[2]));
	while (argc > 1 && !strcmp(argv[1], "memory"))
		memset(malloc(1 << 20), 1, 1 << 20);
	printf("cos %.1f\n", cos(argc - argc));
	return argc > 1 ? atoi(argv[1]) : 0;
}
