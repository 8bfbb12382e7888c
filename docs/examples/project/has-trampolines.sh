# Succeeds where the kernel can run fentry programs.
grep -q bpf_trampoline /proc/kallsyms
