//! Which services a policy grants anything of, by the names before the colon of its actions.
//!
//! Pure. As on AWS only what is allowed counts: denials, boundaries and session policies do not,
//! but for a control policy that takes a whole service away ([`left`]).
//! AWS:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_access-advisor.html>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use policy::{Policy, StatementEffect};
use serde::Deserialize;

/// AWS's services: namespaces and names.
fn services() -> &'static BTreeMap<String, String> {
    #[derive(Deserialize)]
    struct File {
        services: BTreeMap<String, String>,
    }
    static SERVICES: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    SERVICES.get_or_init(|| {
        let file = serde_json::from_str(include_str!("../../../data/service-names.json"));
        file.map(|file: File| file.services).unwrap_or_default()
    })
}

/// AWS's name of a service; the namespace itself where it is not known here.
#[must_use]
pub fn service_name(namespace: &str) -> &str {
    services().get(namespace).map_or(namespace, String::as_str)
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

/// The services that the policy grants anything of: those it names, and those of AWS's that a
/// wildcard takes in.
#[must_use]
pub fn namespaces(policy: &Policy) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (not, patterns) in patterns(policy) {
        if not || patterns.iter().any(|pattern| !pattern.contains(':')) {
            let all = services().keys().filter(|namespace| grants(policy, namespace));
            found.extend(all.cloned());
        }
        if !not {
            let named = patterns.iter().filter_map(|pattern| pattern.split_once(':'));
            found.extend(named.map(|(service, _)| service.to_lowercase()));
        }
    }
    found
}

/// All of AWS's services.
#[must_use]
pub fn all() -> BTreeSet<String> {
    services().keys().cloned().collect()
}

/// The services that control policies of one level leave: what one of them allows anything of and
/// none takes away whole.
#[must_use]
pub fn left<'a>(policies: impl IntoIterator<Item = &'a Policy> + Clone) -> BTreeSet<String> {
    let mut left: BTreeSet<String> = policies.clone().into_iter().flat_map(namespaces).collect();
    left.retain(|namespace| !policies.clone().into_iter().any(|one| denies_all(one, namespace)));
    left
}

/// Whether a statement denies each action of the service, on everything and whatever else holds.
fn denies_all(policy: &Policy, namespace: &str) -> bool {
    let denying = policy.statements().iter();
    let mut denying = denying.filter(|statement| statement.effect() == StatementEffect::Deny);
    denying.any(|statement| {
        let (not_resources, resources) = statement.resources();
        let on_all = !not_resources && resources.iter().any(|pattern| &**pattern == "*");
        let (not, patterns) = statement.actions();
        let of_all = match not {
            false => patterns.iter().any(|pattern| covers(pattern, namespace)),
            true => !patterns.iter().any(|pattern| names(pattern, namespace)),
        };
        on_all && of_all && statement.conditions().next().is_none()
    })
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
    fn the_services_of_a_policy_are_those_it_names_or_all() {
        let named = namespaces(&policy(r#""Action":["ec2:RunInstances","IAM:GetUser"]"#));
        assert_eq!(named.into_iter().collect::<Vec<_>>(), ["ec2", "iam"]);
        let all = namespaces(&policy(r#""Action":"*""#));
        assert_eq!(all.len(), services().len());
        assert!(all.len() > 400);
        let most = namespaces(&policy(r#""NotAction":"iam:*""#));
        assert!(most.len() + 1 == all.len() && !most.contains("iam"));
    }

    #[test]
    fn a_control_policy_leaves_what_it_allows_and_does_not_take_away_whole() {
        let control = |statements: &str| {
            let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
            Policy::parse(&text, Kind::ServiceControl).expect("a policy")
        };
        let allow = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        for (statement, is_left) in [
            (r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#, false),
            (r#"{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}"#, false),
            (r#"{"Effect":"Deny","Action":"s3:Get*","Resource":"*"}"#, true),
            (r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b"}"#, true),
            (
                r#"{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"a:b":"true"}}}"#,
                true,
            ),
        ] {
            let one = left([&control(&format!("{allow},{statement}"))]);
            assert_eq!(one.contains("s3"), is_left, "{statement}");
            assert!(one.contains("iam"), "{statement}");
            // A policy beside it takes away as much.
            let (open, closed) = (control(allow), control(statement));
            assert_eq!(left([&open, &closed]).contains("s3"), is_left, "{statement}");
        }
    }

    #[test]
    fn services_have_the_names_that_aws_gives_them() {
        assert_eq!(service_name("s3"), "Amazon S3");
        assert_eq!(service_name("cloudformation"), "AWS CloudFormation");
        assert_eq!(service_name("nobody-knows"), "nobody-knows");
    }
}
