#!/usr/bin/env bash
# Writes digests that name what a job's cache holds to $GITHUB_OUTPUT: `lock` of the lock
# file, and of the job's own if it has one; `kernels` of KERNELS, for a cache's key takes
# no comma. hashFiles() sees nothing outside of the workspace, where bpflab's lock file is.
set -euo pipefail

digest() { sha256sum | cut -d ' ' -f 1; }

here=$(dirname "${BASH_SOURCE[0]}")
locks=("$here/../vms/kernels.lock")
if [ -e kernels.lock ]; then locks+=(kernels.lock); fi
{
	echo "lock=$(cat -- "${locks[@]}" | digest)"
	echo "kernels=$(printf %s "${KERNELS:-default}" | digest)"
} >>"$GITHUB_OUTPUT"
