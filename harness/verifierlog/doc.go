// Package verifierlog counts what the verifier's log of instructions says of a program: how
// often each instruction was processed, and from which chain of calls. A log of a million
// instructions has hundreds of megabytes; a Counter takes it piece by piece, and keeps only the
// counts.
//
// The formats are those of kernels 4.19 to 7.3: do_check, is_state_visited and
// print_verification_stats of kernel/bpf/verifier.c, with log level 1 or 2. A line of a processed
// instruction is
//
//	12: (b7) r0 = 0
//
// and where the verifier comes to a state that it knows, it does not process the instruction
// again but counts it all the same (insn_processed):
//
//	12: safe
//	from 3 to 12: safe
//
// The two together are the N of "processed N insns". Kernels from 5.8 on take back the log of a
// path that is done at level 1 (bpf_vlog_reset), so there only level 2 has all of them.
package verifierlog
