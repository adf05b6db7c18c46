# What every script here starts from: strict mode, a scratch directory, and a fresh bucket name.
#
# The caller gives AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION and
# AWS (the aws command to judge). A script that ends with status 0 has passed;
# one that ends with 77 was skipped.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

export HOME=$scratch AWS_CONFIG_FILE=$scratch/config AWS_SHARED_CREDENTIALS_FILE=$scratch/credentials
bucket=judge-$(basename "$0" .sh)-$$
host=${AWS_ENDPOINT_URL#*://}

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# skip REASON: what this script needs is not here.
skip() {
    echo "$*"
    exit 77
}

# aws CLI v2 before 2.13 does not read AWS_ENDPOINT_URL.
aws() {
    "${AWS:-aws}" --endpoint-url "$AWS_ENDPOINT_URL" "$@"
}

# same FILE FILE
same() {
    cmp "$1" "$2" || fail "$1 and $2 differ"
}

# refused TEXT COMMAND..: the command fails and says TEXT.
refused() {
    local text=$1 said
    shift
    if said=$("$@" 2>&1); then fail "was not refused: $*"; fi
    [[ $said == *"$text"* ]] || fail "said '$said', not '$text'"
}
