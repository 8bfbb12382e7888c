// Package limits measures the limits of kernels' verifiers: generated programs of
// growing size are loaded until one is rejected, and the boundary is found by
// bisection. What is reported was tried: the largest size that was accepted, the
// smallest that was rejected, and what the kernel said to that.
//
// A rejection counts only if it is of the limit that was meant: each limit names
// the words of kernel/bpf/verifier.c that name it. Locked memory is lifted, signals
// are blocked, logs are as large as a kernel takes them (package probe), and a
// machine has memory enough.
package limits
