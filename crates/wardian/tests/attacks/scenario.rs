//! Plays an attack from data: steps that make its world and must succeed, and attempts that must
//! be answered as written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::house::House;
use crate::request::Signer;
use crate::world::{Step, World};

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Attempt(Attempt),
    Wait(Wait),
    Step(Box<Step>),
}

/// A call and its answer: `403 AccessDenied`, or `200` where the call shows that the attempts
/// beside it are well made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attempt {
    #[serde(rename = "as")]
    by: String,
    operation: String,
    #[serde(default)]
    with: Map<String, Value>,
    #[serde(default)]
    body: String,
    answers: String,
    /// What the answer says, too.
    #[serde(default)]
    says: String,
    /// What it must not say.
    conceals: Option<String>,
}

/// Time passes, in seconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    wait: i64,
}

/// Plays the scenario `name` of `file`.
pub async fn play(file: &str, name: &str) {
    let parts = parts(file, name);
    let mut world = World::of("attacks").await;
    let attempts = parts.iter().filter(|part| matches!(part, Part::Attempt(_))).count();
    assert!(attempts > 0, "{name} attempts nothing");
    let mut failures = Vec::new();
    for part in parts {
        match part {
            Part::Step(step) => world.run(&[*step]).await,
            Part::Wait(Wait { wait }) => world.house.pass(wait),
            Part::Attempt(attempt) => failures.extend(attempt.make(&world).await),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Parts are read one by one: an error then names its part.
fn parts(file: &str, name: &str) -> Vec<Part> {
    let all: BTreeMap<String, Vec<Value>> = serde_json::from_str(file).expect("scenarios");
    let parts = all.get(name).unwrap_or_else(|| panic!("no scenario {name}"));
    let read = |part: &Value| {
        serde_json::from_value(part.clone()).unwrap_or_else(|error| panic!("{error}: {part}"))
    };
    parts.iter().map(read).collect()
}

/// The names of the scenarios of a file.
pub fn names(file: &str) -> Vec<String> {
    let all: BTreeMap<String, Value> = serde_json::from_str(file).expect("scenarios");
    all.into_keys().collect()
}

impl Attempt {
    /// What is wrong with the answer, where something is.
    async fn make(&self, world: &World) -> Option<String> {
        let call = world.call(&self.operation, &self.with, &self.body);
        let signer = match self.by.as_str() {
            "anonymous" => Signer::Anonymous,
            "foreigner" => Signer::Good(House::foreigner()),
            by => Signer::Good(world.credentials(by)),
        };
        let answer = world.house.ask(&call, &signer).await;
        let conceals = |text: &String| !answer.says(&world.text(text));
        let is_silent = self.conceals.as_ref().is_none_or(conceals);
        if told(&answer) == self.answers && answer.says(&world.text(&self.says)) && is_silent {
            return None;
        }
        let Self { by, operation, with, answers, says, conceals, .. } = self;
        let with = serde_json::to_string(with).unwrap_or_default();
        let conceals = conceals.as_deref().unwrap_or("nothing");
        Some(format!("{by} {operation} {with}: not {answers} {says} without {conceals}: {answer}"))
    }
}

/// `403 AccessDenied`
pub fn told(answer: &Answer) -> String {
    match answer.code() {
        Some(code) => format!("{} {code}", answer.status),
        None => answer.status.to_string(),
    }
}
