//! AWS::IAM::Policy: one inline policy in several users, groups and roles. Its physical id is a name that nothing but
//! the stack knows.
//!
//! AWS: Template reference, "AWS::IAM::Policy".

use super::principal_policy::{Holder, forget, put};
use super::{Failure, Request};

pub fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let holders = holders(request);
    if holders.is_empty() {
        return Err(Failure::Handler {
            message: "At least one of [Groups,Roles,Users] must be non-empty.".to_owned(),
            code: "InvalidRequest",
        });
    }
    let name = properties.text("PolicyName").unwrap_or_default();
    let document = properties.document("PolicyDocument").unwrap_or_default();
    let id = request.generated_name();
    for holder in holders {
        put(request, holder, name.clone(), document.clone())?;
        request.physical_id = Some(id.clone());
    }
    request.attributes.insert("Id".to_owned(), id);
    Ok(())
}

pub fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let name = request.read().text("PolicyName").unwrap_or_default();
    holders(request).into_iter().try_for_each(|holder| forget(request, holder, name.clone()))
}

fn holders(request: &Request<'_, '_>) -> Vec<Holder> {
    let properties = request.read();
    let groups = properties.texts("Groups").into_iter().map(Holder::Group);
    let roles = properties.texts("Roles").into_iter().map(Holder::Role);
    let users = properties.texts("Users").into_iter().map(Holder::User);
    groups.chain(roles).chain(users).collect()
}
