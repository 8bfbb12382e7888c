# Sourced by scripts that run in another system, whose $out the caller reads with ci/steps.
# shellcheck shell=bash

# Runs a command, and leaves in $out what it printed (NAME.out, NAME.err) and a line with
# name, exit status and seconds in the file steps, which it prints as well.
step() {
	local name=$1 began=$EPOCHREALTIME status=0
	shift
	"$@" >"$out/$name.out" 2>"$out/$name.err" </dev/null || status=$?
	echo "$name $status $(awk "BEGIN { printf \"%.2f\", $EPOCHREALTIME - $began }")" | tee -a "$out/steps"
}
