//! AssumeRole: a session of a role, where the role's trust policy and the caller's own policies
//! allow it.
//!
//! The trust policy is the resource policy of every decision here. A role that does not exist is
//! refused like one that trusts nobody, so that nobody learns which roles there are.
//! AWS: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::collections::BTreeMap;

use api::Structure;
use api::sts::{AssumeRoleRequest, AssumeRoleResponse, AssumedRoleUser};
use gateway::{AccountId, Attached, Caller, Cx, Error, Identity, Resource, Session};
use policy::{Kind as Grammar, PolicyId, ResourceKind, Source};

use super::session::{self, Packed};
use crate::arn::{self, Owner};
use crate::entity::{self, Entity, Kind};
use crate::{document, mfa_code, tag};

const DURATION_DEFAULT: i32 = 3600;
/// The most for a session that a session of a role asks for.
const CHAINED_DURATION_MAX: i32 = 3600;
const TAGS_MAX: usize = 50;

/// What stands for the trust policy of a role that does not exist: nobody is trusted.
const NOBODY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:*"}]}"#;

/// What the row below has read, for the handler.
struct Found(Option<AccountId>, Option<Entity>);

/// The role that is asked for, with its trust policy. The root user is refused before any policy is
/// read.
pub fn role(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Resource, Error> {
    if cx.caller().is_root() {
        return Err(Error::access_denied("Roles may not be assumed by root accounts."));
    }
    let arn = input.text("RoleArn").unwrap_or_default();
    let (owner, role) = find(cx, arn)?;
    let trust = role.as_ref().and_then(|role| role.role.as_ref()).map(|part| part.trust.as_str());
    let policy = document::kept(trust.unwrap_or(NOBODY), Grammar::Trust)?;
    let id = PolicyId::inline("trust policy", arn);
    let attached = Attached {
        source: Source { policy, id },
        kind: ResourceKind::Trust,
        restrict_public: false,
    };
    let resource = Resource::arn(arn).with_policy(Some(attached));
    let resource = match owner {
        Some(owner) => resource.owned_by(owner),
        None => resource,
    };
    let tags = role.as_ref().map(Entity::tag_map).unwrap_or_default();
    let keyed = tags.iter().fold(resource, |resource, (key, value)| {
        resource.with_key(format!("iam:ResourceTag/{key}"), vec![value.clone()])
    });
    let keyed = keyed.tagged(tags);
    cx.leave(Found(owner, role));
    // A code counts for this very decision: trust policies ask for one.
    let (serial, code) = (input.text("SerialNumber"), input.text("TokenCode"));
    if !mfa_code::verify(cx, serial, code)? {
        return Ok(keyed);
    }
    Ok(keyed
        .with_key("aws:MultiFactorAuthPresent", vec!["true".to_owned()])
        .with_key("aws:MultiFactorAuthAge", vec!["0".to_owned()]))
}

pub fn assume_role(cx: &mut Cx<'_>, input: AssumeRoleRequest) -> Result<AssumeRoleResponse, Error> {
    let found = match cx.left() {
        Some(Found(owner, role)) => (owner, role),
        None => find(cx, &input.role_arn)?,
    };
    let (Some(account), Some(role)) = found else {
        // INVARIANT: the row above trusts nobody for a role that does not exist.
        return Err(Error::internal("a role that does not exist was allowed"));
    };
    let duration = duration(cx, &role, input.duration_seconds)?;
    let tags = Tags::of(cx, &input)?;
    let source_identity = source_identity(cx, &input)?;
    let text = input.policy.as_deref();
    let (policies, policy_arns) =
        session::policies(cx, account, text, input.policy_arns.as_deref())?;
    let packed = match (policies.is_some() || !policy_arns.is_empty(), input.tags.is_some()) {
        (true, _) => Packed::Policies,
        (false, true) => Packed::Tags,
        (false, false) => Packed::Nothing,
    };
    let issued = cx.now().as_seconds();
    let (serial, code) = (input.serial_number.as_deref(), input.token_code.as_deref());
    let mfa = mfa_code::consume(cx, serial, code)?;
    let session = Session {
        issued,
        expires: issued.saturating_add(i64::from(duration)),
        policies,
        policy_arns,
        tags: tags.all,
        transitive_tag_keys: tags.transitive,
        mfa,
        source_identity: source_identity.clone(),
    };
    let name = input.role_session_name;
    let caller = session_of(account, &role, &name, session);
    let minimum = input.minimum_session_token_size;
    let (credentials, packed_policy_size) =
        session::credentials(cx, account, caller, packed, minimum)?;
    Ok(AssumeRoleResponse {
        credentials: Some(credentials),
        assumed_role_user: Some(AssumedRoleUser {
            assumed_role_id: format!("{}:{name}", role.id),
            arn: arn::assumed_role(account, &role.name, &name),
        }),
        packed_policy_size,
        source_identity,
        ..AssumeRoleResponse::default()
    })
}

fn session_of(account: AccountId, role: &Entity, name: &str, session: Session) -> Caller {
    Caller {
        account,
        identity: Identity::Role {
            id: role.id.clone(),
            name: role.name.clone(),
            session_name: name.to_owned(),
        },
        access_key_id: None,
        session: Some(session),
        via: Vec::new(),
    }
}

/// The account that a role's ARN names, and the role where it exists.
fn find(cx: &Cx<'_>, arn: &str) -> Result<(Option<AccountId>, Option<Entity>), Error> {
    if !is_arn(arn) {
        return Err(Error::validation(format!("{arn} is invalid")));
    }
    let Some(parts) = arn::parts(arn).filter(|parts| parts.kind == "role") else {
        return Ok((None, None));
    };
    let Owner::Account(account) = parts.owner else { return Ok((None, None)) };
    // The roles of a closed account are nobody's.
    if cx.account_facts_of(account)?.is_none() {
        return Ok((Some(account), None));
    }
    Ok((Some(account), entity::at(cx.tx, account, Kind::Role, (parts.path, parts.name))?))
}

/// What STS takes for an ARN at all: six parts, of which partition, service and resource are not
/// empty.
fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, service, _, _, resource] => {
            !partition.is_empty() && !service.is_empty() && !resource.is_empty()
        }
        _ => false,
    }
}

