"""The tutorial with boto3: refused, a stack, a role, S3, all torn down. Exits with 0 where each answer was AWS's."""

import pathlib
import sys

import boto3
from botocore.exceptions import ClientError

TEMPLATE = pathlib.Path(__file__).parent.parent / "tutorial" / "template.yaml"
STACK = "my-sts-stacky"
USER = "sts-machine-user"


def refusal(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]
    sys.exit(f"{call.__name__} should be refused")


def session(key, token=None):
    return boto3.Session(key[0], key[1], token)


def main():
    iam, stacks = boto3.client("iam"), boto3.client("cloudformation")
    iam.create_user(UserName=USER)
    made = iam.create_access_key(UserName=USER)["AccessKey"]
    user = session((made["AccessKeyId"], made["SecretAccessKey"]))
    arn = user.client("sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:iam::123456789012:user/{USER}", arn
    error = refusal(user.client("s3").list_buckets)
    assert error["Code"] == "AccessDenied", error
    assert error["Message"] == (
        f"User: {arn} is not authorized to perform: s3:ListAllMyBuckets because no identity-based "
        "policy allows the s3:ListAllMyBuckets action"
    ), error

    template = TEMPLATE.read_text()
    error = refusal(stacks.create_stack, StackName=STACK, TemplateBody=template)
    assert error["Message"] == "Requires capabilities : [CAPABILITY_IAM]", error
    stacks.create_stack(StackName=STACK, TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
    stacks.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    outputs = stacks.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in outputs}

    sts = user.client("sts")
    answer = sts.assume_role(RoleArn=outputs["RoleArn"], RoleSessionName="s3-sts-sesh")
    given = answer["Credentials"]
    assumed = session((given["AccessKeyId"], given["SecretAccessKey"]), given["SessionToken"])
    role = outputs["RoleArn"].rsplit("/", 1)[1]
    arn = assumed.client("sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::123456789012:assumed-role/{role}/s3-sts-sesh", arn

    s3 = assumed.client("s3")
    s3.create_bucket(Bucket="bucko-ya-assumed-user")
    body = bytes(range(256)) * 50_000
    s3.put_object(Bucket="bucko-ya-assumed-user", Key="a/ü b?c", Body=body)
    assert s3.get_object(Bucket="bucko-ya-assumed-user", Key="a/ü b?c")["Body"].read() == body
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert "bucko-ya-assumed-user" in names, names

    stacks.delete_stack(StackName=STACK)
    stacks.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    error = refusal(assumed.client("sts").get_caller_identity)
    assert error["Code"] == "InvalidClientTokenId", error
    root = boto3.client("s3")
    root.delete_object(Bucket="bucko-ya-assumed-user", Key="a/ü b?c")
    root.delete_bucket(Bucket="bucko-ya-assumed-user")
    iam.delete_access_key(UserName=USER, AccessKeyId=made["AccessKeyId"])
    iam.delete_user(UserName=USER)


main()
