//! Services of a few lines each, on AWS's real shapes: handlers, resolvers and rows, as the service
//! crates have them.

use api::cloudformation::{CreateStack, CreateStackInput, CreateStackOutput};
use api::iam::{self, CreateUser, CreateUserRequest};
use api::{ErrorShape, Structure, s3, sts, wardian};
use bytes::Bytes;
use gateway::{
    AccountId, Attached, Caller, Cx, Error, Identity, Incoming, Outgoing, Resource, Service, tables,
};
use minicbor::{Decode, Encode};
use policy::{Kind, Policy, PolicyId, ResourceKind, Source};
use store::{Blobs, ByteVec, Record, Table};

/// Users by name.
pub const USERS: Table<String, String> = Table::new(tables::IDENTITY + 90);
/// Callers whose sessions AssumeRole seals, by session name.
pub const SESSIONS: Table<String, Kept> = Table::new(tables::IDENTITY + 91);
pub const BUCKETS: Table<String, Bucket> = Table::new(tables::S3 + 90);
pub const OBJECTS: Table<(String, String), ByteVec> = Table::new(tables::S3 + 91);
pub const STACKS: Table<String, String> = Table::new(tables::CLOUDFORMATION + 90);

#[derive(Clone, Encode, Decode)]
pub struct Kept(#[n(0)] pub Caller);

#[derive(Clone, Encode, Decode)]
pub struct Bucket {
    #[n(0)]
    pub owner: AccountId,
    #[n(1)]
    pub policy: Option<String>,
    #[n(2)]
    pub tag: Option<String>,
}

impl Record for Kept {
    const VERSION: u8 = 1;
}

impl Record for Bucket {
    const VERSION: u8 = 1;
}

/// All but S3.
pub fn services() -> Vec<Service> {
    let rows = "every row parses";
    vec![
        Service::new(&iam::SERVICE, include_str!("../rows/iam.json"))
            .expect(rows)
            .resource("new-user", named_user_arn)
            .resource("self", named_self)
            .resource("user", named_user)
            .resource("user-path", user_path)
            .on::<iam::ChangePassword>(change_password)
            .on::<CreateUser>(create_user)
            .on::<iam::DeleteUser>(|_, _| Ok(iam::DeleteUserResponse::default()))
            .on::<iam::GetUser>(get_user)
            .on::<iam::ListUsers>(list_users)
            .on::<iam::TagUser>(|_, _| Ok(iam::TagUserResponse::default()))
            .on::<iam::UntagUser>(|_, _| Ok(iam::UntagUserResponse::default())),
        Service::new(&sts::SERVICE, include_str!("../rows/sts.json"))
            .expect(rows)
            .resource("role", role)
            .on::<sts::AssumeRole>(assume_role)
            .on::<sts::GetAccessKeyInfo>(|_, _| Ok(sts::GetAccessKeyInfoResponse::default()))
            .on::<sts::GetCallerIdentity>(get_caller_identity)
            .on::<sts::GetFederationToken>(|_, _| Ok(sts::GetFederationTokenResponse::default()))
            .on::<sts::GetSessionToken>(|_, _| Ok(sts::GetSessionTokenResponse::default())),
        Service::new(&api::cloudformation::SERVICE, include_str!("../rows/cloudformation.json"))
            .expect(rows)
            .on::<CreateStack>(create_stack)
            .job("step", step),
        Service::new(&wardian::SERVICE, include_str!("../rows/wardian.json"))
            .expect(rows)
            .on::<wardian::AdvanceClock>(advance_clock)
            .on::<wardian::FreezeClock>(freeze_clock)
            .on::<wardian::ResumeClock>(resume_clock),
    ]
}

pub fn s3() -> Service {
    Service::new(&s3::SERVICE, include_str!("../rows/s3.json"))
        .expect("every row parses")
        .resource("all-buckets", |_, _| Ok(Resource::shown_as("*", "")))
        .resource("bucket", bucket)
        .resource("object", object)
        .limit("PutBucketPolicy", 2048)
        .download::<s3::GetObject>(get_object)
        .on::<s3::HeadObject>(head_object)
        .on::<s3::ListBuckets>(list_buckets)
        .on::<s3::PutBucketPolicy>(put_bucket_policy)
        .upload::<s3::PutObject, _, _, _>(begin_put_object, receive_object, commit_object)
}

fn text<'a>(input: &'a dyn Structure, name: &str) -> &'a str {
    input.text(name).unwrap_or_default()
}

