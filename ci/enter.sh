# Sourced by scripts that make a bare root with ci/root.sh and run a command in it.
# shellcheck shell=bash

# $work is a directory that is removed at the end, also where the script is ended. All that runs
# inside ends before that; its mounts are those of a namespace that ends with it, and
# --one-file-system keeps out of any that is left.
work=$(mktemp -d "${TMPDIR:-/tmp}/$(basename "$0" .sh)-XXXXXX")
chmod 755 "$work"
inside=''
clean() {
	[ -z "$inside" ] || { kill -KILL "$inside" && wait "$inside"; } 2>/dev/null || true
	rm -rf --one-file-system "$work" || { sleep 1; rm -rf --one-file-system "$work"; }
}
trap clean EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

# Runs a command in a root, where some directories of this machine are mounted, and exits as it
# does. Nothing of the environment comes along but what `env -i` is given:
#
#   enter ROOT DIRECTORY:THERE... -- VARIABLE=VALUE... COMMAND...
enter() {
	local status=0
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --pid --fork --kill-child bash -euc '
		root=$1
		shift
		mount --bind "$root" "$root"
		for ((; $#; )); do
			dir=$1
			shift
			[ "$dir" != -- ] || break
			mkdir -p "$root${dir##*:}"
			mount --bind "${dir%%:*}" "$root${dir##*:}"
		done
		mount -t proc proc "$root/proc"
		mount -t sysfs sys "$root/sys"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs tmp "$root/tmp"
		exec chroot "$root" env -i "$@"
	' enter "$@" <&0 &
	inside=$!
	wait "$inside" || status=$?
	inside=''
	exit "$status"
}
