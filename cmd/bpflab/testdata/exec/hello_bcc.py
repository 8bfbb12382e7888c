#!/usr/bin/env python3
# A first program with BCC: it says who reads a directory.
import subprocess

from bcc import BPF

PROGRAM = r"""
int reads_directory(void *ctx)
{
    bpf_trace_printk("a directory is read\n");
    return 0;
}
"""

bpf = BPF(text=PROGRAM)
bpf.attach_kprobe(event=bpf.get_syscall_fnname("getdents64"), fn_name="reads_directory")
subprocess.run(["ls", "/"], stdout=subprocess.DEVNULL, check=True)
task = b""
while task != b"ls":  # others read directories, too
    task, pid, cpu, flags, when, message = bpf.trace_fields()
print(task.decode(), message.decode())