fn named_user_arn(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::arn(user_arn(cx, text(input, "UserName"))))
}

fn named_self(cx: &mut Cx<'_>, _: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::arn(cx.caller_arn()))
}

/// A user whose name begins with `tagged-` has the tag `team` of the rest of it.
fn named_user(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let name = text(input, "UserName");
    let tag = name.strip_prefix("tagged-");
    let tags = tag.map(|team| ("team".to_owned(), team.to_owned())).into_iter().collect();
    Ok(Resource::shown_as(user_arn(cx, name), format!("user {name}")).tagged(tags))
}

fn user_path(cx: &mut Cx<'_>, _: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::arn(user_arn(cx, "")))
}

fn user_arn(cx: &Cx<'_>, name: &str) -> String {
    format!("arn:aws:iam::{}:user/{name}", cx.account())
}

fn role(_: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::arn(text(input, "RoleArn")))
}

fn bucket(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    s3_resource(cx, text(input, "Bucket"), "")
}

fn object(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    s3_resource(cx, text(input, "Bucket"), &format!("/{}", text(input, "Key")))
}

fn s3_resource(cx: &Cx<'_>, name: &str, key: &str) -> Result<Resource, Error> {
    let found = BUCKETS.get(cx.tx, name)?;
    let found = found.ok_or_else(|| no_such(s3::error::NO_SUCH_BUCKET, "BucketName", name))?;
    let attached = found.policy.as_deref().map(|text| Attached {
        source: Source {
            policy: Policy::parse(text, Kind::Bucket).expect("a bucket policy"),
            id: PolicyId::inline("bucket policy", name),
        },
        kind: ResourceKind::Bucket,
        restrict_public: false,
    });
    let arn = format!("arn:aws:s3:::{name}{key}");
    let shown = format!("\"{arn}\"");
    Ok(Resource::shown_as(arn, shown).owned_by(found.owner).with_policy(attached))
}

fn no_such(shape: ErrorShape, element: &'static str, name: &str) -> Error {
    Error::new(shape, "It is not there.").with(element, name)
}

fn create_user(
    cx: &mut Cx<'_>,
    input: CreateUserRequest,
) -> Result<iam::CreateUserResponse, Error> {
    if input.user_name == "internal-fault" {
        return Err(Error::internal("the cause that stays in the log"));
    }
    assert_ne!(input.user_name, "panic", "a handler that panics");
    let via = cx.caller().via.join(",");
    USERS.put(cx.tx, &input.user_name, &via)?;
    if USERS.contains(cx.tx, format!("{}-exists", input.user_name).as_str())? {
        return Err(Error::new(iam::error::ENTITY_ALREADY_EXISTS, "It exists."));
    }
    let user = iam::User {
        path: Some("/".to_owned()),
        user_id: cx.unique_id("AIDA"),
        arn: user_arn(cx, &input.user_name),
        user_name: Some(input.user_name),
        create_date: cx.now(),
        ..iam::User::default()
    };
    Ok(iam::CreateUserResponse { user: Some(user) })
}

fn change_password(
    _: &mut Cx<'_>,
    _: iam::ChangePasswordRequest,
) -> Result<iam::ChangePasswordResponse, Error> {
    Ok(iam::ChangePasswordResponse::default())
}

fn get_user(cx: &mut Cx<'_>, input: iam::GetUserRequest) -> Result<iam::GetUserResponse, Error> {
    let name = input.user_name.unwrap_or_default();
    let arn = user_arn(cx, &name);
    let user = iam::User { arn, user_name: Some(name), ..iam::User::default() };
    Ok(iam::GetUserResponse { user })
}

fn list_users(cx: &mut Cx<'_>, _: iam::ListUsersRequest) -> Result<iam::ListUsersResponse, Error> {
    let rows = USERS.scan(cx.tx, USERS.all(), 100)?;
    let user = |name| iam::User { user_name: Some(name), ..iam::User::default() };
    let users = rows.into_iter().map(|(name, _)| user(name)).collect();
    Ok(iam::ListUsersResponse { users, ..iam::ListUsersResponse::default() })
}

