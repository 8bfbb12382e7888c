#!/bin/sh
# Reads its input, writes to both outputs and to its artifacts, ends as told.
read -r line
echo "out $line $(uname -r)"
echo "err $2" >&2
echo "kept" >"$BPFLAB_ARTIFACTS/kept.txt"
exit "$1"
