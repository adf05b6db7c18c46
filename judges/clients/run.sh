#!/usr/bin/env bash
# Runs each client here against one server, and says which passed.
#
#     AWS_ENDPOINT_URL=.. AWS_ACCESS_KEY_ID=.. AWS_SECRET_ACCESS_KEY=.. run.sh [NAME..]
#
# AWS names the aws command, PYTHON a Python with boto3, NODE_PATH a folder with the packages of
# package.json, WARDIAN the wardian command; s3cmd is looked for beside PYTHON first. A client that is
# not installed fails its script: rclone and restic are Debian's. Where faketime is not installed (also
# Debian's), or WARDIAN names nothing, what needs them is skipped.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
unset AWS_CA_BUNDLE AWS_PROFILE # what is judged is reached over plain http, with these keys
export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-us-east-1} AWS_PAGER=
PYTHON=${PYTHON:-python3} PATH=$(dirname "${PYTHON:-python3}"):$PATH
passed=0 failed=0
for script in "$here"/*; do
    name=$(basename "$script")
    case $name in run.sh | common.sh | *.json | *.txt) continue ;; esac
    (($#)) && [[ " $* " != *" ${name%.*} "* ]] && continue
    case $name in
    *.py) runner=$PYTHON ;;
    *.js) runner=node ;;
    *) runner=bash ;;
    esac
    said=$("$runner" "$script" 2>&1)
    status=$?
    if ((status == 0)); then
        echo "passed  $name"
        passed=$((passed + 1))
    elif ((status == 77)); then
        echo "skipped $name: $(echo "$said" | tail -1)"
    else
        echo "FAILED  $name"
        echo "$said" | tail -15 | sed 's/^/        /'
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
((failed == 0))