fn get_caller_identity(
    cx: &mut Cx<'_>,
    _: sts::GetCallerIdentityRequest,
) -> Result<sts::GetCallerIdentityResponse, Error> {
    Ok(sts::GetCallerIdentityResponse {
        user_id: Some(cx.caller().user_id()),
        account: Some(cx.account().to_string()),
        arn: Some(cx.caller_arn()),
    })
}

/// Seals the session that the test keeps under the session name.
fn assume_role(
    cx: &mut Cx<'_>,
    input: sts::AssumeRoleRequest,
) -> Result<sts::AssumeRoleResponse, Error> {
    let kept = SESSIONS.get(cx.tx, &input.role_session_name)?;
    let Kept(caller) = kept.ok_or_else(|| Error::validation("no such session"))?;
    let sealed = cx.seal_session(caller.account, caller, 0)?;
    let credentials = sts::Credentials {
        access_key_id: sealed.access_key_id,
        secret_access_key: sealed.secret_access_key.expose_str().unwrap_or_default().to_owned(),
        session_token: sealed.session_token,
        expiration: cx.now(),
    };
    let credentials = Some(credentials);
    Ok(sts::AssumeRoleResponse { credentials, ..sts::AssumeRoleResponse::default() })
}

/// The stack's name says what happens: each word of it is a step.
fn create_stack(cx: &mut Cx<'_>, input: CreateStackInput) -> Result<CreateStackOutput, Error> {
    let caller = cx.caller().via("cloudformation.amazonaws.com");
    STACKS.put(cx.tx, &input.stack_name, &"begun".to_owned())?;
    let mut told = Vec::new();
    for word in input.stack_name.split('-') {
        let user = CreateUserRequest { user_name: word.to_owned(), ..Default::default() };
        match word {
            "queued" => {
                let due = cx.now().plus_seconds(60);
                cx.enqueue("step", due, b"3".to_vec())?;
            }
            "unknown" => cx.enqueue("nobody-does-this", cx.now(), Vec::new())?,
            "explosive" => cx.enqueue("step", cx.now(), b"panic".to_vec())?,
            "refused" => cx.enqueue("step", cx.now(), b"refused".to_vec())?,
            // As whom the test keeps, as a stack keeps its caller.
            "kept" => {
                let kept = SESSIONS.get(cx.tx, "kept")?.map_or(caller.clone(), |kept| kept.0);
                told.push(cx.call::<CreateUser>(&kept, user).err());
            }
            "strict" => drop(cx.call::<CreateUser>(&caller, user)?),
            _ => told.push(cx.call::<CreateUser>(&caller, user).err()),
        }
    }
    let told = told.into_iter().flatten().map(|error| error.to_string()).collect::<Vec<_>>();
    Ok(CreateStackOutput { stack_id: Some(told.join("|")), operation_id: None })
}

/// Counts down: a row for each step, and the next one a minute later.
fn step(cx: &mut Cx<'_>, payload: &[u8]) -> Result<(), Error> {
    let text = String::from_utf8_lossy(payload).into_owned();
    assert!(matches!(&cx.caller().identity, Identity::Service(name)
        if name == "cloudformation.amazonaws.com"));
    assert_ne!(text, "panic", "a step that panics");
    STACKS.put(cx.tx, format!("step {text}"), &cx.now().iso8601())?;
    let Ok(left) = text.parse::<u32>() else {
        return Err(Error::validation("this step is refused"));
    };
    if left > 1 {
        cx.enqueue("step", cx.now().plus_seconds(60), (left - 1).to_string().into_bytes())?;
    }
    Ok(())
}

fn advance_clock(
    cx: &mut Cx<'_>,
    input: wardian::AdvanceClockRequest,
) -> Result<wardian::Clock, Error> {
    let mut time = cx.aws_time()?;
    time.advance(cx.request().wall, input.seconds);
    cx.set_aws_time(time)?;
    Ok(wardian::Clock::default())
}

fn freeze_clock(cx: &mut Cx<'_>, _: wardian::FreezeClockRequest) -> Result<wardian::Clock, Error> {
    let mut time = cx.aws_time()?;
    time.freeze(cx.request().wall, cx.now());
    cx.set_aws_time(time)?;
    Ok(wardian::Clock::default())
}

