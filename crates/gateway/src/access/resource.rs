//! Which resource an ARN means, and how operations are told of it.

use api::{Slot, Structure};

use crate::{AccountId, Resource};

/// A resource of which only the ARN is known.
pub(super) fn bare(arn: &str) -> Resource {
    let resource = Resource::arn(arn);
    match arn.split(':').nth(4).and_then(AccountId::parse) {
        Some(owner) => resource.owned_by(owner),
        None => resource,
    }
}

pub(super) fn region_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(3).filter(|region| !region.is_empty())
}

/// Sets the members by which operations name the resource of that ARN.
pub(super) fn fill(input: &mut dyn Structure, arn: &str) {
    for (name, value) in members(arn) {
        let members = input.shape().members();
        let place = members.iter().position(|member| member.name == name);
        let slot = place.and_then(|place| input.member_mut(place));
        if let Some(Slot::String(into)) = slot.map(|member| member.slot()) {
            into.set(&value);
        }
    }
}

fn members(arn: &str) -> Vec<(&'static str, String)> {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
    let (path, name) = rest.rsplit_once('/').unwrap_or(("", rest));
    let path = if path.is_empty() { "/".to_owned() } else { format!("/{path}/") };
    let (whole, name) = (arn.to_owned(), name.to_owned());
    match (arn.split(':').nth(2).unwrap_or_default(), kind) {
        ("s3", bucket) => {
            let key = (!rest.is_empty()).then(|| ("Key", rest.to_owned()));
            [("Bucket", bucket.to_owned())].into_iter().chain(key).collect()
        }
        ("iam", _) if name.is_empty() => vec![("PathPrefix", path)],
        ("iam", "user") => {
            vec![("UserName", name), ("Path", path), ("PolicySourceArn", whole)]
        }
        ("iam", "role") => vec![
            ("RoleName", name),
            ("Path", path),
            ("RoleArn", whole.clone()),
            ("RoleARN", whole.clone()),
            ("PolicySourceArn", whole),
        ],
        ("iam", "group") => {
            vec![("GroupName", name), ("Path", path), ("PolicySourceArn", whole)]
        }
        ("iam", "policy") => vec![("PolicyArn", whole), ("PolicyName", name), ("Path", path)],
        ("iam", "instance-profile") => vec![("InstanceProfileName", name), ("Path", path)],
        ("iam", "oidc-provider") => {
            vec![("OpenIDConnectProviderArn", whole), ("Url", format!("https://{rest}"))]
        }
        ("iam", "mfa") => vec![("SerialNumber", whole), ("VirtualMFADeviceName", name)],
        ("sts", "federated-user") => vec![("Name", name)],
        ("cloudformation", "stack") if rest.ends_with("/*") => {
            vec![("StackName", rest.trim_end_matches("/*").to_owned())]
        }
        ("cloudformation", "stack") => vec![("StackName", whole)],
        ("sns", topic) => vec![("TopicArn", whole), ("Name", topic.to_owned())],
        ("ssm", "parameter") if rest.contains('/') => vec![("Name", format!("/{rest}"))],
        ("ssm", "parameter") => vec![("Name", name)],
        ("wardian", "account") => vec![("AccountId", name)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_told_as_operations_take_it() {
        for (arn, name, value) in [
            ("arn:aws:s3:::box/a/b", "Bucket", "box"),
            ("arn:aws:s3:::box/a/b", "Key", "a/b"),
            ("arn:aws:iam::123456789012:user/team/ann", "UserName", "ann"),
            ("arn:aws:iam::123456789012:user/team/ann", "Path", "/team/"),
            ("arn:aws:iam::123456789012:role/", "PathPrefix", "/"),
            ("arn:aws:cloudformation:us-east-1:123456789012:stack/s/*", "StackName", "s"),
            ("arn:aws:wardian::123456789012:account/210987654321", "AccountId", "210987654321"),
        ] {
            let members = members(arn);
            assert!(members.contains(&(name, value.to_owned())), "{arn}: {members:?}");
        }
        assert_eq!(members("*"), []);
    }
}
