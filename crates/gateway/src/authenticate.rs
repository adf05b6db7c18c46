//! Who sent this? Verifies the signature and finds the caller; the only way to a [`Who`] for a
//! request from outside.
//!
//! A request that shows any sign of being signed is verified or refused, never taken for an
//! anonymous one. AWS: "AWS Signature Version 4 for API requests" (IAM User Guide).

use std::sync::Arc;

use api::Timestamp;
use policy::{Kind, Policy, PolicyId, Source};
use sigv4::{
    AuthError, Authorization, Expected, Form, Headers, PayloadHash, Presented, SecretKey, Seed,
    Style,
};
use store::{Secret, Tx};

use crate::decisions::Trail;
use crate::directory::{Account, Principal};
use crate::gateway::Core;
use crate::region::is_region;
use crate::request::{AuthFacts, RequestFacts};
use crate::{Caller, Error, Identity, auth_error, hoist, id, token};

mod version2;

pub use version2::takes_version_2;

/// A caller with what the directory knows of it in this transaction.
pub struct Who {
    pub caller: Caller,
    pub account: Option<Arc<Account>>,
    /// The user or role; None for root, services and anonymous callers.
    pub principal: Option<Arc<Principal>>,
    /// Compiled session policies; None where no session policy was passed.
    pub session_policies: Option<Vec<Source>>,
    pub auth: AuthFacts,
    /// AWS time of the request.
    pub now: Timestamp,
    /// What was asked in its name.
    pub trail: Trail,
}

/// A verified request: who, and how its payload must prove itself.
pub struct Verified {
    /// Boxed: it goes through many hands, the last of which keep it.
    pub who: Box<Who>,
    pub payload: PayloadHash,
    /// What the signatures of aws-chunked pieces follow from.
    pub seed: Option<Seed>,
}

/// A request as far as its signature covers it.
pub struct Signed<'a> {
    pub facts: &'a RequestFacts,
    pub service: &'static str,
    pub style: Style,
    pub body_sha256: &'a [u8; 32],
    /// The bucket that the host names.
    pub virtual_host: Option<&'a str>,
}

/// Verifies a request. Anonymous requests pass with an anonymous caller: whether that is enough,
/// authorization says.
pub fn verify(core: &Core, tx: &Tx, signed: &Signed<'_>) -> Result<Verified, Error> {
    let facts = signed.facts;
    let headers = hoist::sent(facts);
    let request = sigv4::Request {
        method: facts.method.as_str(),
        path: &facts.path,
        query: &facts.query,
        headers: &headers,
    };
    let fail = |error: &AuthError| auth_error::auth(error, signed.style);
    let presented = sigv4::inspect(&request, signed.style).map_err(|error| fail(&error))?;
    let authorization = match &presented {
        Presented::Signed(authorization) => authorization,
        Presented::Version2(presented) => {
            return version2::verify(core, tx, signed, &request, presented);
        }
        Presented::Anonymous => {
            let payload = unsigned_payload(&headers).map_err(|error| fail(&error))?;
            let who = Box::new(Who::anonymous(core, facts.now));
            return Ok(Verified { who, payload, seed: None });
        }
    };
    let (key_id, token) = (authorization.access_key_id(), authorization.session_token());
    let (caller, secret) = of_key(core, tx, key_id, token, signed.style)?;
    let secret = SecretKey::new(secret.expose());
    let expected = Expected {
        style: signed.style,
        service: signed.service,
        // A scope may name any region; a word that is none is refused, with the region expected.
        region: (!is_region(&facts.region)).then_some(core.config.region.as_str()),
        body_sha256: signed.body_sha256,
        now: signing_now(core, facts, authorization),
    };
    let verified = sigv4::verify(authorization, &request, &secret, &core.signing_keys, &expected)
        .map_err(|error| fail(&error))?;
    if caller.has_expired(facts.now) {
        let token = authorization.session_token().unwrap_or_default().to_owned();
        return Err(fail(&AuthError::ExpiredToken { token, now: facts.now.as_seconds() }));
    }
    let seed = authorization.payload().is_streaming().then(|| verified.seed());
    let mut who = Box::new(Who::of_key(core, tx, caller, facts.now, signed.style)?);
    who.auth = auth_facts(authorization, expected.now);
    Ok(Verified { who, payload: authorization.payload(), seed })
}

/// The payload of a request whose signature does not cover it.
fn unsigned_payload(headers: &Headers<'_>) -> Result<PayloadHash, AuthError> {
    Ok(PayloadHash::of(headers)?.unwrap_or(PayloadHash::Unsigned))
}

