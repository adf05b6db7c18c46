//! AWS::IAM::GroupPolicy, AWS::IAM::RolePolicy and AWS::IAM::UserPolicy: an inline policy of one of
//! them.
//!
//! AWS: Template reference, "AWS::IAM::RolePolicy" and its siblings.

use super::principal::{Principal, delete_policy, put_policy};
use super::{Failure, Request, Type};

pub static GROUP: Type = Type::new(
    "AWS::IAM::GroupPolicy",
    |request| create(request, Principal::Group),
    |request| update(request, Principal::Group),
    |request| delete(request, Principal::Group),
);

pub static ROLE: Type = Type::new(
    "AWS::IAM::RolePolicy",
    |request| create(request, Principal::Role),
    |request| update(request, Principal::Role),
    |request| delete(request, Principal::Role),
);

pub static USER: Type = Type::new(
    "AWS::IAM::UserPolicy",
    |request| create(request, Principal::User),
    |request| update(request, Principal::User),
    |request| delete(request, Principal::User),
);

/// Its physical id is `PolicyName|HolderName`.
fn create(request: &mut Request<'_, '_>, of: Principal) -> Result<(), Failure> {
    let (name, holder) = names(request, of);
    let Some(document) = request.read().document("PolicyDocument") else {
        return Err(Failure::Handler {
            message: "PolicyDocument must be specified.".to_owned(),
            code: "InvalidRequest",
        });
    };
    put_policy(request, of, &holder, (name.clone(), document))?;
    request.physical_id = Some(format!("{name}|{holder}"));
    Ok(())
}

/// Names replace it, so that only its document can have changed.
fn update(request: &mut Request<'_, '_>, of: Principal) -> Result<(), Failure> {
    if request.changes(&["PolicyDocument"]) {
        let id = request.physical_id.clone();
        create(request, of)?;
        request.physical_id = id;
    }
    Ok(())
}

fn delete(request: &mut Request<'_, '_>, of: Principal) -> Result<(), Failure> {
    let (name, holder) = names(request, of);
    delete_policy(request, of, &holder, name)
}

/// The policy's name and its holder's.
fn names(request: &Request<'_, '_>, of: Principal) -> (String, String) {
    let holder = match of {
        Principal::Group => "GroupName",
        Principal::Role => "RoleName",
        Principal::User => "UserName",
    };
    let properties = request.read();
    let text = |name: &str| properties.text(name).unwrap_or_default();
    (text("PolicyName"), text(holder))
}
