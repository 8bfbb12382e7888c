#!/usr/bin/env bash
# Opens a pull request with a file that has changed, or renews the one that is open:
#
#	ci/propose.sh BRANCH FILE TEXT
#
# TEXT is a file with what the change is about. An unchanged FILE needs none. It calls git and gh,
# whose token is in GH_TOKEN.
set -euo pipefail
branch=$1 file=$2 text=$3

if git diff --quiet -- "$file"; then
	echo "$file has not changed"
	exit
fi
git -c user.name=bpflab -c user.email=bpflab@users.noreply.github.com commit -q -m "$(basename "$file"): newer versions" -m "$(cat "$text")" -- "$file"
git push -q --force origin "HEAD:refs/heads/$branch"
if [ -z "$(gh pr list --head "$branch" --state open --json number --jq '.[].number')" ]; then
	gh pr create --head "$branch" --title "$(basename "$file"): newer versions" --body-file "$text"
else
	gh pr edit "$branch" --body-file "$text"
fi
