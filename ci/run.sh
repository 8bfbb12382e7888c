#!/usr/bin/env bash
# Runs labs in a CI job, as the environment says: LABS (names with spaces or lines between
# them; none is all), KERNELS (with commas), BUDGET (minutes), ARGS (one a line), DIR (for the
# results). Values are data here, never text of a command. The exit status is bpflab's,
# or 124 where the budget is used up.
set -euo pipefail

read -r -d '' -a labs <<<"${LABS:-}" || true # which the end of the text makes of it
args=()
while IFS= read -r line; do
	if [ -n "$line" ]; then args+=("$line"); fi
done <<<"${ARGS:-}"
case ${BUDGET:=30} in
0* | *[!0-9]*) echo "budget: want a number of minutes, not '$BUDGET'" >&2 && exit 2 ;;
esac
if [ "${#labs[@]}" -eq 0 ]; then args+=(--all); fi

case $DIR in
*$'\n'*) echo "the directory's name has a line break" >&2 && exit 2 ;;
esac
mkdir -p -- "$DIR"
if [ -n "${GITHUB_OUTPUT:-}" ]; then echo "result=$DIR/result.json" >>"$GITHUB_OUTPUT"; fi
# SIGINT has bpflab clean up and write what it has.
exec timeout --signal=INT --kill-after=60s "${BUDGET}m" \
	bpflab run --kernel "${KERNELS:-default}" --dir "$DIR" ${args[@]+"${args[@]}"} -- ${labs[@]+"${labs[@]}"}
