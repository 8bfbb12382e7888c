// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Nothing to begin with: this lab is a test.
char LICENSE[] __attribute__((section("license"), used)) = "Dual BSD/GPL";
