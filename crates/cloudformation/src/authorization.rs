//! What the decisions of `data/authz/cloudformation.json` are about.
//!
//! A stack that is named is shown, and compared with policies, as `stack/NAME/*`, because its id is
//! not known to who writes the policy; one that is given by id as that id.
//! AWS: Service Authorization Reference, "Actions, resources, and condition keys for AWS
//! CloudFormation".

use std::collections::BTreeMap;

use api::Structure;
use gateway::{AccountId, Cx, Error, Resource};

use crate::arn::{Arn, Kind, is_arn};
use crate::authority::SERVICE;
use crate::{change_set, stack, stack_resource};

/// The stack that an input names by StackName, by a resource of it, or by the id of one of its
/// change sets.
pub fn stack(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    if let Some(name) = input.text("StackName") {
        return named(cx, name);
    }
    if let Some(physical_id) = input.text("PhysicalResourceId") {
        let holder = stack_resource::holder(cx, physical_id)?;
        return holder.map_or_else(|| Ok(all(cx)), |(_, stack)| named(cx, &stack.id));
    }
    let change_set = input.text("ChangeSetName").and_then(Arn::parse);
    match change_set {
        Some(arn) if arn.kind == Kind::ChangeSet => of_change_set(cx, &arn),
        // Nothing is named: all stacks (DescribeStacks), or a template that is given in the
        // request.
        _ => Ok(all(cx)),
    }
}

/// All stacks of the account and region, for an action that no policy can grant for some of them.
pub fn stacks(cx: &mut Cx<'_>, _: &dyn Structure) -> Result<Resource, Error> {
    Ok(Resource::shown_as("*", all(cx).arn))
}

/// The service role that is handed to CloudFormation.
pub fn role(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    let arn = input.text("RoleARN").unwrap_or_default();
    let owner = arn.split(':').nth(4).and_then(AccountId::parse);
    if owner.is_some_and(|owner| owner != cx.account()) {
        return Err(Error::access_denied("Cross-account pass role is not allowed."));
    }
    let stack = input.text("StackName").map(|name| named(cx, name)).transpose()?;
    let stack = stack.map(|stack| stack.arn).into_iter().collect();
    Ok(Resource::arn(arn)
        .with_key("iam:PassedToService", vec![SERVICE.to_owned()])
        .with_key("iam:AssociatedResourceArn", stack))
}

fn all(cx: &Cx<'_>) -> Resource {
    Resource::arn(format!("arn:aws:cloudformation:{}:{}:stack/*/*", cx.region(), cx.account()))
}

fn named(cx: &Cx<'_>, name: &str) -> Result<Resource, Error> {
    let (region, account) = (cx.region(), cx.account());
    let resource = match (is_arn(name), Arn::parse(name)) {
        (true, Some(arn)) => Resource::arn(name).owned_by(arn.account),
        (true, None) => Resource::arn(name),
        (false, _) => {
            Resource::arn(format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/*"))
        }
    };
    let tags: BTreeMap<String, String> = match stack::find(cx, name)? {
        Some((_, stack)) => stack.tags.into_iter().collect(),
        None => BTreeMap::new(),
    };
    Ok(resource.tagged(tags))
}

fn of_change_set(cx: &Cx<'_>, arn: &Arn) -> Result<Resource, Error> {
    match change_set::stack_of(cx, arn)? {
        Some(stack_id) => named(cx, &stack_id),
        None => Ok(all(cx).owned_by(arn.account)),
    }
}
