#!/usr/bin/env bash
# s3cmd: put, get, multipart, sync, cp, mv, info, signurl, del.
source "$(dirname "$0")/common.sh"

cat > s3cfg <<EOF
[default]
access_key = $AWS_ACCESS_KEY_ID
secret_key = $AWS_SECRET_ACCESS_KEY
host_base = $host
host_bucket = $host
use_https = False
EOF
s3() { s3cmd --config s3cfg --no-progress --quiet "$@"; }

s3 mb "s3://$bucket"
# Its cp copies the list of the source, which a bucket without lists refuses.
s3 setownership "s3://$bucket" ObjectWriter
head -c 20000000 /dev/urandom > large
s3 put --multipart-chunk-size-mb=5 large "s3://$bucket/large"
s3 get "s3://$bucket/large" back
same large back
mkdir -p tree/a
echo one > tree/one
echo two > 'tree/a/two ü'
s3 sync tree/ "s3://$bucket/tree/"
mkdir again
s3 sync "s3://$bucket/tree/" again/
diff -r tree again || fail "the tree came back otherwise"
s3 cp "s3://$bucket/tree/one" "s3://$bucket/uno"
s3 mv "s3://$bucket/uno" "s3://$bucket/eins"
[[ $(s3cmd --config s3cfg ls "s3://$bucket/eins" | wc -l) == 1 ]] || fail "nothing was moved"
[[ $(s3cmd --config s3cfg info "s3://$bucket/eins") == *'MD5 sum'* ]] || fail "info says no MD5"
s3 del --recursive --force "s3://$bucket"
s3 rb "s3://$bucket"
