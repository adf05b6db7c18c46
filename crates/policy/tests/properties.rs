//! What holds for every policy and request, not only for the cases somebody thought of.

#![expect(clippy::panic, clippy::indexing_slicing, reason = "a test may")]

mod cast;

use policy::{
    Context, Effect, Kind, Policies, Policy, Request, ResourceKind, ResourcePolicy, Source,
    evaluate, explain, is_public, rewrite_principals,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Policies of all types around one caller.
#[derive(Clone, Debug)]
struct World {
    caller: &'static str,
    account: &'static str,
    identity: Vec<Vec<Value>>,
    boundary: Option<Vec<Value>>,
    session: Option<Vec<Vec<Value>>>,
    resource: Option<(bool, Vec<Value>)>,
    scp: Option<Vec<Vec<Value>>>,
    tags: Option<Vec<&'static str>>,
}

#[derive(Clone)]
struct Parsed {
    identity: Vec<Source>,
    boundary: Option<Source>,
    session: Option<Vec<Source>>,
    resource: Option<(Source, ResourceKind)>,
    scp: Option<Vec<Source>>,
}

impl World {
    fn parse(&self) -> Parsed {
        let one = |statements: &Vec<Value>, kind| {
            cast::source(&Value::Array(statements.clone()), kind, "P")
        };
        let all = |policies: &Vec<Vec<Value>>, kind| -> Vec<Source> {
            policies.iter().map(|statements| one(statements, kind)).collect()
        };
        Parsed {
            identity: all(&self.identity, Kind::Identity),
            boundary: self.boundary.as_ref().map(|some| one(some, Kind::Identity)),
            session: self.session.as_ref().map(|some| all(some, Kind::Session)),
            resource: self
                .resource
                .as_ref()
                .map(|(_, statements)| (one(statements, Kind::Bucket), ResourceKind::Bucket)),
            scp: self.scp.as_ref().map(|some| all(some, Kind::ServiceControl)),
        }
    }

    /// Runs `ask` on the request and the policies.
    fn ask<T>(&self, parsed: &Parsed, ask: impl Fn(&Request<'_>, &Policies<'_>) -> T) -> T {
        let principal = cast::principal(self.caller);
        let mut context = Context::new();
        principal.describe(&mut context);
        if let Some(tags) = &self.tags {
            context.insert_values("aws:TagKeys", tags.clone());
        }
        let request = Request {
            principal: &principal,
            action: "s3:GetObject",
            resource: "arn:aws:s3:::box/a",
            resource_account: Some(self.account),
            context: &context,
        };
        let levels: Option<Vec<&[Source]>> = parsed.scp.as_ref().map(|all| vec![all.as_slice()]);
        let restrict_public = self.resource.as_ref().is_some_and(|(restrict, _)| *restrict);
        let policies = Policies {
            identity: &parsed.identity,
            boundary: parsed.boundary.as_ref(),
            session: parsed.session.as_deref(),
            resource: parsed.resource.as_ref().map(|(source, kind)| ResourcePolicy {
                source,
                kind: *kind,
                restrict_public,
            }),
            service_control: levels.as_deref(),
            ..Policies::default()
        };
        ask(&request, &policies)
    }

    fn effect(&self) -> Effect {
        self.ask(&self.parse(), |request, policies| evaluate(request, policies).effect)
    }

    /// Every list the other way round.
    fn reversed(&self) -> World {
        let mut world = self.clone();
        let turn = |policies: &mut Vec<Vec<Value>>| {
            policies.reverse();
            policies.iter_mut().for_each(|statements| statements.reverse());
        };
        turn(&mut world.identity);
        world.session.iter_mut().for_each(turn);
        world.scp.iter_mut().for_each(turn);
        world.boundary.iter_mut().for_each(|statements| statements.reverse());
        world.resource.iter_mut().for_each(|(_, statements)| statements.reverse());
        world
    }

    /// One more statement in one of the policies; `None` if there is no such policy.
    fn with(&self, place: usize, statement: Value) -> Option<World> {
        let mut world = self.clone();
        let policy = match place {
            0 => world.identity.first_mut(),
            1 => world.boundary.as_mut(),
            2 => world.session.as_mut().and_then(|all| all.first_mut()),
            3 => world.resource.as_mut().map(|(_, statements)| statements),
            _ => world.scp.as_mut().and_then(|all| all.first_mut()),
        }?;
        policy.push(statement);
        Some(world)
    }
}

fn statement() -> impl Strategy<Value = Value> {
    let effect = select(vec!["Allow", "Allow", "Allow", "Deny"]);
    let action = select(vec![
        json!({"Action": "s3:*"}),
        json!({"Action": "s3:Get*"}),
        json!({"Action": "s3:PutObject"}),
        json!({"NotAction": "s3:PutObject"}),
    ]);
    let resource = select(vec![
        json!({"Resource": "*"}),
        json!({"Resource": "arn:aws:s3:::box/*"}),
        json!({"NotResource": "arn:aws:s3:::box/${aws:username}"}),
        json!({"Resource": "arn:aws:s3:::other*"}),
    ]);
    let condition = select(vec![
        json!({}),
        json!({}),
        json!({"Condition": {"StringNotEquals": {"aws:username": "ann"}}}),
        json!({"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}}),
        json!({"Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": "b*"}}}),
        json!({"Condition": {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}}),
    ]);
    (effect, action, resource, condition).prop_map(|(effect, action, resource, condition)| {
        let mut statement = json!({ "Effect": effect });
        for part in [action, resource, condition] {
            for (name, value) in part.as_object().into_iter().flatten() {
                statement[name] = value.clone();
            }
        }
        statement
    })
}

/// What begins alike and differently, with and without wildcards.
fn long_statement() -> impl Strategy<Value = Value> {
    let action =
        prop::collection::vec("(s3|S3|iam|sts):(Get|get|Put)?(Object|User|X|\\*)|\\*", 1..3);
    let resource = prop::collection::vec(
        "arn:aws:(s3:::box(-[0-9])?(/(a|\\*|\\$\\{aws:username\\}))?|iam::(1|\\*):user/(x|\\*)|s3:::\\*)|\\*",
        1..3,
    );
    (statement(), any::<[bool; 2]>(), action, resource).prop_map(
        |(mut statement, set, action, resource)| {
            if set[0] {
                statement.as_object_mut().map(|members| members.remove("NotAction"));
                statement["Action"] = json!(action);
            }
            if set[1] {
                statement.as_object_mut().map(|members| members.remove("NotResource"));
                statement["Resource"] = json!(resource);
            }
            statement
        },
    )
}

fn bucket_statement() -> impl Strategy<Value = Value> {
    let principal = select(vec![
        json!({"Principal": "*"}),
        json!({"Principal": {"AWS": "111111111111"}}),
        json!({"Principal": {"AWS": "arn:aws:iam::111111111111:user/team/ann"}}),
        json!({"Principal": {"AWS": "AROADEPLOY0000000001"}}),
        json!({"Principal": {"AWS": "arn:aws:iam::222222222222:root"}}),
        json!({"NotPrincipal": {"AWS": ["arn:aws:iam::222222222222:user/eve", "222222222222"]}}),
    ]);
    (statement(), principal).prop_map(|(mut statement, principal)| {
        for (name, value) in principal.as_object().into_iter().flatten() {
            statement[name] = value.clone();
        }
        if statement.get("NotAction").is_some() {
            statement["NotAction"] = "s3:PutObject".into();
        }
        statement
    })
}

fn policies() -> impl Strategy<Value = Vec<Vec<Value>>> {
    prop::collection::vec(prop::collection::vec(statement(), 1..4), 0..3)
}

fn world() -> impl Strategy<Value = World> {
    let callers = ["root", "ann", "deploy", "temp", "eve", "anonymous", "cloudformation"];
    (
        select(callers.to_vec()),
        select(vec!["111111111111", "111111111111", "222222222222"]),
        policies(),
        prop::option::of(prop::collection::vec(statement(), 1..4)),
        prop::option::of(policies()),
        prop::option::of((any::<bool>(), prop::collection::vec(bucket_statement(), 1..4))),
        prop::option::of(policies()),
        prop::option::of(Just(vec!["a", "b"])),
    )
        .prop_map(|(caller, account, identity, boundary, session, resource, scp, tags)| {
            World { caller, account, identity, boundary, session, resource, scp, tags }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn adding_a_deny_never_adds_access(
        world in world(), place in 0..5_usize, deny in statement(), bucket in bucket_statement()
    ) {
        let mut deny = if place == 3 { bucket } else { deny };
        deny["Effect"] = "Deny".into();
        let Some(stricter) = world.with(place, deny) else { return Ok(()) };
        prop_assert!(world.effect() == Effect::Allow || stricter.effect() != Effect::Allow);
    }

    #[test]
    fn the_order_of_statements_and_policies_is_irrelevant(world in world()) {
        prop_assert_eq!(world.effect(), world.reversed().effect());
    }

    #[test]
    fn explain_agrees_with_evaluate(world in world()) {
        let parsed = world.parse();
        let decision = world.ask(&parsed, evaluate);
        let explanation = world.ask(&parsed, explain);
        prop_assert_eq!(&explanation.decision, &decision);
        for statement in explanation.policies.iter().flat_map(|policy| &policy.statements) {
            let parts = statement.elements.iter().all(|one| one.matched)
                && statement.conditions.iter().all(|one| one.matched);
            prop_assert_eq!(parts, statement.matched);
        }
        for matched in decision.matched.iter().filter(|one| one.statement.is_some()) {
            let shown = explanation.policies.iter().any(|policy| {
                policy.policy_type == matched.policy_type
                    && matched.statement.and_then(|index| policy.statements.get(index))
                        .is_some_and(|statement| statement.matched)
            });
            prop_assert!(shown);
        }
    }

    #[test]
    fn whatever_is_denied_on_a_bucket_has_a_remedy_that_allows_it(world in world()) {
        let parsed = world.parse();
        let found = world.ask(&parsed, policy::remedy);
        prop_assert_eq!(found.is_none(), world.effect() == Effect::Allow);
        prop_assert!(found.is_none_or(|found| found.proof.is_allowed()));
    }

    #[test]
    fn a_limit_never_adds_access(world in world(), boundary in prop::collection::vec(statement(), 1..4)) {
        let mut limited = world.clone();
        limited.boundary = Some(boundary);
        let unlimited = World { boundary: None, ..world };
        prop_assert!(unlimited.effect() == Effect::Allow || limited.effect() != Effect::Allow);
    }

    #[test]
    fn no_text_breaks_the_parser(text in "\\PC{0,200}", kind in select(KINDS.to_vec())) {
        let _ = Policy::parse(&text, kind);
        let _ = rewrite_principals(&text, |_| Some("111111111111".to_owned()));
    }

    #[test]
    fn no_document_of_the_right_words_breaks_the_parser(
        text in prop::collection::vec(select(WORDS.to_vec()), 0..60), kind in select(KINDS.to_vec())
    ) {
        let text = text.concat();
        if let Ok(policy) = Policy::parse(&text, kind) {
            let _ = is_public(&policy);
        }
        let _ = rewrite_principals(&text, |_| Some("111111111111".to_owned()));
    }

    #[test]
    fn no_values_break_the_evaluation(
        resource in "[-a-z:/*?${}, ']{0,40}", action in "[a-z:*?]{0,12}", value in "[-0-9tz:.*?${}/ ]{0,24}",
        operator in select(OPERATORS.to_vec()), asked in "[-a-z:/*?${}]{0,40}",
    ) {
        let document = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": format!("s3:{action}"),
            "Resource": ["*", format!("arn:aws:s3:::{resource}")],
            "Condition": {operator: {"aws:k": &value}},
        }});
        let Ok(policy) = Policy::parse(&document.to_string(), Kind::Identity) else { return Ok(()) };
        let identity = [Source { policy, id: policy::PolicyId::inline("p", "o") }];
        let principal = cast::principal("ann");
        let mut context = Context::new();
        context.insert("aws:k", value);
        let request = Request {
            principal: &principal, action: "s3:x", resource: &asked, resource_account: None,
            context: &context,
        };
        let policies = Policies { identity: &identity, ..Policies::default() };
        prop_assert_eq!(explain(&request, &policies).decision, evaluate(&request, &policies));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn a_long_policy_decides_as_its_statements_do_one_by_one(
        statements in prop::collection::vec(long_statement(), 16..40),
        action in select(vec!["s3:GetObject", "S3:putobject", "iam:GetUser", "s3:GetX", "sts:x"]),
        resource in select(vec!["arn:aws:s3:::box/a", "arn:aws:s3:::box-1/ann/b", "arn:aws:iam::1:user/x", "*", ""]),
    ) {
        let one = cast::source(&Value::Array(statements.clone()), Kind::Identity, "P");
        let each: Vec<Source> = statements
            .iter()
            .map(|statement| cast::source(statement, Kind::Identity, "P"))
            .collect();
        let principal = cast::principal("ann");
        let mut context = Context::new();
        principal.describe(&mut context);
        let request = Request {
            principal: &principal, action, resource, resource_account: None, context: &context,
        };
        let ask = |identity: &[Source]| {
            evaluate(&request, &Policies { identity, ..Policies::default() })
        };
        let (together, apart) = (ask(&[one]), ask(&each));
        prop_assert_eq!(together.effect, apart.effect);
        // Which statement it was: the first that denies or allows.
        let at = together.matched.first().and_then(|matched| matched.statement);
        if let Some(at) = at {
            let alone = |at: usize| ask(&each[at..=at]).effect == together.effect;
            prop_assert!(alone(at) && !(0..at).any(alone));
        }
    }
}

const KINDS: [Kind; 7] = [
    Kind::Identity,
    Kind::Trust,
    Kind::Bucket,
    Kind::Topic,
    Kind::Session,
    Kind::ServiceControl,
    Kind::ResourceControl,
];

const OPERATORS: [&str; 8] = [
    "StringLike",
    "StringNotEqualsIgnoreCase",
    "NumericLessThan",
    "DateGreaterThan",
    "IpAddress",
    "ArnLike",
    "Bool",
    "BinaryEquals",
];

const WORDS: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"*\"",
    "\"Version\":",
    "\"2012-10-17\"",
    "\"Statement\":",
    "\"Effect\":",
    "\"Allow\"",
    "\"Deny\"",
    "\"Action\":",
    "\"s3:*\"",
    "\"Resource\":",
    "\"arn:aws:s3:::b\"",
    "\"Principal\":",
    "\"AWS\":",
    "\"Condition\":",
    "\"StringEquals\":",
    "\"Sid\":",
    "null",
    "true",
    "1",
    "\"sts:AssumeRole\"",
    "\"é\"",
    "\"\\u00e9\"",
    "{\"Version\":\"2012-10-17\",\"Statement\":",
    "{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}",
];
