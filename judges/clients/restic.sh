#!/usr/bin/env bash
# restic: init, backup, check with all data read, a second snapshot, forget and prune, restore.
source "$(dirname "$0")/common.sh"

export RESTIC_PASSWORD=judge RESTIC_REPOSITORY=s3:$AWS_ENDPOINT_URL/$bucket/repository
aws s3 mb "s3://$bucket"
restic --quiet init
mkdir -p tree/a
head -c 30000000 /dev/urandom > tree/large
echo one > tree/a/one
restic --quiet backup tree
echo two > tree/a/two
restic --quiet backup tree
restic --quiet check --read-data
restic --quiet forget --keep-last 1 --prune
restic --quiet check --read-data
restic --quiet restore latest --target restored
diff -r tree restored/tree || diff -r tree "restored$PWD/tree" || fail "the restored tree differs"
aws s3 rb --force "s3://$bucket" > /dev/null
