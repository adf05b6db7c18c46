//! How long a decision takes with 1, 10, 100 and 1,000 statements: Wardian's policy crate, the
//! `cedar-policy` crate on equivalent policies, and a naive evaluator, in one run.
//!
//!     cargo run --release --bin decisions
//!
//! The statements are those of a team that has a bucket for each of its things: each allows two
//! actions on one bucket under one condition, one in ten denies something. They stand in policies of
//! fifty, which is what fits into a managed policy; the naive evaluator and Cedar do not care.
//! Wardian's decision names policy and statement; the naive one only says yes or no.

use std::hint::black_box;
use std::time::{Duration, Instant};

use cedar_policy::{Authorizer, Entities, PolicySet};
use policy::{Context, Kind, Policies, Policy, PolicyId, Principal, Request, Source, evaluate};

type Failure = Box<dyn std::error::Error>;

const SIZES: [usize; 4] = [1, 10, 100, 1_000];
/// Statements in one policy: 6,144 characters hold about so many.
const POLICY: usize = 50;
/// How long each is measured, in each of [`TURNS`] turns of which the fastest counts.
const TURN: Duration = Duration::from_millis(150);
const TURNS: usize = 5;
const TEAM: &str = "t7";

fn main() -> Result<(), Failure> {
    println!(
        "| statements | request | wardian ns | cedar ns | naive ns | cedar/wardian | naive/wardian |"
    );
    println!("|--:|---|--:|--:|--:|--:|--:|");
    for size in SIZES {
        let statements: Vec<Statement> = (0..size).map(Statement::new).collect();
        let subjects = Subjects::new(&statements)?;
        let last = (0..size).rev().find(|number| !Statement::new(*number).denies).unwrap_or(0);
        for (name, action, resource, expected) in [
            ("allowed", "s3:GetObject", format!("arn:aws:s3:::bucket-{last}/a/key"), true),
            ("matches nothing", "s3:GetObject", "arn:aws:s3:::elsewhere/a/key".to_owned(), false),
            (
                "another service",
                "iam:GetUser",
                "arn:aws:iam::111111111111:user/ann".to_owned(),
                false,
            ),
        ] {
            let [ours, cedar, naive] = subjects.measured(action, &resource, expected)?;
            println!(
                "| {size} | {name} | {ours:.0} | {cedar:.0} | {naive:.0} | {:.1} | {:.1} |",
                cedar / ours,
                naive / ours
            );
        }
    }
    Ok(())
}

/// What all three are made from.
struct Statement {
    denies: bool,
    actions: [&'static str; 2],
    bucket: usize,
    team: String,
}

impl Statement {
    fn new(number: usize) -> Self {
        let denies = number % 10 == 9;
        let actions = if denies {
            ["s3:DeleteObject", "s3:PutObjectAcl"]
        } else {
            ["s3:GetObject", "s3:PutObject*"]
        };
        Self { denies, actions, bucket: number, team: TEAM.to_owned() }
    }

    fn json(&self) -> String {
        let effect = if self.denies { "Deny" } else { "Allow" };
        let Self { actions: [one, two], bucket, team, .. } = self;
        format!(
            r#"{{"Effect":"{effect}","Action":["{one}","{two}"],"Resource":"arn:aws:s3:::bucket-{bucket}/*",
               "Condition":{{"StringEquals":{{"aws:PrincipalTag/team":"{team}"}}}}}}"#
        )
    }

    /// The wildcard of an action becomes the actions it stands for, as Cedar has none.
    fn cedar(&self) -> String {
        let effect = if self.denies { "forbid" } else { "permit" };
        let actions: Vec<String> = self
            .actions
            .iter()
            .flat_map(|action| match action.strip_suffix('*') {
                Some(stem) => vec![stem.to_owned(), format!("{stem}Acl"), format!("{stem}Tagging")],
                None => vec![(*action).to_owned()],
            })
            .map(|action| format!("Action::\"{action}\""))
            .collect();
        format!(
            "{effect}(principal == User::\"ann\", action in [{}], resource) when \
             {{ context.arn like \"arn:aws:s3:::bucket-{}/*\" && context.team == \"{}\" }};\n",
            actions.join(", "),
            self.bucket,
            self.team
        )
    }
}

/// The same statements for each of the three.
struct Subjects {
    ours: Vec<Source>,
    cedar: PolicySet,
    naive: Vec<Naive>,
}