fn duration(cx: &Cx<'_>, role: &Entity, asked: Option<i32>) -> Result<i32, Error> {
    let duration = asked.unwrap_or(DURATION_DEFAULT);
    let chained = matches!(cx.caller().identity, Identity::Role { .. });
    if chained && duration > CHAINED_DURATION_MAX {
        return Err(Error::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining.",
        ));
    }
    let most = role.role.as_ref().map_or(DURATION_DEFAULT, |part| part.max_session);
    if duration > most {
        return Err(Error::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(duration)
}

/// The tags of the new session: those passed, and those that the caller's session hands on.
struct Tags {
    all: BTreeMap<String, String>,
    transitive: Vec<String>,
}

impl Tags {
    fn of(cx: &mut Cx<'_>, input: &AssumeRoleRequest) -> Result<Self, Error> {
        let passed = input.tags.as_deref().unwrap_or_default();
        let mut transitive = input.transitive_tag_keys.clone().unwrap_or_default();
        session::unique_tags(passed)?;
        let among = |key: &String| passed.iter().any(|tag| tag::same_key(&tag.key, key));
        if !transitive.iter().all(among) {
            return Err(session::invalid_parameter(
                "The specified transitive tag key must be included in the requested tags.",
            ));
        }
        let inherited = inherited(cx);
        let taken = |key: &str| inherited.iter().any(|(known, _)| tag::same_key(known, key));
        if passed.iter().any(|tag| taken(&tag.key)) {
            return Err(session::invalid_parameter(
                "One of the specified transitive tag keys can't be set because it conflicts with \
                 a transitive tag key from the calling session.",
            ));
        }
        if !inherited.is_empty() {
            let resource = role(cx, input)?;
            cx.allow("inherited-tags", input, &resource)?;
        }
        transitive.extend(inherited.iter().map(|(key, _)| key.clone()));
        let mut all: BTreeMap<_, _> = inherited.into_iter().collect();
        all.extend(passed.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
        if all.len() > TAGS_MAX {
            return Err(Error::validation(
                "1 validation error detected: Value at 'tags' failed to satisfy constraint: \
                 Member must have length less than or equal to 50",
            ));
        }
        Ok(Self { all, transitive })
    }
}

fn inherited(cx: &Cx<'_>) -> Vec<(String, String)> {
    let Some(session) = &cx.caller().session else { return Vec::new() };
    let transitive =
        |key: &str| session.transitive_tag_keys.iter().any(|known| tag::same_key(known, key));
    let tags = session.tags.iter().filter(|(key, _)| transitive(key));
    tags.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Once set, a source identity stays through all further roles; each of them must allow it.
fn source_identity(cx: &mut Cx<'_>, input: &AssumeRoleRequest) -> Result<Option<String>, Error> {
    let held = cx.caller().session.as_ref().and_then(|session| session.source_identity.clone());
    match (held, &input.source_identity) {
        (None, given) => {
            if given.as_deref().is_some_and(starts_with_aws) {
                return Err(Error::validation("SourceIdentity must not begin with aws:."));
            }
            Ok(given.clone())
        }
        (Some(held), Some(given)) if held != *given => Err(refused_identity(cx, input)),
        (Some(held), _) => {
            let resource = role(cx, input)?;
            cx.allow("inherited-source-identity", input, &resource)?;
            Ok(Some(held))
        }
    }
}

fn starts_with_aws(text: &str) -> bool {
    text.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
}

fn refused_identity(cx: &Cx<'_>, input: &AssumeRoleRequest) -> Error {
    let (caller, role) = (cx.caller_arn(), &input.role_arn);
    Error::access_denied(format!(
        "User: {caller} is not authorized to perform: sts:SetSourceIdentity on resource: {role}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from AWS by localstack's snapshot tests (test_sts_invalid_parameters, Apache-2.0).
    #[test]
    fn what_is_no_arn_to_sts_is_refused() {
        for text in [
            "nothing-valid-in-here",
            "arn::b:::something/test-role",
            "arn:a::::something/test-role",
            "arn:a:::something/test-role",
            "arn:a:a::aaaaaaaaaa:",
        ] {
            assert!(!is_arn(text), "{text}");
        }
        assert!(is_arn("arn:aws:iam::123456789012:role/Deploy"));
    }

    #[test]
    fn the_policy_of_a_role_that_does_not_exist_parses() {
        document::kept(NOBODY, Grammar::Trust).expect("a trust policy");
    }
}