fn resume_clock(cx: &mut Cx<'_>, _: wardian::ResumeClockRequest) -> Result<wardian::Clock, Error> {
    let mut time = cx.aws_time()?;
    time.resume(cx.request().wall);
    cx.set_aws_time(time)?;
    Ok(wardian::Clock::default())
}

fn list_buckets(
    cx: &mut Cx<'_>,
    _: s3::ListBucketsRequest,
) -> Result<s3::ListBucketsOutput, Error> {
    let rows = BUCKETS.scan(cx.tx, BUCKETS.all(), 100)?;
    let bucket = |name| s3::Bucket { name: Some(name), ..s3::Bucket::default() };
    let buckets = Some(rows.into_iter().map(|(name, _)| bucket(name)).collect());
    Ok(s3::ListBucketsOutput { buckets, ..s3::ListBucketsOutput::default() })
}

fn put_bucket_policy(
    cx: &mut Cx<'_>,
    input: s3::PutBucketPolicyRequest,
) -> Result<s3::PutBucketPolicyResponse, Error> {
    if let Some(mut bucket) = BUCKETS.get(cx.tx, &input.bucket)? {
        bucket.policy = Some(input.policy);
        BUCKETS.put(cx.tx, &input.bucket, &bucket)?;
    }
    Ok(s3::PutBucketPolicyResponse::default())
}

/// What was put, with the type of somebody's XML.
fn get_object(
    cx: &mut Cx<'_>,
    input: s3::GetObjectRequest,
) -> Result<(s3::GetObjectOutput, Outgoing), Error> {
    if input.key == "internal-fault" {
        return Err(Error::internal("the cause that stays in the log"));
    }
    let Some(found) = OBJECTS.get(cx.tx, (input.bucket.as_str(), input.key.as_str()))? else {
        let bucket = bucket(cx, &input)?;
        cx.allow("missing", &input, &bucket)?;
        return Err(no_such(s3::error::NO_SUCH_KEY, "Key", &input.key));
    };
    let bytes: Vec<u8> = found.into();
    let output = s3::GetObjectOutput {
        content_length: i64::try_from(bytes.len()).ok(),
        content_type: Some("text/xml".to_owned()),
        ..s3::GetObjectOutput::default()
    };
    Ok((output, Outgoing::Bytes(Bytes::from(bytes))))
}

fn head_object(
    cx: &mut Cx<'_>,
    input: s3::HeadObjectRequest,
) -> Result<s3::HeadObjectOutput, Error> {
    if input.key == "internal-fault" {
        return Err(Error::internal("the cause that stays in the log"));
    }
    let found = OBJECTS.get(cx.tx, (input.bucket.as_str(), input.key.as_str()))?;
    let found = found.ok_or_else(|| no_such(s3::error::NO_SUCH_KEY, "Key", &input.key))?;
    let length = i64::try_from(found.len()).ok();
    Ok(s3::HeadObjectOutput { content_length: length, ..s3::HeadObjectOutput::default() })
}

fn begin_put_object(cx: &mut Cx<'_>, input: &s3::PutObjectRequest) -> Result<String, Error> {
    // What a begin writes is committed: it stands here to be seen.
    STACKS.put(cx.tx, "begun", &input.key)?;
    Ok(input.key.clone())
}

async fn receive_object(
    _: String,
    mut body: Incoming,
    _: Blobs,
) -> Result<(Vec<u8>, Vec<(String, String)>), Error> {
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok((bytes, body.trailers().to_vec()))
}

fn commit_object(
    cx: &mut Cx<'_>,
    input: &s3::PutObjectRequest,
    (bytes, trailers): &(Vec<u8>, Vec<(String, String)>),
) -> Result<s3::PutObjectOutput, Error> {
    let key = (input.bucket.as_str(), input.key.as_str());
    OBJECTS.put(cx.tx, key, &ByteVec::from(bytes.clone()))?;
    let checksum = trailers.iter().find(|(name, _)| name == "x-amz-checksum-crc32");
    let checksum = checksum.map(|(_, value)| value.clone());
    Ok(s3::PutObjectOutput { checksum_crc32: checksum, ..s3::PutObjectOutput::default() })
}
