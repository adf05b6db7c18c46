//! A policy document, compiled: what [`crate::evaluate()`] reads.
//!
//! Everything that can be done once is done here: patterns split, numbers, dates and networks
//! read. A compiled policy is immutable, shared, and knows nothing of who it is attached to.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html>

use std::sync::Arc;

use crate::arn::{ArnPattern, Short};
use crate::condition::{Condition, Unresolved};
use crate::context::Context;
use crate::grammar::{self, RawElement, RawPrincipal, RawStatement};
use crate::index::Index;
use crate::json::Place;
use crate::pattern::{Match, Pattern, Rules};
use crate::principal::{PrincipalElement, PrincipalPattern, Reach};
use crate::public::public_statement;
use crate::{Request, validate};

/// Where a policy is used: the grammar and AWS's complaints differ. Permissions boundaries and
/// policies of groups are `Identity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Identity,
    Trust,
    Bucket,
    /// Of an SNS topic.
    Topic,
    Session,
    ServiceControl,
    ResourceControl,
}

/// Why a document is no policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// AWS's sentence, for MalformedPolicyDocument or MalformedPolicy.
    pub message: String,
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Invalid {}

/// The version of the policy language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Also the version of a document that names none: `${..}` is plain text.
    V2008,
    V2012,
}

/// A valid policy, ready to be evaluated. Clones share it.
#[derive(Clone, Debug)]
pub struct Policy(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    kind: Kind,
    version: Version,
    statements: Box<[Statement]>,
    /// Of many statements, those that a request need be shown to.
    index: Option<Index>,
    public: bool,
}

impl Policy {
    /// Reads and checks a document.
    ///
    /// # Errors
    /// [`Invalid`] with the sentence of the service that keeps policies of this kind.
    pub fn parse(text: &str, kind: Kind) -> Result<Policy, Invalid> {
        let document = grammar::document(text)
            .map_err(|flaw| Invalid { message: validate::flaw(&flaw, kind, text) })?;
        let version = match document.version.as_deref() {
            Some("2012-10-17") => Version::V2012,
            _ => Version::V2008,
        };
        validate::document(&document, kind).map_err(|message| Invalid { message })?;
        let statements: Box<[Statement]> = document
            .statements
            .into_iter()
            .map(|statement| Statement::compile(statement, kind, version))
            .collect();
        Ok(Policy::compiled(kind, version, statements))
    }

    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    pub fn version(&self) -> Version {
        self.0.version
    }

    pub fn statements(&self) -> &[Statement] {
        &self.0.statements
    }

    /// The statements that may match the request, each with its place, in order. What is left out
    /// could not have matched.
    pub(crate) fn candidates(
        &self,
        request: &Request<'_>,
    ) -> impl Iterator<Item = (usize, &Statement)> {
        let found = self.0.index.as_ref();
        let found = found.map(|index| index.candidates(request.action, request.resource));
        let all = if found.is_none() { self.statements() } else { &[] };
        let named = found.into_iter().flatten().filter_map(|place| {
            let place = usize::try_from(place).ok()?;
            Some((place, self.statements().get(place)?))
        });
        all.iter().enumerate().chain(named)
    }

    /// Each principal that any statement names, in order, repeats included.
    pub fn principals(&self) -> impl Iterator<Item = &PrincipalPattern> {
        self.statements()
            .iter()
            .filter_map(|statement| statement.principal.as_ref())
            .flat_map(|element| element.patterns.iter())
    }

    pub(crate) fn is_public(&self) -> bool {
        self.0.public
    }

    /// This policy with the statements of `more` behind its own.
    pub(crate) fn joined(&self, more: &Policy) -> Policy {
        self.of(self.statements().iter().chain(more.statements()).cloned().collect())
    }

    /// This policy as if the statement at `index` matched nothing; all keep their places.
    pub(crate) fn silenced(&self, index: usize) -> Policy {
        let mut statements: Box<[Statement]> = self.0.statements.clone();
        if let Some(statement) = statements.get_mut(index) {
            statement.action = ActionElement::compile(&NONE);
        }
        self.of(statements)
    }

    fn of(&self, statements: Box<[Statement]>) -> Policy {
        Policy::compiled(self.0.kind, self.0.version, statements)
    }

    fn compiled(kind: Kind, version: Version, statements: Box<[Statement]>) -> Policy {
        let public = statements.iter().any(public_statement);
        let index = Index::of(&statements);
        Policy(Arc::new(Compiled { kind, version, statements, index, public }))
    }
}

/// The `Effect` of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementEffect {
    Allow,
    Deny,
}

#[derive(Clone, Debug)]
pub struct Statement {
    sid: Option<Arc<str>>,
    effect: StatementEffect,
    line: u32,
    place: (Place, Place),
    pub(crate) principal: Option<PrincipalElement>,
    pub(crate) action: ActionElement,
    pub(crate) resource: Option<ResourceElement>,
    pub(crate) conditions: Box<[Condition]>,
}

impl Statement {
    pub fn sid(&self) -> Option<&Arc<str>> {
        self.sid.as_ref()
    }

    pub fn effect(&self) -> StatementEffect {
        self.effect
    }

    /// The line of the document the statement begins on, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Where it begins and ends in the document, as the policy simulator tells it: right behind its
    /// opening and its closing brace.
    pub fn place(&self) -> (Place, Place) {
        self.place
    }

    /// The values of `Action`, or of `NotAction` (then `true`), as written.
    pub fn actions(&self) -> (bool, &[Box<str>]) {
        (self.action.not, &self.action.written)
    }

    /// The values of `Resource`, or of `NotResource` (then `true`), as written.
    pub fn resources(&self) -> (bool, &[Box<str>]) {
        self.resource.as_ref().map_or((false, &[]), |element| (element.not, &element.written))
    }

