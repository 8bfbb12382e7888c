#!/usr/bin/env bash
# Runs in a bare system (ci/bare.sh), in a clone: what `make test-hosts` wants to know of
# it. Each step leaves its output and a line "name status seconds" in steps in /out.
#
# ROUNDS says how often starts, warm and cold, are measured, CLANGS which versions of clang are
# tried by name, and FULL=1 runs `make test` instead of the tests that boot nothing. /out/4.19
# has a kernel to import, where the caller has one, and /out/gocache what other systems have
# compiled of the tests.
set -uo pipefail

out=/out
. ci/steps/steps.sh

kernels=default
echo "$(. /etc/os-release && echo "$PRETTY_NAME")" >/out/system

# The README's first command, on a system that lacks everything, and then with it.
step lab-hello make lab-hello
[ -x bin/bpflab ] || exit 1
qemu-system-x86_64 --version | head -n 1 >/out/qemu
clang --version | head -n 1 >/out/clang
step doctor bin/bpflab doctor
if [ -d /out/4.19 ]; then
	step import bin/bpflab kernels import /out/4.19/vmlinuz --modules "$(echo /out/4.19/lib/modules/*)" --name 4.19
	kernels=default,local:4.19
fi

# Each machine is a fork: the first of its kind makes the template.
step labs bin/bpflab run --all --kernel "$kernels" --json /out/labs.json
step starts go run ./ci/bench -only starts -rounds "${ROUNDS:-3}" -json /out/starts.json
for round in $(seq "${ROUNDS:-3}"); do
	step "hello-warm-$round" bin/bpflab run hello --json "/out/hello-warm-$round.json"
	step "hello-cold-$round" bin/bpflab run hello --cold --json "/out/hello-cold-$round.json"
done

# Each clang of CLANGS, with no other beside it, so that bpflab finds it by its own name.
export DEBIAN_FRONTEND=noninteractive
for version in ${CLANGS:-}; do
	apt-get purge -qq -y clang '^clang-[0-9]+$' >/dev/null 2>&1
	apt-get install -qq -y --no-install-recommends "clang-$version" >"/out/clang-$version.apt" 2>&1
	apt-get clean
	step "clang-$version" bin/bpflab run --all --kernel "$kernels" --json "/out/clang-$version.json"
done

if [ "${FULL:-}" = 1 ]; then
	step tests make test
else
	GOCACHE=/out/gocache step tests go test -count=1 ./...
fi
exit 0