impl Subjects {
    fn new(statements: &[Statement]) -> Result<Self, Failure> {
        let source = |part: &[Statement]| {
            let parts: Vec<String> = part.iter().map(Statement::json).collect();
            let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, parts.join(","));
            let policy = Policy::parse(&text, Kind::Identity)?;
            Ok::<_, Failure>(Source { policy, id: PolicyId::inline("p", "ann") })
        };
        Ok(Self {
            ours: statements.chunks(POLICY).map(source).collect::<Result<_, _>>()?,
            cedar: statements.iter().map(Statement::cedar).collect::<String>().parse()?,
            naive: statements.iter().map(Naive::new).collect(),
        })
    }

    /// Nanoseconds a decision: ours, Cedar's, the naive one's.
    fn measured(&self, action: &str, resource: &str, expected: bool) -> Result<[f64; 3], Failure> {
        let ann = "arn:aws:iam::111111111111:user/ann";
        let principal = Principal::User { account: "111111111111", arn: ann, id: "AIDAANN" };
        let mut context = Context::new();
        principal.describe(&mut context);
        context.insert("aws:PrincipalTag/team", TEAM);
        let request = Request {
            principal: &principal,
            action,
            resource,
            resource_account: Some("111111111111"),
            context: &context,
        };
        let policies = Policies { identity: &self.ours, ..Policies::default() };
        let ours = || evaluate(black_box(&request), black_box(&policies)).is_allowed();

        let pairs = [("arn", resource), ("team", TEAM)];
        let pairs = pairs.map(|(key, value)| {
            (key.to_owned(), cedar_policy::RestrictedExpression::new_string(value.to_owned()))
        });
        let asked = cedar_policy::Request::new(
            "User::\"ann\"".parse()?,
            format!("Action::\"{action}\"").parse()?,
            "Thing::\"x\"".parse()?,
            cedar_policy::Context::from_pairs(pairs)?,
            None,
        )?;
        let (authorizer, entities) = (Authorizer::new(), Entities::empty());
        let cedar = || {
            let answer =
                authorizer.is_authorized(black_box(&asked), black_box(&self.cedar), &entities);
            answer.decision() == cedar_policy::Decision::Allow
        };

        let facts = [("aws:PrincipalTag/team", TEAM)];
        let naive =
            || naive(black_box(&self.naive), black_box(action), black_box(resource), &facts);
        assert!(ours() == expected && cedar() == expected && naive() == expected, "they differ");
        Ok([nanos(&ours), nanos(&cedar), nanos(&naive)])
    }
}

fn nanos(once: &dyn Fn() -> bool) -> f64 {
    let turn = || {
        let (begun, mut rounds) = (Instant::now(), 0_u32);
        while begun.elapsed() < TURN {
            for _ in 0..8 {
                black_box(once());
            }
            rounds += 8;
        }
        begun.elapsed().as_nanos() as f64 / f64::from(rounds)
    };
    (0..TURNS).map(|_| turn()).fold(f64::INFINITY, f64::min)
}

/// What one would write first: each statement in turn, each glob by itself.
struct Naive {
    denies: bool,
    actions: Vec<String>,
    resources: Vec<String>,
    /// Keys and the values they must equal.
    conditions: Vec<(String, Vec<String>)>,
}

impl Naive {
    fn new(statement: &Statement) -> Self {
        Self {
            denies: statement.denies,
            actions: statement.actions.iter().map(|action| (*action).to_owned()).collect(),
            resources: vec![format!("arn:aws:s3:::bucket-{}/*", statement.bucket)],
            conditions: vec![("aws:PrincipalTag/team".to_owned(), vec![statement.team.clone()])],
        }
    }

    fn matches(&self, action: &str, resource: &str, facts: &[(&str, &str)]) -> bool {
        self.actions.iter().any(|pattern| glob(pattern.as_bytes(), action.as_bytes(), true))
            && self
                .resources
                .iter()
                .any(|pattern| glob(pattern.as_bytes(), resource.as_bytes(), false))
            && self.conditions.iter().all(|(key, values)| {
                let fact = facts.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
                fact.is_some_and(|(_, value)| values.iter().any(|one| one == value))
            })
    }
}

fn naive(statements: &[Naive], action: &str, resource: &str, facts: &[(&str, &str)]) -> bool {
    let mut allowed = false;
    for statement in statements {
        if statement.matches(action, resource, facts) {
            if statement.denies {
                return false;
            }
            allowed = true;
        }
    }
    allowed
}

fn glob(pattern: &[u8], text: &[u8], ignore_case: bool) -> bool {
    let same = |a: u8, b: u8| a == b || ignore_case && a.eq_ignore_ascii_case(&b);
    let (mut at, mut place, mut star) = (0, 0, None);
    while place < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(byte) if *byte == b'?' || same(*byte, text[place]) => {
                at += 1;
                place += 1;
            }
            _ => {
                let Some((before, tried)) = star else { return false };
                star = Some((before, tried + 1));
                at = before + 1;
                place = tried + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}
