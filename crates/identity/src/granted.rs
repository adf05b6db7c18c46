//! Which services a policy grants anything of, by the names before the colon of its actions.
//!
//! Pure. As on AWS only what is allowed counts: denials, boundaries and session policies do not.
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_access-advisor.html>

use std::collections::BTreeSet;

use policy::{Policy, StatementEffect};

/// What this server serves, by namespace, as AWS names it.
pub const SERVICES: [(&str, &str); 6] = [
    ("cloudformation", "AWS CloudFormation"),
    ("iam", "AWS Identity and Access Management"),
    ("s3", "Amazon S3"),
    ("sns", "Amazon SNS"),
    ("ssm", "AWS Systems Manager"),
    ("sts", "AWS Security Token Service"),
];

/// AWS's name of a service; the namespace itself where it is not known here.
#[must_use]
pub fn service_name(namespace: &str) -> &str {
    SERVICES.iter().find(|(known, _)| *known == namespace).map_or(namespace, |(_, name)| name)
}

/// Whether the policy allows anything of the service.
#[must_use]
pub fn grants(policy: &Policy, namespace: &str) -> bool {
    patterns(policy).any(|(not, patterns)| {
        if not {
            !patterns.iter().any(|pattern| covers(pattern, namespace))
        } else {
            patterns.iter().any(|pattern| names(pattern, namespace))
        }
    })
}

/// The services that the policy grants anything of: those it names, and of those that it does not
/// name the ones of [`SERVICES`].
#[must_use]
pub fn namespaces(policy: &Policy) -> BTreeSet<String> {
    let named = patterns(policy)
        .filter(|(not, _)| !not)
        .flat_map(|(_, patterns)| patterns)
        .filter_map(|pattern| pattern.split_once(':'))
        .map(|(service, _)| service.to_lowercase());
    let served = SERVICES.iter().map(|(namespace, _)| *namespace);
    named.chain(served.filter(|one| grants(policy, one)).map(str::to_owned)).collect()
}

/// The actions of each statement that allows, and whether they are those that are left out.
fn patterns(policy: &Policy) -> impl Iterator<Item = (bool, &[Box<str>])> {
    let allowing = policy.statements().iter();
    allowing
        .filter(|statement| statement.effect() == StatementEffect::Allow)
        .map(policy::Statement::actions)
}

/// Whether an action's pattern speaks of the service: before the colon there are no wildcards.
fn names(pattern: &str, namespace: &str) -> bool {
    match pattern.split_once(':') {
        None => true,
        Some((service, _)) => service.eq_ignore_ascii_case(namespace),
    }
}

/// Whether a pattern takes in every action of the service.
fn covers(pattern: &str, namespace: &str) -> bool {
    let (_, actions) = pattern.split_once(':').unwrap_or(("", pattern));
    names(pattern, namespace) && actions.bytes().all(|byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use policy::Kind;

    use super::*;

    fn policy(element: &str) -> Policy {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{element},"Resource":"*"}}]}}"#
        );
        Policy::parse(&text, Kind::Identity).expect("a policy")
    }

    #[test]
    fn a_policy_grants_the_services_whose_actions_it_allows() {
        for (element, granted, not_granted) in [
            (r#""Action":"s3:GetObject""#, "s3", "iam"),
            (r#""Action":["ec2:*","S3:*"]"#, "s3", "sts"),
            (r#""Action":"*""#, "cloudformation", "-"),
            (r#""NotAction":"iam:*""#, "s3", "iam"),
            (r#""NotAction":"iam:Get*""#, "iam", "-"),
        ] {
            assert!(grants(&policy(element), granted), "{element} {granted}");
            assert_eq!(grants(&policy(element), not_granted), not_granted == "-", "{element}");
        }
    }

    #[test]
    fn services_that_are_not_served_count_where_they_are_named() {
        let named = namespaces(&policy(r#""Action":["ec2:RunInstances","iam:GetUser"]"#));
        assert_eq!(named.into_iter().collect::<Vec<_>>(), ["ec2", "iam"]);
        let all = namespaces(&policy(r#""Action":"*""#));
        assert_eq!(all.len(), SERVICES.len());
    }
}