    /// Each condition's operator, key and values, as written.
    pub fn conditions(&self) -> impl Iterator<Item = (&str, &str, &[Box<str>])> {
        self.conditions.iter().map(|one| (&*one.operator_name, &*one.key, &*one.values))
    }

    /// How the statement reaches the caller of this request; `Nobody` if any element differs.
    pub(crate) fn reach(&self, request: &Request<'_>, bounded: bool) -> Reach {
        let context = request.context;
        if !self.action.matches(request.action, context)
            || !self.resource.as_ref().is_none_or(|one| one.matches(request.resource, context))
        {
            return Reach::Nobody;
        }
        let deny = self.effect == StatementEffect::Deny;
        let reach = match &self.principal {
            Some(principal) => principal.reach(request.principal, deny, bounded),
            None => Reach::Direct,
        };
        let holds = reach != Reach::Nobody
            && self.conditions.iter().all(|condition| condition.holds(context));
        if holds { reach } else { Reach::Nobody }
    }

    fn compile(raw: RawStatement, kind: Kind, version: Version) -> Statement {
        let variables = version == Version::V2012;
        let effect = match raw.effect.as_deref() {
            Some("Allow") => StatementEffect::Allow,
            _ => StatementEffect::Deny,
        };
        let unresolved = match effect {
            StatementEffect::Allow => Unresolved::FailsElement,
            StatementEffect::Deny => Unresolved::MatchesNothing,
        };
        let condition = |raw: grammar::RawCondition| {
            let operator = (raw.operator_name.as_str(), raw.operator);
            Condition::new(operator, &raw.key, &raw.values, variables, unresolved)
        };
        Statement {
            sid: raw.sid.filter(|sid| !sid.is_empty()).map(Into::into),
            effect,
            line: raw.line,
            place: raw.place,
            principal: raw.principal.map(|principal| compile_principal(&principal, kind)),
            action: ActionElement::compile(&raw.action.unwrap_or(NONE)),
            resource: raw
                .resource
                .map(|element| ResourceElement::compile(&element, effect, variables)),
            conditions: raw.conditions.into_iter().map(condition).collect(),
        }
    }
}

const NONE: RawElement = RawElement { not: false, values: Vec::new() };

fn compile_principal(raw: &RawPrincipal, kind: Kind) -> PrincipalElement {
    let accounts_only = kind == Kind::Trust;
    if raw.star {
        let patterns = Box::new([PrincipalPattern::Everyone { accounts_only }]);
        return PrincipalElement { not: raw.not, patterns, written: Box::new(["*".into()]) };
    }
    let parse =
        |(key, value): &(String, String)| PrincipalPattern::parse(key, value, accounts_only);
    PrincipalElement {
        not: raw.not,
        patterns: raw.values.iter().filter_map(parse).collect(),
        written: raw.values.iter().map(|(key, value)| format!("{key}: {value}").into()).collect(),
    }
}

/// `Action` or `NotAction`.
#[derive(Clone, Debug)]
pub(crate) struct ActionElement {
    pub not: bool,
    pub written: Box<[Box<str>]>,
    patterns: Box<[Pattern]>,
}

impl ActionElement {
    fn compile(raw: &RawElement) -> ActionElement {
        let rules = Rules { wildcards: true, variables: false, ignore_case: true };
        ActionElement {
            not: raw.not,
            written: raw.values.iter().map(|value| value.as_str().into()).collect(),
            patterns: raw.values.iter().map(|value| Pattern::new(value, rules)).collect(),
        }
    }

    /// What each action begins with; None for `NotAction`.
    pub(crate) fn heads(&self) -> Option<Vec<&str>> {
        (!self.not).then(|| self.patterns.iter().map(Pattern::head).collect())
    }

    pub(crate) fn matches(&self, action: &str, context: &Context) -> bool {
        let named = self.patterns.iter().any(|one| one.matches(action, context) == Match::Yes);
        named != self.not
    }
}

/// `Resource` or `NotResource`.
#[derive(Clone, Debug)]
pub(crate) struct ResourceElement {
    pub not: bool,
    pub written: Box<[Box<str>]>,
    patterns: Box<[ArnPattern]>,
    allow: bool,
}

impl ResourceElement {
    fn compile(raw: &RawElement, effect: StatementEffect, variables: bool) -> ResourceElement {
        let allow = effect == StatementEffect::Allow;
        // Wider where that gives less: the resources of a Deny, the exceptions of an Allow.
        let short = if allow == raw.not { Short::Padded } else { Short::Closed };
        let pattern = |value: &String| ArnPattern::new(value, variables, short);
        ResourceElement {
            not: raw.not,
            written: raw.values.iter().map(|value| value.as_str().into()).collect(),
            patterns: raw.values.iter().map(pattern).collect(),
            allow,
        }
    }

    /// What each resource begins with; None for `NotResource`.
    pub(crate) fn heads(&self) -> Option<Vec<&str>> {
        (!self.not).then(|| self.patterns.iter().map(ArnPattern::head).collect())
    }

    /// `resource` is an ARN, or `*` for a call without one, which only `"*"` covers.
    pub(crate) fn matches(&self, resource: &str, context: &Context) -> bool {
        let mut unresolved = false;
        for pattern in &self.patterns {
            let matched = if resource == "*" {
                pattern.is_everything().into()
            } else {
                pattern.matches(resource, context)
            };
            match matched {
                Match::Yes => return !self.not,
                Match::No => {}
                Match::Unresolved => unresolved = true,
            }
        }
        self.not && !(unresolved && self.allow)
    }
}