/// The moment to judge a signature by: wall time for its skew; for a presigned request, its signing
/// moment and the AWS time that has passed since, so that moving the clock expires it.
fn signing_now(core: &Core, facts: &RequestFacts, authorization: &Authorization<'_>) -> i64 {
    let wall = facts.wall.as_seconds();
    if authorization.form() == Form::Header || authorization.expires().is_none() {
        return wall;
    }
    let signed = Timestamp::from_seconds(authorization.time());
    let passed = facts.now.as_seconds() - core.aws_time_at(signed).as_seconds();
    signed.as_seconds().saturating_add(passed)
}

enum Refused {
    Auth(AuthError),
    Store(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// The caller and secret that an access key (and token) stand for.
///
/// # Errors
/// The service's words for credentials that are none.
pub fn of_key(
    core: &Core,
    tx: &Tx,
    key_id: &str,
    token: Option<&str>,
    style: Style,
) -> Result<(Caller, Secret), Error> {
    let found = match token {
        None => long_term(core, tx, key_id),
        Some(token) => temporary(core, tx, key_id, token),
    };
    found.map_err(|error| match error {
        Refused::Auth(error) => auth_error::auth(&error, style),
        Refused::Store(error) => error,
    })
}

fn long_term(core: &Core, tx: &Tx, key_id: &str) -> Result<(Caller, Secret), Refused> {
    let unknown =
        || Refused::Auth(AuthError::UnknownAccessKey { access_key_id: key_id.to_owned() });
    let key = core.directory.access_key(tx, key_id)?.filter(|key| key.active);
    let key = key.ok_or_else(unknown)?;
    let identity = key.user_id.map_or(Identity::Root, Identity::User);
    let caller =
        Caller { identity, access_key_id: Some(key_id.to_owned()), ..Caller::root(key.account) };
    Ok((caller, key.secret))
}

fn temporary(core: &Core, tx: &Tx, key_id: &str, token: &str) -> Result<(Caller, Secret), Refused> {
    let invalid = || Refused::Auth(AuthError::InvalidToken { token: token.to_owned() });
    let account = id::account_of(key_id).ok_or_else(invalid)?;
    let account = core.directory.account(tx, account)?.ok_or_else(invalid)?;
    let opened = token::open(&core.keyring, &account.realm, key_id, token);
    let (caller, secret) = opened.ok_or_else(invalid)?;
    Ok((caller, secret))
}

fn auth_facts(authorization: &Authorization<'_>, now: i64) -> AuthFacts {
    AuthFacts {
        kind: Some(match authorization.form() {
            Form::Header => "REST-HEADER",
            Form::Query => "REST-QUERY-STRING",
        }),
        version: Some("AWS4-HMAC-SHA256"),
        age: Some(now.saturating_sub(authorization.time()).max(0).saturating_mul(1000)),
    }
}

impl Who {
    /// Reads what the directory knows of `caller`; refused where the user, role or account is gone.
    pub fn of_caller(core: &Core, tx: &Tx, caller: Caller, now: Timestamp) -> Result<Self, Error> {
        if caller.has_expired(now) {
            let error = AuthError::ExpiredToken { token: String::new(), now: now.as_seconds() };
            return Err(auth_error::auth(&error, Style::Query));
        }
        Self::find(core, tx, caller, now)?.ok_or_else(auth_error::invalid_client_token)
    }

    /// As if the key had gone with its owner, where the owner is gone.
    fn of_key(
        core: &Core,
        tx: &Tx,
        caller: Caller,
        now: Timestamp,
        style: Style,
    ) -> Result<Self, Error> {
        let access_key_id = caller.access_key_id.clone().unwrap_or_default();
        let gone = || auth_error::auth(&AuthError::UnknownAccessKey { access_key_id }, style);
        Self::find(core, tx, caller, now)?.ok_or_else(gone)
    }

    /// None where the user, role or account is gone.
    pub fn find(
        core: &Core,
        tx: &Tx,
        caller: Caller,
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        if matches!(caller.identity, Identity::Service(_)) {
            return Ok(Some(Self::of_service(caller, now)));
        }
        if caller.is_anonymous() {
            return Ok(Some(Self::anonymous(core, now)));
        }
        let directory = &core.directory;
        let Some(account) = directory.account(tx, caller.account)? else { return Ok(None) };
        let id = match &caller.identity {
            Identity::User(id)
            | Identity::Role { id, .. }
            | Identity::Federated { user_id: Some(id), .. } => Some(id),
            _ => None,
        };
        let principal = match id {
            Some(id) => directory.principal(tx, caller.account, id)?,
            None => None,
        };
        if id.is_some() && principal.is_none() {
            return Ok(None);
        }
        let session_policies = session_policies(core, tx, &caller)?;
        let auth = AuthFacts::default();
        let (account, trail) = (Some(account), Trail::default());
        Ok(Some(Self { caller, account, principal, session_policies, auth, now, trail }))
    }

    pub fn of_service(caller: Caller, now: Timestamp) -> Self {
        Self {
            caller,
            account: None,
            principal: None,
            session_policies: None,
            auth: AuthFacts::default(),
            now,
            trail: Trail::default(),
        }
    }

    pub fn anonymous(core: &Core, now: Timestamp) -> Self {
        Self::of_service(Caller::anonymous(core.config.account), now)
    }

    /// What GetCallerIdentity answers and denials begin with.
    pub fn arn(&self) -> String {
        let account = self.caller.account;
        match (&self.caller.identity, &self.principal) {
            (Identity::Root, _) => format!("arn:aws:iam::{account}:root"),
            (Identity::User(_), Some(user)) => user.arn.clone(),
            (Identity::User(id), None) => format!("arn:aws:iam::{account}:user/{id}"),
            (Identity::Role { name, session_name, .. }, _) => {
                format!("arn:aws:sts::{account}:assumed-role/{name}/{session_name}")
            }
            (Identity::Federated { name, .. }, _) => {
                format!("arn:aws:sts::{account}:federated-user/{name}")
            }
            (Identity::Service(name), _) => name.clone(),
            (Identity::Anonymous, _) => "anonymous".to_owned(),
        }
    }

    /// The texts that the policy engine borrows.
    pub fn arns(&self) -> Arns {
        let user = match &self.caller.identity {
            Identity::Federated { user_id: None, .. } => {
                format!("arn:aws:iam::{}:root", self.caller.account)
            }
            _ => self.principal_arn(),
        };
        Arns { caller: self.arn(), principal: user }
    }

    /// The caller as the policy engine sees it.
    pub fn policy_principal<'a>(&'a self, arns: &'a Arns) -> policy::Principal<'a> {
        let account = self.caller.account.as_str();
        match &self.caller.identity {
            Identity::Anonymous => policy::Principal::Anonymous,
            Identity::Root => policy::Principal::Root { account },
            Identity::User(id) => policy::Principal::User { account, arn: &arns.caller, id },
            Identity::Role { id, .. } => policy::Principal::Role {
                account,
                role_arn: &arns.principal,
                role_id: id,
                session_arn: &arns.caller,
            },
            Identity::Federated { user_id, .. } => policy::Principal::Federated {
                account,
                arn: &arns.caller,
                user_arn: &arns.principal,
                user_id: user_id.as_deref().unwrap_or_default(),
            },
            Identity::Service(name) => policy::Principal::Service { name },
        }
    }

    /// `aws:PrincipalArn`: of a session, the role with its path.
    pub fn principal_arn(&self) -> String {
        match (&self.caller.identity, &self.principal) {
            (Identity::Role { .. } | Identity::Federated { .. }, Some(principal)) => {
                principal.arn.clone()
            }
            _ => self.arn(),
        }
    }
}

/// The caller's ARN and that of the user or role behind it.
pub struct Arns {
    caller: String,
    principal: String,
}

const ALL: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// A session's policies, compiled. A document that no longer parses is a session that may do
/// nothing.
fn session_policies(core: &Core, tx: &Tx, caller: &Caller) -> Result<Option<Vec<Source>>, Error> {
    let Some(session) = &caller.session else { return Ok(None) };
    if session.policies.is_none() && session.policy_arns.is_empty() {
        return Ok(None);
    }
    let mut sources = Vec::new();
    for text in session.policies.iter().flatten() {
        if let Ok(policy) = Policy::parse(text, Kind::Session) {
            sources.push(Source { policy, id: PolicyId::inline("session policy", "session") });
        }
    }
    for arn in &session.policy_arns {
        sources.extend(core.directory.managed_policy(tx, caller.account, arn)?);
    }
    if caller.is_root_task() {
        // A task's policy denies all but the task; what it leaves, root may.
        let policy = Policy::parse(ALL, Kind::Session).map_err(Error::internal)?;
        sources.push(Source { policy, id: PolicyId::inline("root", "session") });
    }
    Ok(Some(sources))
}
