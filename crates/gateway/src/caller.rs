//! Who calls: always somebody, never nobody.
//!
//! A [`Caller`] is what a verified signature proves; it can be kept (sealed) with a stack, so that
//! later steps run under the same authority. What the caller may do is not in here: it is read from
//! the [`crate::Directory`] at each decision, so that a permission taken away is gone at once.

use std::collections::BTreeMap;

use api::Timestamp;
use minicbor::{Decode, Encode};

use crate::AccountId;

/// How the ARNs of the policies begin that AssumeRoot takes.
pub const ROOT_TASKS: &str = "arn:aws:iam::aws:policy/root-task/";

/// A caller whose credentials were verified, or [`Identity::Anonymous`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Caller {
    /// The account of the credentials; of an anonymous caller, the server's default account, which
    /// gives no right.
    #[n(0)]
    pub account: AccountId,
    #[n(1)]
    pub identity: Identity,
    #[n(2)]
    pub access_key_id: Option<String>,
    /// Of temporary credentials.
    #[n(3)]
    pub session: Option<Session>,
    /// `aws:CalledVia`: the services through which the caller's authority came, first to last.
    #[n(4)]
    pub via: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Identity {
    #[n(0)]
    Anonymous,
    #[n(1)]
    Root,
    /// An IAM user, by unique id.
    #[n(2)]
    User(#[n(0)] String),
    /// A session of a role.
    #[n(3)]
    Role {
        /// `AROA…`
        #[n(0)]
        id: String,
        /// The role's name, as session ARNs show it.
        #[n(1)]
        name: String,
        #[n(2)]
        session_name: String,
    },
    /// A session of GetFederationToken.
    #[n(4)]
    Federated {
        /// The unique id of the user who asked for the token; None where root did.
        #[n(0)]
        user_id: Option<String>,
        #[n(1)]
        name: String,
    },
    /// An AWS service itself: `cloudformation.amazonaws.com`.
    #[n(5)]
    Service(#[n(0)] String),
}

/// What temporary credentials carry. Times are AWS time in seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Session {
    #[n(0)]
    pub issued: i64,
    #[n(1)]
    pub expires: i64,
    /// Session policy documents, as passed; None where no session policy was passed at all.
    #[n(2)]
    pub policies: Option<Vec<String>>,
    /// ARNs of managed policies passed as session policies.
    #[n(3)]
    pub policy_arns: Vec<String>,
    /// Session tags, over the principal's own.
    #[n(4)]
    pub tags: BTreeMap<String, String>,
    /// The keys of `tags` that persist through role chaining.
    #[n(5)]
    pub transitive_tag_keys: Vec<String>,
    /// When a code of an MFA device was given.
    #[n(6)]
    pub mfa: Option<i64>,
    #[n(7)]
    pub source_identity: Option<String>,
}

impl Caller {
    #[must_use]
    pub const fn root(account: AccountId) -> Self {
        Self {
            account,
            identity: Identity::Root,
            access_key_id: None,
            session: None,
            via: Vec::new(),
        }
    }

    #[must_use]
    pub const fn anonymous(account: AccountId) -> Self {
        Self {
            account,
            identity: Identity::Anonymous,
            access_key_id: None,
            session: None,
            via: Vec::new(),
        }
    }

    #[must_use]
    pub const fn is_anonymous(&self) -> bool {
        matches!(self.identity, Identity::Anonymous)
    }

    #[must_use]
    pub const fn is_root(&self) -> bool {
        matches!(self.identity, Identity::Root)
    }

    /// A session of AssumeRoot: root, for one task alone.
    #[must_use]
    pub fn is_root_task(&self) -> bool {
        let arns = self.session.iter().flat_map(|session| &session.policy_arns);
        self.is_root() && arns.into_iter().any(|arn| arn.starts_with(ROOT_TASKS))
    }

    /// The same caller with `service` added to `aws:CalledVia`.
    #[must_use]
    pub fn via(&self, service: &str) -> Self {
        let mut caller = self.clone();
        caller.via.push(service.to_owned());
        caller
    }

    /// True where a session was used and has expired at the AWS time `now`.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.session.as_ref().is_some_and(|session| session.expires <= now.as_seconds())
    }

    /// `aws:PrincipalType`
    #[must_use]
    pub const fn principal_type(&self) -> &'static str {
        match self.identity {
            Identity::Anonymous => "Anonymous",
            Identity::Root => "Account",
            Identity::User(_) => "User",
            Identity::Role { .. } => "AssumedRole",
            Identity::Federated { .. } => "FederatedUser",
            Identity::Service(_) => "AWSService",
        }
    }

    /// `aws:userid`, and the `UserId` of GetCallerIdentity.
    #[must_use]
    pub fn user_id(&self) -> String {
        match &self.identity {
            Identity::Anonymous => "anonymous".to_owned(),
            Identity::Root => self.account.to_string(),
            Identity::User(id) => id.clone(),
            Identity::Role { id, session_name, .. } => format!("{id}:{session_name}"),
            Identity::Federated { name, .. } => format!("{}:{name}", self.account),
            Identity::Service(name) => name.clone(),
        }
    }
}
