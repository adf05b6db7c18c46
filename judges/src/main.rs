//! Outside judges in Rust: the AWS SDK runs the tutorial against a Wardian that is given by URL.
//!
//!     judges ENDPOINT ROOT_ACCESS_KEY_ID ROOT_SECRET_ACCESS_KEY

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_cloudformation::types::{Capability, StackStatus};
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_types::SdkConfig;
use aws_types::region::Region;

type Failure = Box<dyn std::error::Error>;

const TEMPLATE: &str = include_str!("../../tests/tutorial/template.yaml");

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, id, secret] = arguments.as_slice() else {
        return Err("usage: judges ENDPOINT ACCESS_KEY_ID SECRET_ACCESS_KEY".into());
    };
    let root = config(endpoint, Credentials::from_keys(id, secret, None));
    let user = machine_user(endpoint, &root).await?;
    refused(&user).await?;
    let role = stack_with_role(&root).await?;
    let session = assume(endpoint, &user, &role).await?;
    objects(&session).await?;
    tear_down(&root).await?;
    println!("1 passed, 0 failed");
    Ok(())
}

fn config(endpoint: &str, credentials: Credentials) -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new().build_http();
    SdkConfig::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .http_client(http)
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
            credentials,
        ))
        .build()
}

async fn machine_user(endpoint: &str, root: &SdkConfig) -> Result<SdkConfig, Failure> {
    let iam = aws_sdk_iam::Client::new(root);
    iam.create_user().user_name("sts-machine-user").send().await?;
    let made = iam.create_access_key().user_name("sts-machine-user").send().await?;
    let key = made.access_key().ok_or("no access key")?;
    let credentials = Credentials::from_keys(key.access_key_id(), key.secret_access_key(), None);
    Ok(config(endpoint, credentials))
}

async fn refused(user: &SdkConfig) -> Result<(), Failure> {
    let answer = aws_sdk_s3::Client::new(user).list_buckets().send().await;
    let error = answer.err().ok_or("a user without permissions listed buckets")?;
    let error = error.into_service_error();
    expect(error.code(), Some("AccessDenied"))?;
    let said = error.message().unwrap_or_default();
    if !said.ends_with("because no identity-based policy allows the s3:ListAllMyBuckets action") {
        return Err(format!("the denial says: {said}").into());
    }
    Ok(())
}

async fn stack_with_role(root: &SdkConfig) -> Result<String, Failure> {
    let stacks = aws_sdk_cloudformation::Client::new(root);
    stacks
        .create_stack()
        .stack_name("my-sts-stacky")
        .template_body(TEMPLATE)
        .capabilities(Capability::CapabilityIam)
        .send()
        .await?;
    for _ in 0..100 {
        let answer = stacks.describe_stacks().stack_name("my-sts-stacky").send().await?;
        let stack = answer.stacks().first().ok_or("no stack")?;
        match stack.stack_status() {
            Some(StackStatus::CreateInProgress) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Some(StackStatus::CreateComplete) => {
                let outputs = stack.outputs();
                let role = outputs.iter().find(|output| output.output_key() == Some("RoleArn"));
                let arn = role.and_then(|output| output.output_value());
                return Ok(arn.ok_or("no role in the outputs")?.to_owned());
            }
            status => return Err(format!("the stack is {status:?}").into()),
        }
    }
    Err("the stack is not complete after two seconds".into())
}

async fn assume(endpoint: &str, user: &SdkConfig, role: &str) -> Result<SdkConfig, Failure> {
    let sts = aws_sdk_sts::Client::new(user);
    let answer = sts.assume_role().role_arn(role).role_session_name("s3-sts-sesh").send().await?;
    let session = answer.credentials().ok_or("no credentials")?;
    let credentials = Credentials::from_keys(
        session.access_key_id(),
        session.secret_access_key(),
        Some(session.session_token().to_owned()),
    );
    let session = config(endpoint, credentials);
    let who = aws_sdk_sts::Client::new(&session).get_caller_identity().send().await?;
    if !who.arn().is_some_and(|arn| arn.ends_with("/s3-sts-sesh")) {
        return Err(format!("the session is {:?}", who.arn()).into());
    }
    Ok(session)
}

async fn objects(session: &SdkConfig) -> Result<(), Failure> {
    let s3 = aws_sdk_s3::Client::new(session);
    s3.create_bucket().bucket("judged").send().await?;
    let body = vec![b'x'; 3 * 1024 * 1024];
    let put = s3.put_object().bucket("judged").key("a/b c").body(ByteStream::from(body.clone()));
    put.send().await?;
    let got = s3.get_object().bucket("judged").key("a/b c").range("bytes=1-4").send().await?;
    expect(got.body.collect().await?.into_bytes().as_ref(), b"xxxx".as_slice())?;
    let listed = s3.list_objects_v2().bucket("judged").prefix("a/").send().await?;
    expect(listed.key_count(), Some(1))?;
    s3.delete_object().bucket("judged").key("a/b c").send().await?;
    s3.delete_bucket().bucket("judged").send().await?;
    Ok(())
}

async fn tear_down(root: &SdkConfig) -> Result<(), Failure> {
    let stacks = aws_sdk_cloudformation::Client::new(root);
    stacks.delete_stack().stack_name("my-sts-stacky").send().await?;
    let iam = aws_sdk_iam::Client::new(root);
    let keys = iam.list_access_keys().user_name("sts-machine-user").send().await?;
    for key in keys.access_key_metadata() {
        let id = key.access_key_id().ok_or("a key without id")?;
        iam.delete_access_key().user_name("sts-machine-user").access_key_id(id).send().await?;
    }
    iam.delete_user().user_name("sts-machine-user").send().await?;
    Ok(())
}

fn expect<T: PartialEq + std::fmt::Debug>(got: T, wanted: T) -> Result<(), Failure> {
    if got == wanted { Ok(()) } else { Err(format!("{got:?}, not {wanted:?}").into()) }
}
