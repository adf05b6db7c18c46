#!/usr/bin/env bash
# aws CLI: cp, sync, mv, rm, presign, and s3api with what it alone can say.
source "$(dirname "$0")/common.sh"

aws s3 mb "s3://$bucket"
head -c 20000000 /dev/urandom > large
echo small > 'ein Füller + %41.txt'

aws s3 cp --quiet large "s3://$bucket/deep/large"
aws s3 cp --quiet 'ein Füller + %41.txt' "s3://$bucket/"
aws s3 cp --quiet "s3://$bucket/deep/large" back
same large back
aws s3 cp --quiet "s3://$bucket/deep/large" "s3://$bucket/copy"
aws s3 cp --quiet - "s3://$bucket/stream" < large
aws s3 cp --quiet "s3://$bucket/stream" - | cmp - large
aws s3 mv --quiet "s3://$bucket/copy" "s3://$bucket/moved"
refused 404 aws s3api head-object --bucket "$bucket" --key copy

mkdir -p tree/a/b
for name in a/1 a/b/2 '3 three' 'a/ü&<>'; do echo "$name" > "tree/$name"; done
find tree -type f -exec touch -d "1 hour ago" {} +
aws s3 sync --quiet tree "s3://$bucket/tree"
[[ -z $(aws s3 sync tree "s3://$bucket/tree") ]] || fail "a second sync found something to do"
rm tree/a/1
aws s3 sync --quiet --delete tree "s3://$bucket/tree"
aws s3 sync --quiet "s3://$bucket/tree" again
diff -r tree again || fail "the tree came back otherwise"

url=$(aws s3 presign "s3://$bucket/deep/large" --expires-in 60)
curl -sSf "$url" -o presigned
same large presigned
[[ $(curl -s -o /dev/null -w '%{http_code}' "${url}x") == 403 ]] || fail "a changed signature was taken"

aws s3api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled
aws s3api put-object --bucket "$bucket" --key v --body tree/a/b/2 --tagging a=b --metadata m=n > /dev/null
aws s3api delete-object --bucket "$bucket" --key v > /dev/null
[[ $(aws s3api list-object-versions --bucket "$bucket" --prefix v --query 'length(DeleteMarkers)') == 1 ]] ||
    fail "no delete marker"
refused BucketNotEmpty aws s3api delete-bucket --bucket "$bucket"
aws s3api list-object-versions --bucket "$bucket" --output json \
    --query '{Objects: [Versions, DeleteMarkers][][].{Key: Key, VersionId: VersionId}}' > all.json
aws s3api delete-objects --bucket "$bucket" --delete file://all.json > /dev/null
aws s3 rb "s3://$bucket"
