"""Writes objects with many threads until the server dies; prints each key once its write was acknowledged."""

import hashlib
import sys
import threading

import boto3
from botocore.config import Config

PREFIX = sys.argv[1]
SIZES = [0, 100, 2_000, 5_000, 60_000, 300_000]


def body(key, size):
    seed = hashlib.sha256(key.encode()).digest()
    return (seed * (size // len(seed) + 1))[:size]


def write(thread, s3, out):
    turn = 0
    while True:
        size = SIZES[turn % len(SIZES)]
        key = f"{PREFIX}/{thread}/{turn}/{size}"
        try:
            s3.put_object(Bucket="crash", Key=key, Body=body(key, size))
        except Exception:
            return
        with out:
            print(key, flush=True)
        turn += 1


def check():
    s3 = boto3.client("s3")
    for key in sys.stdin.read().split():
        size = int(key.rsplit("/", 1)[1])
        assert s3.get_object(Bucket="crash", Key=key)["Body"].read() == body(key, size), key


def main():
    if PREFIX == "check":
        return check()
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10)
    out = threading.Lock()
    clients = [boto3.client("s3", config=config) for _ in range(8)]
    threads = [
        threading.Thread(target=write, args=(number, client, out))
        for number, client in enumerate(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
