//! Could they? A question that no request asked, gathered and decided as if one had.
//!
//! The resource is found by the resolver of the operation that the action belongs to, the condition
//! keys are those that a request signed in its headers would have if it came from where the asker
//! is, now; what else it would carry is told. Deliberately absent: the checks of a handler that
//! policies know nothing of (a bucket that is not empty).

use std::borrow::Cow;
use std::sync::Arc;

use api::{Slot, Structure};
use http::HeaderMap;
use serde_json::Value;

use crate::authenticate::Who;
use crate::decisions::Record;
use crate::error::common;
use crate::gateway::Core;
use crate::question::{Facts, Question};
use crate::request::AuthFacts;
use crate::rows::{Ask as Asked, Row, Rule};
use crate::service::{Input, Service};
use crate::{AccountId, Caller, Cx, Error, Identity, Principal, RequestFacts, Resource, Session};
use crate::{authorize, explanation};

/// How long the session lasts that a role is asked about as.
const SESSION_SECONDS: i64 = 3600;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// `s3:GetObject`
    pub action: &'a str,
    /// An ARN, or `*`.
    pub resource: &'a str,
    /// Condition keys and their values, over those that are known.
    pub context: &'a [(String, Vec<String>)],
}

/// The answer.
pub struct Access {
    record: Record,
    /// Whether an operation of this server asks for the action.
    is_known: bool,
}

impl Access {
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        !self.record.is_denied()
    }

    /// The whole explanation, as far as the caller of `cx` may see it.
    #[must_use]
    pub fn document(&self, cx: &Cx<'_>) -> Value {
        let mut document = cx.explained(&self.record);
        if let Some(members) = document.as_object_mut().filter(|_| !self.is_known) {
            members.insert("unknownAction".to_owned(), true.into());
        }
        document
    }

    /// The statements that allow, as far as `viewer` may see them.
    #[must_use]
    pub fn allowed_by(&self, viewer: AccountId) -> Vec<Value> {
        explanation::matched_by(&self.record, viewer)
    }
}

