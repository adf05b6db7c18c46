//! The world that a case finds: users, roles, policies, buckets and stacks, made by real calls,
//! mostly root's.
//!
//! The calls are data (`world.json`): a part for all cases and one for each service. What an answer
//! tells can be kept and stands in later inputs as `{{name}}`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::house::{ACCOUNT, House};
use crate::input;
use crate::request::{Call, Credentials, Signer};

/// The user whose permissions are tried.
pub const CALLER: &str = "caller";
/// A session of a role that may do everything, until it expires.
pub const SESSION: &str = "session";
/// How long it lasts, in seconds.
pub const SESSION_SECONDS: i64 = 900;

/// One call that makes the world.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `iam:CreateUser`
    operation: String,
    #[serde(default)]
    with: Map<String, Value>,
    #[serde(default)]
    body: String,
    /// Who asks; root unless given.
    #[serde(rename = "as")]
    by: Option<String>,
    /// The answer's credentials are of this name from now on.
    credentials: Option<String>,
    /// Names, and the elements or headers of the answer that they stand for; with a slash at the
    /// end, what comes behind the value's last one.
    #[serde(default)]
    keep: BTreeMap<String, String>,
}

impl Step {
    /// The policy that the step puts on the bucket.
    pub fn bucket_policy(&self, bucket: &str) -> Option<&Value> {
        let is_it = self.operation == "s3:PutBucketPolicy" && self.with.get("Bucket")? == bucket;
        self.with.get("Policy").filter(|_| is_it)
    }
}

pub struct World {
    pub house: House,
    credentials: BTreeMap<String, Credentials>,
    values: BTreeMap<String, String>,
}

impl World {
    /// What every case finds, and what those of `service` find.
    pub async fn of(service: &str) -> Self {
        let parts: BTreeMap<String, Vec<Step>> =
            serde_json::from_str(include_str!("world.json")).expect("world.json");
        let credentials = BTreeMap::from([
            ("root".to_owned(), House::root()),
            ("another-root".to_owned(), House::foreigner()),
        ]);
        let values = BTreeMap::from([("account".to_owned(), ACCOUNT.to_owned())]);
        let mut world = Self { house: House::new().await, credentials, values };
        for part in ["all", service] {
            world.run(parts.get(part).map_or(&[], Vec::as_slice)).await;
        }
        world
    }

    /// Takes the steps; each must succeed.
    pub async fn run(&mut self, steps: &[Step]) {
        for step in steps {
            let call = self.call(&step.operation, &step.with, &step.body);
            let signer = Signer::Good(self.credentials(step.by.as_deref().unwrap_or("root")));
            let answer = self.house.ask(&call, &signer).await;
            assert!(answer.is_success(), "{} of the world: {answer}", step.operation);
            self.keep(step, &answer);
        }
    }

    fn keep(&mut self, step: &Step, answer: &Answer) {
        for (name, from) in &step.keep {
            let element = from.trim_end_matches('/');
            let value = answer.value(element).unwrap_or_else(|| panic!("{from} in {answer}"));
            let last = value.rsplit('/').next().filter(|_| from.ends_with('/'));
            self.values.insert(name.clone(), last.unwrap_or(&value).to_owned());
        }
        if let Some(name) = &step.credentials {
            let credentials = Credentials {
                access_key_id: answer.value("AccessKeyId").expect("an access key id"),
                secret: answer.value("SecretAccessKey").expect("a secret"),
                session_token: answer.value("SessionToken"),
            };
            self.credentials.insert(name.clone(), credentials);
        }
    }

    pub fn call(&self, operation: &str, members: &Map<String, Value>, body: &str) -> Call {
        let (service, name) = operation.split_once(':').expect("service:Operation");
        let (shape, input) = input::of_json(service, name, &self.members(members));
        Call::new(shape, input.as_ref(), body)
    }

    /// The members with what the world knows in them.
    pub fn members(&self, members: &Map<String, Value>) -> Map<String, Value> {
        members.iter().map(|(name, value)| (name.clone(), self.value(value))).collect()
    }

    pub fn credentials(&self, name: &str) -> Credentials {
        self.credentials.get(name).unwrap_or_else(|| panic!("credentials of {name}")).clone()
    }

    /// Gives the caller, or the role, this policy and no other.
    pub async fn permit(&self, role: Option<&str>, policy: &Value) {
        let mut with = Map::from_iter([
            ("PolicyName".to_owned(), json!("permissions")),
            ("PolicyDocument".to_owned(), policy.clone()),
        ]);
        let operation = match role {
            Some(role) => {
                with.insert("RoleName".to_owned(), json!(role));
                "iam:PutRolePolicy"
            }
            None => {
                with.insert("UserName".to_owned(), json!(CALLER));
                "iam:PutUserPolicy"
            }
        };
        let call = self.call(operation, &with, "");
        let answer = self.house.ask(&call, &Signer::Good(House::root())).await;
        assert!(answer.is_success(), "the caller's policy: {answer}");
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(values) => values.iter().map(|value| self.value(value)).collect(),
            Value::Object(members) => Value::Object(self.members(members)),
            other => other.clone(),
        }
    }

    pub fn text(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{{{name}}}}}"), value)
        })
    }
}
