//! The themed cases of `cases/*.json` through one harness, and the documents recorded at AWS in
//! `data/policy/validation-cases.json` (its source is named inside).
//!
//! A theme asks for the `decision` on requests, the `validity` of documents, or whether bucket
//! policies are `public`. Each decision is also explained, and the two must agree.

#![expect(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod cast;

use std::collections::BTreeMap;
use std::path::PathBuf;

use policy::{
    Context, Effect, Explanation, Grant, Kind, Policies, Policy, Request, ResourceKind,
    ResourcePolicy, Source, StatementEffect, evaluate, explain, is_public,
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Theme<Case> {
    #[serde(rename = "about")]
    _about: String,
    #[serde(rename = "ask")]
    _ask: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionCase {
    name: String,
    #[serde(default = "ann")]
    principal: String,
    #[serde(default = "get_object")]
    action: String,
    #[serde(default = "object")]
    resource: String,
    /// The owner of the resource.
    #[serde(default = "home")]
    account: String,
    #[serde(default)]
    context: BTreeMap<String, Value>,
    #[serde(default)]
    identity: Vec<Value>,
    /// Short for an identity policy that allows everything under this condition.
    condition: Option<Value>,
    boundary: Option<Value>,
    session: Option<Vec<Value>>,
    bucket: Option<Value>,
    #[serde(default)]
    restrict_public: bool,
    trust: Option<Value>,
    grant: Option<String>,
    scp: Option<Vec<Vec<Value>>>,
    rcp: Option<Vec<Vec<Value>>>,
    /// `Effect by PolicyType`.
    expect: String,
    /// The end of AWS's sentence.
    sentence: Option<String>,
    /// The Sid of the first statement that took part.
    sid: Option<String>,
}

fn ann() -> String {
    "ann".to_owned()
}

fn get_object() -> String {
    "s3:GetObject".to_owned()
}

fn object() -> String {
    "arn:aws:s3:::box/a/key".to_owned()
}

fn home() -> String {
    "111111111111".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidityCase {
    name: String,
    kind: String,
    /// Text is taken as it is, so that it need not be JSON.
    document: Value,
    /// AWS's sentence; absent for a valid document.
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicCase {
    name: String,
    bucket: Value,
    public: bool,
}

#[test]
fn every_case_of_every_theme_comes_out_as_written() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in themes() {
        let theme: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        let failures: Vec<(String, Result<(), String>)> = match theme["ask"].as_str() {
            Some("decision") => check(&file, theme, decision),
            Some("validity") => check(&file, theme, validity),
            Some("public") => check(&file, theme, public),
            other => panic!("{file} asks {other:?}"),
        };
        count += failures.len();
        for (name, result) in failures {
            wrong.extend(result.err().map(|message| format!("{file}: {name}\n    {message}")));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 800, "only {count} cases were found");
}

fn themes() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

trait Named {
    fn name(&self) -> &str;
}

fn check<Case: for<'de> Deserialize<'de> + Named>(
    file: &str,
    theme: Value,
    run: impl Fn(&Case) -> Result<(), String>,
) -> Vec<(String, Result<(), String>)> {
    let theme: Theme<Case> =
        serde_json::from_value(theme).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut names: Vec<&str> = theme.cases.iter().map(Named::name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{file} uses a name twice");
    theme.cases.iter().map(|case| (case.name().to_owned(), run(case))).collect()
}

impl Named for DecisionCase {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for ValidityCase {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for PublicCase {
    fn name(&self) -> &str {
        &self.name
    }
}

/// The policies of a case, parsed.
struct Parsed {
    identity: Vec<Source>,
    boundary: Option<Source>,
    session: Option<Vec<Source>>,
    resource: Option<(Source, ResourceKind)>,
    scp: Option<Vec<Vec<Source>>>,
    rcp: Option<Vec<Vec<Source>>>,
}

impl DecisionCase {
    fn parse(&self) -> Parsed {
        let all = |written: &[Value], kind, id: &str| -> Vec<Source> {
            written.iter().map(|one| cast::source(one, kind, id)).collect()
        };
        let levels = |written: &Option<Vec<Vec<Value>>>, kind, id: &str| {
            let written = written.as_ref()?;
            Some(written.iter().map(|level| all(level, kind, id)).collect::<Vec<_>>())
        };
        let mut identity = all(&self.identity, Kind::Identity, "Identity");
        if let Some(condition) = &self.condition {
            let statement = serde_json::json!({ "Condition": condition });
            identity.push(cast::source(&statement, Kind::Identity, "Condition"));
        }
        let bucket = self
            .bucket
            .as_ref()
            .map(|written| (cast::source(written, Kind::Bucket, "Bucket"), ResourceKind::Bucket));
        let trust = self
            .trust
            .as_ref()
            .map(|written| (cast::source(written, Kind::Trust, "Trust"), ResourceKind::Trust));
        let boundary =
            self.boundary.as_ref().map(|one| cast::source(one, Kind::Identity, "Boundary"));
        Parsed {
            identity,
            boundary,
            session: self.session.as_ref().map(|some| all(some, Kind::Session, "Session")),
            resource: bucket.or(trust),
            scp: levels(&self.scp, Kind::ServiceControl, "Scp"),
            rcp: levels(&self.rcp, Kind::ResourceControl, "Rcp"),
        }
    }

    fn context(&self) -> Context {
        let mut context = Context::new();
        cast::principal(&self.principal).describe(&mut context);
        for (key, value) in &self.context {
            match value {
                Value::Array(values) => context.insert_values(
                    key.clone(),
                    values.iter().map(|value| value.as_str().unwrap().to_owned()),
                ),
                value => context.insert(key.clone(), value.as_str().unwrap().to_owned()),
            }
        }
        context
    }
}

fn decision(case: &DecisionCase) -> Result<(), String> {
    let parsed = case.parse();
    let (principal, context) = (cast::principal(&case.principal), case.context());
    let request = Request {
        principal: &principal,
        action: &case.action,
        resource: &case.resource,
        resource_account: Some(&case.account),
        context: &context,
    };
    let (scp, rcp) = (slices(&parsed.scp), slices(&parsed.rcp));
    let policies = Policies {
        identity: &parsed.identity,
        boundary: parsed.boundary.as_ref(),
        session: parsed.session.as_deref(),
        resource: parsed.resource.as_ref().map(|(source, kind)| ResourcePolicy {
            source,
            kind: *kind,
            restrict_public: case.restrict_public,
        }),
        resource_grant: case.grant.as_deref().map(|grant| match grant {
            "account" => Grant::Account,
            "everyone" => Grant::Everyone,
            other => panic!("no such grant: {other}"),
        }),
        service_control: scp.as_deref(),
        resource_control: rcp.as_deref(),
    };
    let decision = evaluate(&request, &policies);
    let got = format!("{:?} by {:?}", decision.effect, decision.decided_by);
    let explanation = explain(&request, &policies);
    if got != case.expect {
        return Err(format!("expected {}, got {got}\n{explanation:#?}", case.expect));
    }
    if let Some(expected) = &case.sentence {
        let sentence = decision.denial_context(&case.action);
        if sentence != *expected {
            return Err(format!("expected the sentence{expected}, got{sentence}"));
        }
    }
    let sid = decision.matched.first().and_then(|one| one.sid.as_deref());
    if case.sid.is_some() && sid != case.sid.as_deref() {
        return Err(format!("expected the statement {:?}, got {sid:?}", case.sid));
    }
    if explanation.decision != decision {
        return Err("explain decides otherwise".to_owned());
    }
    agrees(&explanation)
}

fn slices(levels: &Option<Vec<Vec<Source>>>) -> Option<Vec<&[Source]>> {
    levels.as_ref().map(|levels| levels.iter().map(Vec::as_slice).collect())
}

/// The statements shown carry the decision: what took part matched, what matched is accounted for.
fn agrees(explanation: &Explanation) -> Result<(), String> {
    let decision = &explanation.decision;
    for matched in &decision.matched {
        let Some(index) = matched.statement else { continue };
        let shown = explanation
            .policies
            .iter()
            .filter(|one| one.policy_type == matched.policy_type && one.policy == matched.policy)
            .any(|one| one.statements[index].matched);
        if !shown {
            return Err(format!("{matched:?} is not shown as matching"));
        }
    }
    for statement in explanation.policies.iter().flat_map(|one| &one.statements) {
        let parts = statement.elements.iter().all(|one| one.matched)
            && statement.conditions.iter().all(|one| one.matched);
        if parts != statement.matched {
            return Err(format!("the parts do not add up: {statement:?}"));
        }
    }
    let denies = explanation.policies.iter().any(|one| one.says == Some(StatementEffect::Deny));
    let excused = decision.decided_by == policy::PolicyType::Unconditional;
    let turned_away = decision.matched.iter().any(|one| one.statement.is_none());
    let explicit = decision.effect == Effect::ExplicitDeny;
    if denies != explicit && !excused && !turned_away {
        return Err(format!("denies: {denies}, decided: {:?}", decision.effect));
    }
    Ok(())
}

fn validity(case: &ValidityCase) -> Result<(), String> {
    let kind = match case.kind.as_str() {
        "Identity" => Kind::Identity,
        "Trust" => Kind::Trust,
        "Bucket" => Kind::Bucket,
        "Topic" => Kind::Topic,
        "Session" => Kind::Session,
        "ServiceControl" => Kind::ServiceControl,
        "ResourceControl" => Kind::ResourceControl,
        other => panic!("no such kind: {other}"),
    };
    answers(&case.document, kind, case.message.as_deref())
}

fn answers(document: &Value, kind: Kind, expected: Option<&str>) -> Result<(), String> {
    let text = document.as_str().map_or_else(|| document.to_string(), str::to_owned);
    let message = Policy::parse(&text, kind).err().map(|invalid| invalid.message);
    if message.as_deref() == expected {
        return Ok(());
    }
    Err(format!("{text}\n    expected {expected:?}\n    got      {message:?}"))
}

fn public(case: &PublicCase) -> Result<(), String> {
    let source = cast::source(&case.bucket, Kind::Bucket, "Bucket");
    let public = is_public(&source.policy);
    if public == case.public { Ok(()) } else { Err(format!("public: {public}")) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    _source: String,
    invalid: Vec<Refused>,
    valid: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    document: Value,
    message: String,
}

#[test]
fn identity_policies_are_accepted_and_refused_as_recorded() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/policy/validation-cases.json");
    let recorded: Recorded = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!((recorded.invalid.len(), recorded.valid.len()), (78, 54));
    let refused = recorded.invalid.iter().map(|one| (&one.document, Some(one.message.as_str())));
    let accepted = recorded.valid.iter().map(|document| (document, None));
    let wrong: Vec<String> = refused
        .chain(accepted)
        .filter_map(|(document, message)| answers(document, Kind::Identity, message).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