impl Cx<'_> {
    /// Whether `caller` could do what is asked.
    ///
    /// # Errors
    /// Where the caller's user, role or account is gone; what the store says.
    pub fn access(&mut self, caller: Caller, ask: &Ask<'_>) -> Result<Access, Error> {
        let now = self.request.now;
        let who = Who::find(self.core, self.tx, caller, now)?;
        let mut who = who.ok_or_else(|| Error::validation("The principal does not exist."))?;
        if !who.caller.is_anonymous() && !matches!(who.caller.identity, Identity::Service(_)) {
            who.auth = AuthFacts {
                kind: Some("REST-HEADER"),
                version: Some("AWS4-HMAC-SHA256"),
                age: Some(0),
            };
        }
        self.accessed(who, ask)
    }

    /// What the policies of a group give a member, asked as if the group were a user.
    ///
    /// # Errors
    /// Only what the store says.
    pub fn access_by_group(
        &mut self,
        group: Arc<Principal>,
        ask: &Ask<'_>,
    ) -> Result<Access, Error> {
        let identity = Identity::User(group.id.clone());
        let caller = Caller { identity, ..Caller::root(self.account()) };
        let mut who = Who::of_service(caller, self.now());
        who.account = self.account_facts().cloned();
        who.principal = Some(group);
        self.accessed(who, ask)
    }

    fn accessed(&mut self, who: Who, ask: &Ask<'_>) -> Result<Access, Error> {
        let core = self.core;
        let found = find_row(core, ask.action);
        let is_known = found.is_some();
        let unserved = Row {
            id: None,
            action: ask.action.to_owned(),
            resource: "*".to_owned(),
            keys: std::collections::BTreeMap::new(),
            when: None,
            for_each: None,
            ask: Asked::Gate,
            decision: Rule::Policies,
        };
        let (service, operation, row) = found.unwrap_or((self.service, "", &unserved));
        let mut input: Box<dyn Input> = match service.served(operation) {
            Some(entry) => (entry.new_input)(),
            None => Box::new(api::sts::GetCallerIdentityRequest::default()),
        };
        fill(input.as_structure_mut(), ask.resource);
        let mut facts = RequestFacts { headers: HeaderMap::new(), ..self.request.clone() };
        if let Some(region) = region_of(ask.resource) {
            facts.region = region.to_owned();
        }
        let mut tried = 0;
        let result = loop {
            let mut cx = Cx::new(self.tx, core, service, operation, &who, &facts);
            let result = cx.question_of(row, input.as_structure(), ask);
            match elsewhere(&result) {
                Some(region) if tried == 0 => (facts.region, tried) = (region, 1),
                _ => break result,
            }
        };
        let error = match result {
            Ok(None) => None,
            Ok(Some(question)) => {
                let error = (!question.is_allowed()).then(|| Error::access_denied("denied"));
                who.trail.add(question);
                error
            }
            Err(error) if error.status() == 403 => Some(error),
            Err(error) => return Err(error),
        };
        let operation = (service.shape, operation);
        let mut record = Record::new(Box::new(who), &facts, operation, error.as_ref());
        if !record.questions.is_empty() {
            record.error = None;
        }
        Ok(Access { record, is_known })
    }

    /// None where every caller with credentials may.
    fn question_of(
        &mut self,
        row: &Row,
        input: &dyn Structure,
        ask: &Ask<'_>,
    ) -> Result<Option<Question>, Error> {
        if !self.operation.is_empty() {
            authorize::session_restrictions(self)?;
        }
        if row.decision == Rule::Authenticated {
            return authorize::authenticated(self).map(|()| None);
        }
        let resource = match authorize::resolve(self, row, input) {
            Ok(resource) if ask.resource == "*" || resource.arn == ask.resource => resource,
            Ok(_) => bare(ask.resource),
            Err(error) if is_final(&error) => return Err(error),
            // What does not exist has no policy.
            Err(_) => bare(ask.resource),
        };
        let mut question = authorize::question(self, row, input, Cow::Owned(resource))?;
        let mut context = question.context.get().into_owned();
        for (key, values) in ask.context {
            match values.as_slice() {
                [value] => context.insert(key.clone(), value.clone()),
                values => context.insert_values(key.clone(), values.to_vec()),
            }
        }
        question.context = Facts::Open(context);
        question.effect = question.put(self.who, policy::evaluate).effect;
        Ok(Some(question))
    }

    /// The caller that an ARN or a short name stands for: of this account, or of none. A role is
    /// asked about as a session of it. None where there is no such principal.
    ///
    /// # Errors
    /// Only what the store says.
    pub fn principal_named(&mut self, name: &str) -> Result<Option<Caller>, Error> {
        let account = self.account();
        if matches!(name, "anonymous" | "*") {
            return Ok(Some(Caller::anonymous(self.default_account())));
        }
        if name.ends_with(".amazonaws.com") {
            let identity = Identity::Service(name.to_owned());
            return Ok(Some(Caller { identity, ..Caller::anonymous(self.default_account()) }));
        }
        if name == account.as_str() || name == format!("arn:aws:iam::{account}:root") {
            return Ok(Some(Caller::root(account)));
        }
        if name.starts_with("arn:") {
            return self.principal_at(name);
        }
        for kind in ["user", "role"] {
            let found = self.principal_at(&format!("arn:aws:iam::{account}:{kind}/{name}"))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The user, role or session of a role of this account with that ARN.
    fn principal_at(&mut self, arn: &str) -> Result<Option<Caller>, Error> {
        let account = self.account();
        let own = |service: &str, kind: &str| {
            arn.strip_prefix(&format!("arn:aws:{service}::{account}:{kind}/")).map(str::to_owned)
        };
        if let Some(session) = own("sts", "assumed-role") {
            let Some((role, session)) = session.split_once('/') else { return Ok(None) };
            let role_arn = format!("arn:aws:iam::{account}:role/{role}");
            let id = self.core.directory.names().entity_id(self.tx, &role_arn)?;
            return Ok(id.map(|id| self.session_of(id, role, session)));
        }
        let id = self.core.directory.names().entity_id(self.tx, arn)?;
        let Some(id) = id else { return Ok(None) };
        if own("iam", "user").is_some() {
            return Ok(Some(Caller { identity: Identity::User(id), ..Caller::root(account) }));
        }
        let Some(path) = own("iam", "role") else { return Ok(None) };
        let name = path.rsplit('/').next().unwrap_or_default();
        Ok(Some(self.session_of(id, name, "wardian")))
    }

    /// A session of a role of this account, begun now.
    #[must_use]
    pub fn session_of(&self, id: String, name: &str, session_name: &str) -> Caller {
        let issued = self.now().as_seconds();
        let expires = issued.saturating_add(SESSION_SECONDS);
        let (name, session_name) = (name.to_owned(), session_name.to_owned());
        Caller {
            identity: Identity::Role { id, name, session_name },
            session: Some(Session { issued, expires, ..Session::default() }),
            ..Caller::root(self.account())
        }
    }

    /// The newest request that this account sees, and that `wanted` says yes to, as a document.
    #[must_use]
    pub fn decision(&self, wanted: impl Fn(&Decided<'_>) -> bool) -> Option<Value> {
        self.record(wanted).map(|record| self.explained(&record))
    }

    /// The same of the newest `max` such requests, oldest first.
    #[must_use]
    pub fn decisions(&self, max: usize, wanted: impl Fn(&Decided<'_>) -> bool) -> Vec<Value> {
        let found = self.core.decisions.all(|record| self.is_wanted(record, &wanted));
        let newest = found.iter().skip(found.len().saturating_sub(max));
        newest.map(|record| self.explained(record)).collect()
    }

    fn explained(&self, record: &Record) -> Value {
        let mut document = explanation::document(record, Some(self.account()));
        // Who is gone, or cannot be read now, keeps the id.
        let mut arn_of =
            |id: &str| self.core.directory.names().entity_arn(self.tx, id).ok().flatten();
        explanation::name_principals(&mut document, &mut arn_of);
        document
    }

    /// The same as an authorization message: sealed, so that only whom this account lets call
    /// sts:DecodeAuthorizationMessage reads it.
    ///
    /// # Errors
    /// Where the key cannot seal.
    pub fn authorization_message(
        &self,
        wanted: impl Fn(&Decided<'_>) -> bool,
    ) -> Result<Option<String>, Error> {
        let Some(record) = self.record(wanted) else { return Ok(None) };
        let account = self.account();
        let text = explanation::message(&record, account).to_string();
        Ok(Some(crate::message::seal(self.keyring(), self.account_facts(), &text)?))
    }

    /// What an authorization message of this account says; None where it is none.
    #[must_use]
    pub fn opened_message(&self, message: &str) -> Option<String> {
        crate::message::open(self.keyring(), self.account_facts(), message)
    }

    fn record(&self, wanted: impl Fn(&Decided<'_>) -> bool) -> Option<Arc<Record>> {
        self.core.decisions.newest(|record| self.is_wanted(record, &wanted))
    }

    fn is_wanted(&self, record: &Record, wanted: impl Fn(&Decided<'_>) -> bool) -> bool {
        let decided = Decided {
            request_id: &record.id,
            operation: record.operation,
            is_denied: record.is_denied(),
        };
        record.is_seen_by(self.account()) && wanted(&decided)
    }
}

/// A kept request, by what it is looked for.
#[derive(Debug)]
pub struct Decided<'a> {
    pub request_id: &'a str,
    pub operation: &'static str,
    pub is_denied: bool,
}

/// The row that asks for the action, in the service that the action names, else in another: some
/// ask for actions of their neighbours.
fn find_row<'c>(core: &'c Core, action: &str) -> Option<(&'c Service, &'static str, &'c Row)> {
    let prefix = action.split(':').next().unwrap_or_default();
    let mut services: Vec<&Service> = core.named.values().chain([&core.s3]).collect();
    services.sort_by_key(|service| (service.name() != prefix, service.name()));
    services.into_iter().find_map(|service| {
        row_of(service, action).map(|(operation, row)| (service, operation, row))
    })
}

/// The row that asks for the action, and its operation: that of the same name first.
fn row_of<'s>(service: &'s Service, action: &str) -> Option<(&'static str, &'s Row)> {
    let verb = action.split(':').nth(1).unwrap_or_default();
    let rows =
        service.decisions().flat_map(|(shape, rows)| rows.iter().map(move |row| (shape.name, row)));
    let about = rows.filter(|(_, row)| row.action.eq_ignore_ascii_case(action));
    about.min_by_key(|(operation, row)| {
        (!operation.eq_ignore_ascii_case(verb), row.ask != Asked::Gate, row.when.is_some())
    })
}

/// What no policy is asked about: a rule of AWS's, or a store that failed.
fn is_final(error: &Error) -> bool {
    error.is(common::ACCESS_DENIED) || error.status() >= 500 || elsewhere_of(error).is_some()
}

/// The region that a bucket is in, where it is not the one asked.
fn elsewhere(result: &Result<Option<Question>, Error>) -> Option<String> {
    result.as_ref().err().and_then(elsewhere_of)
}

fn elsewhere_of(error: &Error) -> Option<String> {
    let header = error.headers().iter().find(|(name, _)| *name == "x-amz-bucket-region");
    header.map(|(_, region)| region.clone())
}

/// A resource of which only the ARN is known.
fn bare(arn: &str) -> Resource {
    let resource = Resource::arn(arn);
    match arn.split(':').nth(4).and_then(AccountId::parse) {
        Some(owner) => resource.owned_by(owner),
        None => resource,
    }
}

fn region_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(3).filter(|region| !region.is_empty())
}

/// Sets the members by which operations name the resource of that ARN.
fn fill(input: &mut dyn Structure, arn: &str) {
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
