// Types of a kernel that has no BTF, as far as core.bpf.c asks for them.
struct task_struct {
	long state[100];
	int pid;
} init_task;
