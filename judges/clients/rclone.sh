#!/usr/bin/env bash
# rclone: copy, sync, check, multipart, server-side copy, lsf, cat, purge.
source "$(dirname "$0")/common.sh"

cat > rclone.conf <<EOF
[w]
type = s3
provider = Other
access_key_id = $AWS_ACCESS_KEY_ID
secret_access_key = $AWS_SECRET_ACCESS_KEY
endpoint = $AWS_ENDPOINT_URL
region = us-east-1
acl = bucket-owner-full-control
EOF
r() { rclone --config rclone.conf --quiet "$@"; }

r mkdir "w:$bucket"
mkdir -p tree/a/b
head -c 20000000 /dev/urandom > tree/large
echo one > 'tree/a/one & ü'
echo two > tree/a/b/two
r sync --s3-upload-cutoff 5M --s3-chunk-size 5M tree "w:$bucket/tree"
r check tree "w:$bucket/tree"
r copy "w:$bucket/tree" again
diff -r tree again || fail "the tree came back otherwise"
r copyto "w:$bucket/tree/large" "w:$bucket/copy"
r cat "w:$bucket/copy" | cmp - tree/large
[[ $(r lsf -R --files-only "w:$bucket" | wc -l) == 4 ]] || fail "lsf does not list 4 files"
rm tree/a/b/two
r sync tree "w:$bucket/tree"
r check tree "w:$bucket/tree"
r purge "w:$bucket"
[[ -z $(r lsf w: | grep "$bucket") ]] || fail "the bucket outlived its purge"
