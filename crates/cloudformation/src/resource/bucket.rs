//! AWS::S3::Bucket, with the properties whose operation S3 has here.
//!
//! AWS: Template reference, "AWS::S3::Bucket".

use api::s3::{
    BucketLocationConstraint, CreateBucket, CreateBucketConfiguration, CreateBucketRequest,
    DeleteBucket, DeleteBucketRequest, HeadBucket, HeadBucketRequest,
};

use super::{Failure, Request, Type, bucket_settings, unsupported};

pub static TYPE: Type = Type {
    read: Some(read),
    name_property: Some("BucketName"),
    takes_stack_tags: true,
    ..Type::new("AWS::S3::Bucket", create, update, delete)
};

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    refuse_unknown(request)?;
    let properties = request.read();
    let name = properties.text("BucketName").unwrap_or_else(|| request.generated_name());
    refuse_existing(request, &name)?;
    let region = request.cx.region().to_owned();
    let elsewhere = (region != "us-east-1").then(|| CreateBucketConfiguration {
        location_constraint: Some(BucketLocationConstraint::from(region.as_str())),
        ..CreateBucketConfiguration::default()
    });
    // S3 has lists only where ownership lets it, which it says itself where nothing is said of that.
    let owned = properties.map("OwnershipControls").is_some();
    let input = CreateBucketRequest {
        bucket: name.clone(),
        create_bucket_configuration: elsewhere,
        acl: bucket_settings::acl(&properties).filter(|_| !owned),
        object_lock_enabled_for_bucket: bucket_settings::is_locked(&properties).then_some(true),
        ..CreateBucketRequest::default()
    };
    request.call::<CreateBucket>(input)?;
    request.physical_id = Some(name.clone());
    bucket_settings::apply(request, &name, true)?;
    if owned && bucket_settings::acl(&properties).is_some() {
        bucket_settings::put_acl(request, &name)?;
    }
    describe(request, &name, &region);
    Ok(())
}

fn read(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let bucket = request.physical_id();
    let input = HeadBucketRequest { bucket: bucket.clone(), ..HeadBucketRequest::default() };
    request.call_read::<HeadBucket>(input)?;
    let region = request.cx.region().to_owned();
    describe(request, &bucket, &region);
    Ok(())
}

/// Its name replaces it; all else is a setting.
fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    refuse_unknown(request)?;
    let name = request.physical_id();
    // A list that goes is taken away before ownership ends lists, one that comes is put after.
    let listed = bucket_settings::acl(&request.read()).is_some();
    let changes = request.changes(&["AccessControl"]);
    if changes && !listed {
        bucket_settings::put_acl(request, &name)?;
    }
    bucket_settings::apply(request, &name, false)?;
    if changes && listed {
        bucket_settings::put_acl(request, &name)?;
    }
    // With a configuration that changes, it was put.
    if request.changes(&["ObjectLockEnabled"]) && !request.changes(&["ObjectLockConfiguration"]) {
        bucket_settings::put_object_lock(request, &name)?;
    }
    Ok(())
}

fn refuse_unknown(request: &Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let known = |name: &str| {
        ["AccessControl", "BucketName", "ObjectLockEnabled"].contains(&name)
            || bucket_settings::KNOWN.contains(&name)
    };
    if let Some(name) = properties.names().find(|name| !known(name)) {
        return Err(unsupported(name));
    }
    Ok(())
}

fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let bucket = request.physical_id();
    let input = DeleteBucketRequest { bucket, ..DeleteBucketRequest::default() };
    request.call_unless_gone::<DeleteBucket>(input)
}

/// In us-east-1 S3 answers 200 to who creates a bucket again. A stack must not take a bucket for
/// its own that was there before: a rollback would delete it. What is another account's,
/// CreateBucket itself refuses.
fn refuse_existing(request: &mut Request<'_, '_>, name: &str) -> Result<(), Failure> {
    let input = HeadBucketRequest { bucket: name.to_owned(), ..HeadBucketRequest::default() };
    if matches!(request.call::<HeadBucket>(input), Err(Failure::Handler { code: "NotFound", .. })) {
        return Ok(());
    }
    let before = request.cx.tx.savepoint();
    let input = CreateBucketRequest { bucket: name.to_owned(), ..CreateBucketRequest::default() };
    let again = request.call::<CreateBucket>(input);
    request.cx.tx.rollback(before);
    match again {
        Err(Failure::Handler { code, .. }) if code != "AlreadyExists" => Ok(()),
        Err(failure @ Failure::Handler { .. }) if !is_own(&failure) => Err(failure),
        Err(failure @ Failure::House(_)) => Err(failure),
        _ => Err(Failure::Handler {
            message: format!(
                "{name} already exists (Service: S3, Status Code: 0, Request ID: null)"
            ),
            code: "AlreadyExists",
        }),
    }
}

/// Whether S3 said that the bucket is the caller's own.
fn is_own(failure: &Failure) -> bool {
    matches!(failure, Failure::Handler { message, .. } if message.contains("you already own it"))
}

fn describe(request: &mut Request<'_, '_>, name: &str, region: &str) {
    let attributes = [
        ("Arn", format!("arn:aws:s3:::{name}")),
        ("DomainName", format!("{name}.s3.amazonaws.com")),
        ("DualStackDomainName", format!("{name}.s3.dualstack.{region}.amazonaws.com")),
        ("RegionalDomainName", format!("{name}.s3.{region}.amazonaws.com")),
        ("WebsiteURL", format!("http://{name}.s3-website{}{region}.amazonaws.com", mark(region))),
    ];
    for (attribute, value) in attributes {
        request.attributes.insert(attribute.to_owned(), value);
    }
}

/// The oldest regions have a dash before their name in website endpoints, the others a point.
fn mark(region: &str) -> char {
    const DASHED: [&str; 9] = [
        "ap-northeast-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "eu-west-1",
        "sa-east-1",
        "us-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    ];
    if DASHED.contains(&region) { '-' } else { '.' }
}
