"""Random operations on a few keys by several threads, each printed as a line of JSON with its span.

    history.py load BUCKET SEED    until the server is gone
    history.py read BUCKET         each key once, in a quiet moment

A line is {"key", "call", "start", "end", "outcome"}: times are nanoseconds of one clock. A state of
a key is the ETag of its body, or null where there is no object; bodies are unique, so are ETags.
"end" is null where the answer never came.
"""

import hashlib
import json
import os
import random
import sys
import threading
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

THREADS = 8
KEYS = [f"key/{number}" for number in range(6)]
PRINTING = threading.Lock()


def main():
    command, bucket = sys.argv[1:3]
    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=THREADS, read_timeout=20)
    s3 = boto3.client("s3", config=config)
    if command == "read":
        for key in KEYS:
            record(key, {"read": None}, lambda: read(s3, bucket, key))
        return
    workers = [
        threading.Thread(target=work, args=(s3, bucket, random.Random(f"{sys.argv[3]} {number}")))
        for number in range(THREADS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def work(s3, bucket, dice):
    known = None
    while True:
        key = dice.choice(KEYS)
        # Both sides of the size up to which bodies stand inline.
        body = dice.randbytes(dice.choice([40, 3000, 60_000]))
        tag = hashlib.md5(body).hexdigest()
        kind = dice.choice(["put", "put", "create", "replace", "multipart", "delete", "copy", "list", "read"])
        if kind == "put":
            alive = record(key, {"write": tag}, lambda: put(s3, bucket, key, body))
        elif kind == "create":
            alive = record(key, {"create": tag}, lambda: put(s3, bucket, key, body, IfNoneMatch="*"))
        elif kind == "replace" and known:
            call = {"replace": {"old": known, "new": tag}}
            alive = record(key, call, lambda: put(s3, bucket, key, body, IfMatch=f'"{known}"'))
        elif kind == "multipart":
            alive = multipart(s3, bucket, key, body)
        elif kind == "delete":
            alive = record(key, {"write": None}, lambda: s3.delete_object(Bucket=bucket, Key=key) and "done")
        elif kind == "copy":
            alive = copy(s3, bucket, key, dice.choice(KEYS))
        elif kind == "list":
            alive = listing(s3, bucket)
        else:
            seen = []
            alive = record(key, {"read": None}, lambda: seen.append(read(s3, bucket, key)) or seen[0])
            known = seen[0] if seen else None
        if not alive:
            return


def put(s3, bucket, key, body, **conditions):
    s3.put_object(Bucket=bucket, Key=key, Body=body, **conditions)
    return "done"


def multipart(s3, bucket, key, body):
    try:
        upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        part = {"Bucket": bucket, "Key": key, "UploadId": upload}
        etag = s3.upload_part(**part, PartNumber=1, Body=body)["ETag"]
    except (BotoCoreError, ClientError):
        return False
    tag = hashlib.md5(hashlib.md5(body).digest()).hexdigest() + "-1"
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    return record(key, {"write": tag}, lambda: s3.complete_multipart_upload(**part, MultipartUpload=parts) and "done")


def copy(s3, bucket, key, source):
    """A copy writes an ETag of its own: that of a source in parts stays behind."""
    if key == source:
        return True
    start = time.monotonic_ns()
    try:
        answer = s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": source})
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        line(source, {"read": None}, start, None)
        return True
    except BotoCoreError:
        # What it would have written is not known: the source's state at some moment.
        line(key, {"copy": source}, start, "lost")
        return False
    tag = answer["CopyObjectResult"]["ETag"].strip('"')
    line(key, {"write": tag}, start, "done")
    return True


def listing(s3, bucket):
    start = time.monotonic_ns()
    try:
        answer = s3.list_objects_v2(Bucket=bucket)
    except BotoCoreError:
        return False
    end = time.monotonic_ns()
    found = {item["Key"]: item["ETag"].strip('"') for item in answer.get("Contents", [])}
    for key in KEYS:
        line(key, {"read": None}, start, found.get(key), end)
    return True


def read(s3, bucket, key):
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
        body = answer["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return None
    tag = answer["ETag"].strip('"')
    once = hashlib.md5(body)
    whole = once.hexdigest() if "-" not in tag else hashlib.md5(once.digest()).hexdigest() + "-1"
    if whole != tag:
        print(f"{key} is torn: {tag} is not {whole}", file=sys.stderr)
        os._exit(1)
    return tag


def record(key, call, act):
    """False where the server is gone."""
    start = time.monotonic_ns()
    try:
        outcome = act()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"):
            raise
        outcome = code
    except BotoCoreError:
        if "read" not in call:
            line(key, call, start, "lost")
        return False
    line(key, call, start, outcome)
    return True


def line(key, call, start, outcome, end=None):
    end = None if outcome == "lost" else end or time.monotonic_ns()
    text = json.dumps({"key": key, "call": call, "start": start, "end": end, "outcome": outcome})
    with PRINTING:
        print(text, flush=True)


if __name__ == "__main__":
    main()
