//! AWS::CDK::Metadata: what the CDK tells of the constructs of a stack. It is nothing but its record
//! on AWS, too.
//!
//! AWS: CDK Developer Guide, "Version reporting".

use super::{Failure, Request, Type};

pub static TYPE: Type = Type::new("AWS::CDK::Metadata", create, update, delete);

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    request.physical_id = Some(request.cx.uuid());
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "a handler may fail, this one does not")]
const fn update(_: &mut Request<'_, '_>) -> Result<(), Failure> {
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "a handler may fail, this one does not")]
const fn delete(_: &mut Request<'_, '_>) -> Result<(), Failure> {
    Ok(())
}
