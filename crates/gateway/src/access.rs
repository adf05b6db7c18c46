//! Could they? A question that no request asked, gathered and decided as if one had.
//!
//! The resource is found by the resolver of the operation that the action belongs to, the condition
//! keys are those that a request signed in its headers would have if it came from where the asker
//! is, now; what else it would carry is told. Deliberately absent: the checks of a handler that
//! policies know nothing of (a bucket that is not empty).

mod principal;
mod resource;

use std::borrow::Cow;
use std::sync::Arc;

use api::Structure;
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
use crate::{AccountId, Caller, Cx, Error, Identity, Principal, RequestFacts};
use crate::{authorize, explanation};
use resource::{bare, fill, region_of};

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
