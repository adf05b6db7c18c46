//! AWS::IAM::Policy: one inline policy in several users, groups and roles. Its physical id is a
//! name that nothing but the stack knows.
//!
//! AWS: Template reference, "AWS::IAM::Policy".

use super::principal_policy::{Holder, forget, put};
use super::{Failure, Properties, Request};

pub fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let holders = holders(&properties);
    if holders.is_empty() {
        // There is a resource all the same, which cannot be deleted either, as on AWS.
        request.physical_id = Some(request.generated_name());
        return Err(nobody());
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
    let properties = request.read();
    let name = properties.text("PolicyName").unwrap_or_default();
    let holders = holders(&properties);
    if holders.is_empty() {
        return Err(nobody());
    }
    holders.into_iter().try_for_each(|holder| forget(request, holder, name.clone()))
}

/// Puts the policy where it is to be now, then takes it from where it was under its old name.
pub fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let (old, new) = (request.read_old(), request.read());
    let name = |of: &Properties| of.text("PolicyName").unwrap_or_default();
    let (from, to) = (holders(&old), holders(&new));
    if to.is_empty() {
        return Err(nobody());
    }
    let renamed = name(&old) != name(&new);
    let rewritten = renamed || request.changes(&["PolicyDocument"]);
    for holder in to.iter().filter(|holder| rewritten || !from.contains(holder)) {
        let document = new.document("PolicyDocument").unwrap_or_default();
        put(request, holder.clone(), name(&new), document)?;
    }
    for holder in from.into_iter().filter(|holder| renamed || !to.contains(holder)) {
        forget(request, holder, name(&old))?;
    }
    Ok(())
}

fn nobody() -> Failure {
    Failure::Handler {
        message: "At least one of [Groups,Roles,Users] must be non-empty.".to_owned(),
        code: "InvalidRequest",
    }
}

fn holders(properties: &Properties) -> Vec<Holder> {
    let groups = properties.texts("Groups").into_iter().map(Holder::Group);
    let roles = properties.texts("Roles").into_iter().map(Holder::Role);
    let users = properties.texts("Users").into_iter().map(Holder::User);
    groups.chain(roles).chain(users).collect()
}
