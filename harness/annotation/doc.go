// Package annotation reads what an object says is expected of its programs, and judges what was
// seen of them. The expectations are those of the kernel's own tests
// (tools/testing/selftests/bpf/progs/bpf_misc.h): declaration tags of BTF that begin with
// "comment:", and in addition tags that hold on some kernels only, of bpf/include/bpflab_expect.h.
//
// Messages, their order and their patterns are judged as the kernel's runner does
// (tools/testing/selftests/bpf/test_loader.c). It differs in what it does not take: a tag that it
// does not know, a value that is none, and tags that contradict each other are errors.
package annotation
