// SPDX-License-Identifier: Apache-2.0
/* Variables of all kinds that a preset can set, and some that it cannot. */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int pid_t;

#define SEC(name) __attribute__((section(name)))

enum mode { MODE_OFF, MODE_FAST = 3, MODE_SLOW = 7 };
enum sign { SIGN_MINUS = -5, SIGN_PLUS = 5 };
enum wide { WIDE_ONE = 1, WIDE_ALL = 0x8000000000000001ull };

const volatile pid_t targ_pid = 0;
const volatile __u32 targ_uid = (__u32)-1;
const volatile __u8 small = 1;
const volatile signed char tiny = -1;
const volatile short half = 2;
const volatile __u64 large = 3;
const volatile long long deep = -3;
const volatile _Bool filter = 0;
const volatile char letter = 'a';
const volatile enum mode mode = MODE_FAST;
const volatile enum sign sign = SIGN_PLUS;
const volatile enum wide wide = WIDE_ONE;
const volatile char name[8] = "init";
const volatile __u8 bytes[4] = { 1, 2, 3, 4 };
const volatile __u16 table[5] = { 1, 2, 3, 4, 5 };
const volatile int grid[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
const volatile enum mode modes[8] = { MODE_OFF };
const volatile float ratio = 1.5;
const int folded = 42;
static volatile const int hidden = 9;

struct inner {
	__u16 port;
	union {
		__u32 word;
		__u8 parts[4];
	};
};

const volatile struct config {
	__u8 mode;
	_Bool on;
	__u16 ports[3];
	struct inner in[2];
	enum mode fast;
	int low : 3;
	__u32 mid : 9;
	__u32 high : 12;
	const char *text;
} cfg =
#ifdef CFG
	CFG;
#else
	{ .mode = 1, .ports = { 80, 443, 8080 }, .low = -1, .mid = 300, .high = 1000 };
#endif

const volatile int apart SEC(".rodata.apart") = 1;
int written = 5;
int counted;
__u64 counters[3];
int elsewhere SEC(".data.elsewhere") = 6;
extern int LINUX_KERNEL_VERSION SEC(".kconfig");

SEC("socket") int reads(void *ctx)
{
	int sum = targ_pid + targ_uid + small + tiny + half + large + deep + filter + letter + mode + sign + wide + hidden + apart + folded;

	for (int i = 0; i < 2; i++)
		sum += name[i] + bytes[i] + table[i] + grid[i][i] + modes[i] + cfg.ports[i];
	written += sum;
	counted += sum;
	counters[1] += sum;
	elsewhere += sum;
	return sum + cfg.mode + cfg.low + cfg.mid + cfg.high + LINUX_KERNEL_VERSION;
}

char _license[] SEC("license") = "GPL";
