// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* Annotations that nobody can judge by. */
#include "expect.h"
#include "../../../../bpf/include/bpflab_expect.h"

SEC("socket") TAG("test_expect_sucess")
__naked int unknown_tag(void) { A("r0 = 0; exit;"); }

SEC("socket") __retval(seven)
__naked int no_number(void) { A("r0 = 0; exit;"); }

SEC("socket") __msg("a{{b")
__naked int open_pattern(void) { A("r0 = 0; exit;"); }

SEC("socket") bpflab_failure("<5")
__naked int no_range(void) { A("r0 = 0; exit;"); }
