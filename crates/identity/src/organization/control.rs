//! Service and resource control policies as decisions read them: level by level, from the root of
//! the organization down to the account.
//!
//! The management account is under none. A type that is not enabled does not exist for decisions;
//! a level without a policy allows nothing.
//! AWS: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>

use api::organizations::PolicyType;
use gateway::{AccountId, Error, Membership};
use policy::{Kind as Grammar, PolicyId, Source};
use store::Tx;

use super::record::{ATTACHED, CONTROLS, Control, ControlRecord, OrganizationRecord};
use super::tree;
use crate::document;

/// What decisions about an account and its resources must know of its organization.
#[derive(Debug, Default)]
pub struct Place {
    pub organization: Option<Membership>,
    pub service_control: Vec<Vec<Source>>,
    pub resource_control: Vec<Vec<Source>>,
}

const FULL_SERVICE: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const FULL_RESOURCE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// The account's place.
///
/// # Errors
/// What the store says; a kept policy that does not parse.
pub fn place(tx: &Tx, account: AccountId) -> Result<Place, Error> {
    let Some((organization, member)) = tree::of(tx, account)? else { return Ok(Place::default()) };
    let mut line = tree::line(tx, &organization, &member.parent)?;
    let path = tree::path(&organization, &line);
    let membership = Membership { id: organization.id.clone(), path };
    let mut place = Place { organization: Some(membership), ..Place::default() };
    if organization.management == account {
        return Ok(place);
    }
    line.push(account.to_string());
    if organization.has_enabled(Control::Service) {
        place.service_control = levels(tx, &organization, &line, Control::Service)?;
    }
    if organization.has_enabled(Control::Resource) {
        place.resource_control = levels(tx, &organization, &line, Control::Resource)?;
    }
    Ok(place)
}

fn levels(
    tx: &Tx,
    organization: &OrganizationRecord,
    line: &[String],
    control: Control,
) -> Result<Vec<Vec<Source>>, Error> {
    let level = |target: &String| {
        let owner = organization.node_arn(target);
        let attached = attached(tx, organization, target, control)?.into_iter();
        attached.map(|policy| source(organization, &policy, &owner)).collect()
    };
    line.iter().map(level).collect()
}

fn source(
    organization: &OrganizationRecord,
    policy: &ControlRecord,
    owner: &str,
) -> Result<Source, Error> {
    let id = PolicyId::managed(&policy.arn(organization), owner);
    Ok(Source { policy: document::kept(&policy.content, policy.kind.grammar())?, id })
}

/// The policies of a type that are attached to a root, unit or account.
pub fn attached(
    tx: &Tx,
    organization: &OrganizationRecord,
    target: &str,
    control: Control,
) -> Result<Vec<ControlRecord>, Error> {
    let range = ATTACHED.prefix((organization.id.as_str(), target));
    let mut policies = Vec::new();
    for ((.., id), ()) in ATTACHED.scan(tx, range, usize::MAX)? {
        // INVARIANT: a policy cannot be deleted while it is attached.
        let policy = find(tx, organization, &id)?;
        let policy = policy.ok_or_else(|| Error::internal("an attached policy is gone"))?;
        policies.extend(Some(policy).filter(|policy| policy.kind == control));
    }
    Ok(policies)
}

/// The policy of that id: AWS's, or the organization's own.
pub fn find(
    tx: &Tx,
    organization: &OrganizationRecord,
    id: &str,
) -> Result<Option<ControlRecord>, Error> {
    let managed = Control::ALL.into_iter().map(Control::full_access_policy);
    match managed.into_iter().find(|policy| policy.id == id) {
        Some(policy) => Ok(Some(policy)),
        None => Ok(CONTROLS.get(tx, (organization.id.as_str(), id))?),
    }
}

impl Control {
    pub const ALL: [Self; 2] = [Self::Service, Self::Resource];

    /// None for the types that are not enforced here.
    pub const fn of(kind: &PolicyType) -> Option<Self> {
        match kind {
            PolicyType::ServiceControlPolicy => Some(Self::Service),
            PolicyType::ResourceControlPolicy => Some(Self::Resource),
            _ => None,
        }
    }

    pub const fn shape(self) -> PolicyType {
        match self {
            Self::Service => PolicyType::ServiceControlPolicy,
            Self::Resource => PolicyType::ResourceControlPolicy,
        }
    }

    pub const fn grammar(self) -> Grammar {
        match self {
            Self::Service => Grammar::ServiceControl,
            Self::Resource => Grammar::ResourceControl,
        }
    }

    /// As ARNs name the type.
    const fn word(self) -> &'static str {
        match self {
            Self::Service => "service_control_policy",
            Self::Resource => "resource_control_policy",
        }
    }

    /// Id and name of AWS's policy that allows all.
    pub const fn full_access(self) -> (&'static str, &'static str) {
        match self {
            Self::Service => ("p-FullAWSAccess", "FullAWSAccess"),
            Self::Resource => ("p-RCPFullAWSAccess", "RCPFullAWSAccess"),
        }
    }

    pub fn full_access_policy(self) -> ControlRecord {
        let (id, name) = self.full_access();
        let (content, description) = match self {
            Self::Service => (FULL_SERVICE, "Allows access to every operation"),
            // AWS's own description is not known.
            Self::Resource => (FULL_RESOURCE, "Allows access to every operation"),
        };
        ControlRecord {
            id: id.to_owned(),
            name: name.to_owned(),
            description: description.to_owned(),
            kind: self,
            content: content.to_owned(),
            tags: Vec::new(),
        }
    }
}

impl ControlRecord {
    pub fn is_aws_managed(&self) -> bool {
        self.id == self.kind.full_access().0
    }

    pub fn arn(&self, organization: &OrganizationRecord) -> String {
        let kind = self.kind.word();
        if self.is_aws_managed() {
            return format!("arn:aws:organizations::aws:policy/{kind}/{}", self.id);
        }
        let (management, organization) = (organization.management, &organization.id);
        format!("arn:aws:organizations::{management}:policy/{organization}/{kind}/{}", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policies_that_allow_all_are_policies_of_their_type() {
        for control in Control::ALL {
            let policy = control.full_access_policy();
            assert!(document::compile(&policy.content, control.grammar()).is_ok(), "{policy:?}");
        }
    }
}
