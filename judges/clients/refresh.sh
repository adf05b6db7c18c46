#!/usr/bin/env bash
# boto3 with `wardian credentials` as its credential_process, while time passes: the server's clock is
# moved past the session's end and the client's clock along with it, so far as a signature's date may
# be off. The client must ask for another session by itself, and go on.
source "$(dirname "$0")/common.sh"

wardian=${WARDIAN:-$(command -v wardian || true)}
command -v faketime > /dev/null || skip "faketime is not installed"
[[ -x $wardian ]] || skip "WARDIAN names no binary"
preload=$(faketime -f +0 printenv LD_PRELOAD)

account=$(aws sts get-caller-identity --query Account --output text)
role=judge-refresh-$$
aws iam create-user --user-name "$role" > /dev/null
aws iam put-user-policy --user-name "$role" --policy-name assume --policy-document '{"Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}'
read -r id secret < <(aws iam create-access-key --user-name "$role" --output text \
    --query 'AccessKey.[AccessKeyId, SecretAccessKey]')
aws iam create-role --role-name "$role" --assume-role-policy-document '{"Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "'"$account"'"}}}' > /dev/null

# The process itself keeps the machine's time; it says when it was asked.
cat > process << END
#!/bin/sh
unset LD_PRELOAD FAKETIME_TIMESTAMP_FILE
export AWS_ACCESS_KEY_ID=$id AWS_SECRET_ACCESS_KEY=$secret
echo asked >> $scratch/asked
exec $wardian credentials --role arn:aws:iam::$account:role/$role --session-name judge --duration-seconds 900
END
chmod +x process
printf '[profile session]\ncredential_process = %s\n' "$scratch/process" > config

cat > client.py << 'END'
import os, subprocess, sys
import boto3

clock, wardian = os.environ["FAKETIME_TIMESTAMP_FILE"], sys.argv[1]
session = boto3.Session(profile_name="session")
client = session.client("sts")
asked = lambda: len(open("asked").readlines())

first = client.get_caller_identity()["Arn"]
old = session.get_credentials().get_frozen_credentials()
assert client.get_caller_identity()["Arn"] == first and asked() == 1, "asked again while the session was good"

environment = {name: text for name, text in os.environ.items() if name not in ("LD_PRELOAD", "FAKETIME_TIMESTAMP_FILE")}
subprocess.run([wardian, "clock", "advance", "20m"], check=True, env=environment, stdout=subprocess.DEVNULL)
with open(clock, "w") as file:
    file.write("+13m\n")

assert client.get_caller_identity()["Arn"] == first, "another caller"
assert asked() == 2, f"asked {asked()} times"
new = session.get_credentials().get_frozen_credentials()
assert new.token != old.token, "the same session"
with open("old", "w") as file:
    file.write(f"{old.access_key}\n{old.secret_key}\n{old.token}\n")
END

echo '-13m' > clock
LD_PRELOAD=$preload FAKETIME_TIMESTAMP_FILE=$scratch/clock FAKETIME_NO_CACHE=1 \
    "${PYTHON:-python3}" client.py "$wardian"

# What it held before is good for nothing now.
{ read -r id; read -r secret; read -r token; } < old
export AWS_ACCESS_KEY_ID=$id AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token
refused ExpiredToken aws sts get-caller-identity
