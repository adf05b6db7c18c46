//! AWS::IAM::Policy: one inline policy in several users, groups and roles. Its physical id is a
//! name that nothing but the stack knows.
//!
//! AWS: Template reference, "AWS::IAM::Policy".

use super::principal::{Principal, delete_policy, put_policy};
use super::{Failure, Properties, Request, Type};

pub static TYPE: Type = Type::new("AWS::IAM::Policy", create, update, delete);

fn create(request: &mut Request<'_, '_>) -> Result<(), Failure> {
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
    for (of, holder) in holders {
        put_policy(request, of, &holder, (name.clone(), document.clone()))?;
        request.physical_id = Some(id.clone());
    }
    request.attributes.insert("Id".to_owned(), id);
    Ok(())
}

fn delete(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let properties = request.read();
    let name = properties.text("PolicyName").unwrap_or_default();
    let holders = holders(&properties);
    if holders.is_empty() {
        return Err(nobody());
    }
    let mut holders = holders.iter();
    holders.try_for_each(|(of, holder)| delete_policy(request, *of, holder, name.clone()))
}

/// Puts the policy where it is to be now, then takes it from where it was under its old name.
fn update(request: &mut Request<'_, '_>) -> Result<(), Failure> {
    let (old, new) = (request.read_old(), request.read());
    let name = |of: &Properties| of.text("PolicyName").unwrap_or_default();
    let (from, to) = (holders(&old), holders(&new));
    if to.is_empty() {
        return Err(nobody());
    }
    let renamed = name(&old) != name(&new);
    let rewritten = renamed || request.changes(&["PolicyDocument"]);
    for held in to.iter().filter(|held| rewritten || !from.contains(held)) {
        let document = new.document("PolicyDocument").unwrap_or_default();
        put_policy(request, held.0, &held.1, (name(&new), document))?;
    }
    for held in from.iter().filter(|held| renamed || !to.contains(held)) {
        delete_policy(request, held.0, &held.1, name(&old))?;
    }
    Ok(())
}

fn nobody() -> Failure {
    Failure::Handler {
        message: "At least one of [Groups,Roles,Users] must be non-empty.".to_owned(),
        code: "InvalidRequest",
    }
}

/// Who is to hold the policy, by kind and name.
fn holders(properties: &Properties) -> Vec<(Principal, String)> {
    let kinds =
        [("Groups", Principal::Group), ("Roles", Principal::Role), ("Users", Principal::User)];
    let named = |(list, of)| properties.texts(list).into_iter().map(move |name| (of, name));
    kinds.into_iter().flat_map(named).collect()
}
