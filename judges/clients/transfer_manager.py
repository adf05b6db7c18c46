"""boto3's transfer manager: parallel multipart up and down, copies, progress, a broken upload's end."""

import io
import os
import uuid

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

MIB = 1024 * 1024
CONFIG = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=5 * MIB, max_concurrency=8)


class Breaks(io.RawIOBase):
    """A file that cannot be read to its end."""

    def __init__(self, size):
        self.left = size

    def readable(self):
        return True

    def read(self, size=-1):
        if self.left <= 0:
            raise OSError("the file broke")
        self.left -= size
        return bytes(size)


def main():
    s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    bucket = f"judge-transfer-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket)
    body = os.urandom(64 * MIB + 17)

    seen = []
    s3.upload_fileobj(io.BytesIO(body), bucket, "large", Config=CONFIG, Callback=seen.append)
    assert sum(seen) == len(body), sum(seen)
    back = io.BytesIO()
    s3.download_fileobj(bucket, "large", back, Config=CONFIG)
    assert back.getvalue() == body, "the bytes differ"

    s3.copy({"Bucket": bucket, "Key": "large"}, bucket, "copy", Config=CONFIG)
    back = io.BytesIO()
    s3.download_fileobj(bucket, "copy", back, Config=CONFIG)
    assert back.getvalue() == body, "the copy differs"

    for algorithm in ("CRC32", "CRC32C", "CRC64NVME", "SHA256"):
        extra = {"ChecksumAlgorithm": algorithm}
        s3.upload_fileobj(io.BytesIO(body), bucket, algorithm, Config=CONFIG, ExtraArgs=extra)
        head = s3.head_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
        assert head.get(f"Checksum{algorithm}"), head

    try:
        s3.upload_fileobj(Breaks(20 * MIB), bucket, "broken", Config=CONFIG)
        raise AssertionError("a broken file was uploaded")
    except OSError:
        pass
    assert not s3.list_multipart_uploads(Bucket=bucket).get("Uploads"), "the upload was not aborted"
    try:
        s3.head_object(Bucket=bucket, Key="broken")
        raise AssertionError("a broken upload is an object")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "404", error

    resource = boto3.resource("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"]).Bucket(bucket)
    resource.objects.all().delete()
    resource.delete()


if __name__ == "__main__":
    main()
