// AWS SDK for JavaScript v3: a user is made and refused, assumes a stack's role, works with S3.
"use strict";

const assert = require("node:assert");
const { randomBytes } = require("node:crypto");
const { CloudFormation, waitUntilStackCreateComplete, waitUntilStackDeleteComplete } = require("@aws-sdk/client-cloudformation");
const { IAM } = require("@aws-sdk/client-iam");
const { S3, GetObjectCommand } = require("@aws-sdk/client-s3");
const { STS } = require("@aws-sdk/client-sts");
const { fromTemporaryCredentials } = require("@aws-sdk/credential-providers");
const { Upload } = require("@aws-sdk/lib-storage");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");

const endpoint = process.env.AWS_ENDPOINT_URL;
const common = { endpoint, region: "us-east-1", forcePathStyle: true, maxAttempts: 1 };
const name = `judge-js-${process.pid}`;

async function main() {
  const iam = new IAM(common);
  const { User } = await iam.createUser({ UserName: name });
  const { AccessKey } = await iam.createAccessKey({ UserName: name });
  const credentials = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
  const user = { ...common, credentials };
  const identity = await new STS(user).getCallerIdentity({});
  assert.equal(identity.Arn, User.Arn);
  await assert.rejects(new S3(user).listBuckets({}), (error) => {
    assert.equal(error.name, "AccessDenied");
    assert.equal(
      error.message,
      `User: ${User.Arn} is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action`,
    );
    return true;
  });

  const cloudformation = new CloudFormation(common);
  const statement = (effect) => ({ Version: "2012-10-17", Statement: [effect] });
  await cloudformation.createStack({
    StackName: name,
    Capabilities: ["CAPABILITY_IAM"],
    TemplateBody: JSON.stringify({
      Resources: {
        Role: {
          Type: "AWS::IAM::Role",
          Properties: {
            AssumeRolePolicyDocument: statement({ Effect: "Allow", Principal: { AWS: User.Arn }, Action: "sts:AssumeRole" }),
            Policies: [{
              PolicyName: "s3",
              PolicyDocument: statement({ Effect: "Allow", Action: "s3:*", Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`] }),
            }],
          },
        },
      },
      Outputs: { Arn: { Value: { "Fn::GetAtt": ["Role", "Arn"] } } },
    }),
  });
  const waiting = { client: cloudformation, maxWaitTime: 30, minDelay: 1 };
  await waitUntilStackCreateComplete(waiting, { StackName: name });
  const { Stacks } = await cloudformation.describeStacks({ StackName: name });

  const session = fromTemporaryCredentials({
    masterCredentials: credentials,
    params: { RoleArn: Stacks[0].Outputs[0].OutputValue, RoleSessionName: "js" },
    clientConfig: common,
  });
  await objects(new S3({ ...common, credentials: session }));

  await cloudformation.deleteStack({ StackName: name });
  await waitUntilStackDeleteComplete(waiting, { StackName: name });
  await iam.deleteAccessKey({ UserName: name, AccessKeyId: AccessKey.AccessKeyId });
  await iam.deleteUser({ UserName: name });
}

async function objects(s3) {
  const bucket = { Bucket: name };
  await s3.createBucket(bucket);
  const body = randomBytes(12 * 1024 * 1024 + 5);
  await new Upload({ client: s3, params: { ...bucket, Key: "large/ü", Body: body }, partSize: 5 * 1024 * 1024 }).done();
  const back = await s3.getObject({ ...bucket, Key: "large/ü" });
  assert(body.equals(Buffer.from(await back.Body.transformToByteArray())));

  const url = await getSignedUrl(s3, new GetObjectCommand({ ...bucket, Key: "large/ü" }), { expiresIn: 60 });
  const fetched = await fetch(url);
  assert.equal(fetched.status, 200);
  assert(body.equals(Buffer.from(await fetched.arrayBuffer())));
  assert.equal((await fetch(url.replace("X-Amz-Signature=", "X-Amz-Signature=0"))).status, 403);

  for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"]) {
    await s3.putObject({ ...bucket, Key: ChecksumAlgorithm, Body: "text", ChecksumAlgorithm });
    const head = await s3.headObject({ ...bucket, Key: ChecksumAlgorithm, ChecksumMode: "ENABLED" });
    assert(head[`Checksum${ChecksumAlgorithm}`]);
  }
  await assert.rejects(s3.deleteBucket(bucket), { name: "BucketNotEmpty" });
  const { Contents } = await s3.listObjectsV2(bucket);
  assert.equal(Contents.length, 5);
  await s3.deleteObjects({ ...bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } });
  await s3.deleteBucket(bucket);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
