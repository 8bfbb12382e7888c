// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* Annotations that contradict each other, the second ones on old kernels. */
#include "expect.h"
#include "../../../../bpf/include/bpflab_expect.h"

#ifndef ONLY_RANGES
SEC("socket") __success __failure
__naked int both(void) { A("r0 = 0; exit;"); }
#endif

SEC("socket") bpflab_failure("<6.0") bpflab_success(">=5.3 <6.2")
__naked int overlap(void) { A("r0 = 0; exit;"); }
