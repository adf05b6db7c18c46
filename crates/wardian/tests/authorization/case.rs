//! One request, asked by everybody: a stranger, a forger, a session that has expired, a user who
//! may not, a user who may.
//!
//! The rows of `data/authz` that hold for the request say what "may" means; each of them is taken
//! away by itself, and denied by itself.

use std::collections::{BTreeMap, BTreeSet};

use api::{Protocol, Structure, View};
use gateway::rows::{self, Ask, Row, Rule};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::house::House;
use crate::input;
use crate::request::{Call, Signer};
use crate::world::{CALLER, SESSION, SESSION_SECONDS, Step, World};

/// A request of `requests`, a file a service.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    name: String,
    #[serde(default)]
    with: Map<String, Value>,
    /// The bytes of an operation that streams.
    #[serde(default)]
    body: String,
    /// What must happen first.
    #[serde(default)]
    before: Vec<Step>,
    /// The rows that the handler asks on the way, by id.
    #[serde(default)]
    reaches: BTreeSet<String>,
    /// The rows that the handler asks softly, by id, each with the header of which it decides: who
    /// may not is not denied, only told less.
    #[serde(default)]
    shows: BTreeMap<String, String>,
    /// The resources that rows are about, by id: told where two rows ask for the same action, and
    /// where a denial names another than policies must.
    #[serde(default)]
    resources: BTreeMap<String, String>,
    /// What condition keys mean, by key, where that is not what the request says word for word.
    #[serde(default)]
    values: BTreeMap<String, String>,
    /// What it is about is this account's alone: another's root is denied it. Buckets always are.
    #[serde(default)]
    ours: bool,
    /// Who asks: the user `caller` unless given, else a session of the role of that name.
    #[serde(rename = "as")]
    by: Option<String>,
    /// The code that a caller who may is answered, where that is no success.
    answers: Option<String>,
}

/// A case under way.
struct Trial<'a> {
    case: &'a Case,
    input: Box<dyn Structure>,
    call: Call,
    world: World,
    /// The rows that decide, in their order.
    asked: Vec<&'a Row>,
    /// The rows that are asked softly.
    soft: Vec<&'a Row>,
    /// What the denials said the rows are about, by id.
    resources: BTreeMap<String, String>,
    found: Found,
}

/// What a case found: which rows and condition keys it visited, and what was not as it should be.
#[derive(Default)]
pub struct Found {
    pub visited: Vec<String>,
    pub failures: Vec<String>,
}

impl Case {
    /// Tries the case on `operation` (`iam:CreateUser`), whose decisions are `rows`.
    pub async fn run(&self, operation: &str, rows: &[Row]) -> Found {
        let (service, name) = operation.split_once(':').expect("service:Operation");
        let mut world = World::of(service).await;
        world.run(&self.before).await;
        let (_, input) = input::of_json(service, name, &world.members(&self.with));
        let is_asked = |row: &&Row| match row.ask {
            Ask::Gate => row.holds(input.as_ref()),
            Ask::Handler => self.reaches.contains(row.id()),
        };
        let asked: Vec<&Row> = rows.iter().filter(is_asked).collect();
        let soft = rows.iter().filter(|row| self.shows.contains_key(row.id())).collect();
        let call = world.call(operation, &self.with, &self.body);
        let (resources, found) = (BTreeMap::new(), Found::default());
        let mut trial = Trial { case: self, input, call, world, asked, soft, resources, found };
        trial.run().await;
        let mut found = trial.found;
        for failure in &mut found.failures {
            *failure = format!("{operation}, {}: {failure}", self.name);
        }
        found
    }
}

impl Trial<'_> {
    async fn run(&mut self) {
        if self.asked.is_empty() {
            self.found.failures.push("no row decides".to_owned());
            return;
        }
        self.stranger().await;
        self.forger().await;
        self.foreigner().await;
        self.for_another_owner().await;
        self.without_permissions().await;
        for row in self.asked.clone() {
            self.found.visited.push(row.id().to_owned());
            if row.decision != Rule::Authenticated {
                self.without(row).await;
                self.denied(row, "*").await;
                self.denied_resource(row).await;
                self.denied_values(row).await;
            }
        }
        for row in self.soft.clone() {
            self.shown(row).await;
        }
        self.expired().await;
        self.allowed().await;
    }

    /// What a row that is asked softly decides of is there for who may do everything, and for
    /// nobody who is denied the row, whatever the denial names.
    async fn shown(&mut self, row: &Row) {
        self.found.visited.push(row.id().to_owned());
        self.shows(row, json!({}), true).await;
        self.shows(row, json!({"Action": row.action}), false).await;
        for (key, path) in &row.keys {
            let Some(view) = path.of(self.input.as_ref()) else { continue };
            let condition = json!({"StringEquals": {key: rows::values(view)}});
            let denied = json!({"Action": row.action, "Condition": condition});
            self.shows(row, denied, false).await;
            self.found.visited.push(place_of_key(row, key));
        }
    }

    async fn shows(&mut self, row: &Row, denied: Value, expected: bool) {
        let mut but = json!({"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"});
        if let (Some(but), Value::Object(denied)) = (but.as_object_mut(), denied) {
            but.extend(denied);
        }
        let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let answer = self.ask_with(&statements(&[everything, but.clone()])).await;
        let header = self.case.shows.get(row.id()).map(String::as_str).unwrap_or_default();
        if !answer.is_success() || answer.value(header).is_some() != expected {
            let what = if expected { "shows no" } else { "shows" };
            self.found.failures.push(format!("{but}: {what} {header}: {answer}"));
        }
    }

    async fn stranger(&mut self) {
        let answer = self.world.house.ask(&self.call, &Signer::Anonymous).await;
        if !self.is_s3() {
            let is_refused = answer.status == self.refusal();
            self.expect("unsigned", &answer, is_refused, "MissingAuthenticationToken");
        } else if !answer.is_denial() {
            self.found.failures.push(format!("unsigned: expected AccessDenied, got {answer}"));
        }
    }

    /// What is known to all accounts, and open to none but its own.
    async fn foreigner(&mut self) {
        let operation = self.call.operation;
        let is_in_bucket = operation.http.uri.contains("{Bucket}");
        if !self.case.ours && (!is_in_bucket || operation.name == "CreateBucket") {
            return;
        }
        let signer = Signer::Good(House::foreigner());
        let answer = self.world.house.ask(&self.call, &signer).await;
        if !answer.is_denial() {
            self.found
                .failures
                .push(format!("another account: expected AccessDenied, got {answer}"));
        }
    }

    /// Whoever expects the bucket to be another's is denied, root as well.
    async fn for_another_owner(&mut self) {
        const MEMBER: &str = "ExpectedBucketOwner";
        let mut members = self.call.operation.input.members().iter();
        if !members.any(|member| member.name == MEMBER) {
            return;
        }
        let mut with = self.case.with.clone();
        with.insert(MEMBER.to_owned(), json!("999999999999"));
        let operation = format!("{}:{}", self.call.operation.service, self.call.operation.name);
        let call = self.world.call(&operation, &with, &self.case.body);
        let answer = self.world.house.ask(&call, &Signer::Good(House::root())).await;
        if !answer.is_denial() {
            self.found.failures.push(format!("another owner expected: not denied: {answer}"));
        }
    }

    async fn forger(&mut self) {
        let signer = Signer::Altered(self.world.credentials("root"));
        let answer = self.world.house.ask(&self.call, &signer).await;
        let is_refused = answer.status == self.refusal();
        self.expect("with an altered signature", &answer, is_refused, "SignatureDoesNotMatch");
    }

    /// Nobody can take away what every caller may do, not even an explicit deny.
    async fn without_permissions(&mut self) {
        let first = self.asked.iter().find(|row| row.decision != Rule::Authenticated).copied();
        let policy = match first {
            Some(_) => allow(&[]),
            None => statements(&[json!({"Effect": "Deny", "Action": "*", "Resource": "*"})]),
        };
        let answer = self.ask_with(&policy).await;
        match first {
            Some(row) => self.expect_denial("without permissions", &answer, &row.action),
            None => self.expect_permission("denied what cannot be denied", &answer),
        }
    }

    async fn without(&mut self, row: &Row) {
        let others: Vec<&str> = self.actions().into_iter().filter(|a| *a != row.action).collect();
        let answer = self.ask_with(&allow(&others)).await;
        let who = format!("allowed all but {}", row.action);
        self.expect_denial(&who, &answer, &row.action);
    }

    /// Where another row asks for the same action, only the resource tells the two apart.
    async fn denied_resource(&mut self, row: &Row) {
        let is_namesake = |other: &&&Row| other.action == row.action && other.id() != row.id();
        match self.case.resources.get(row.id()) {
            Some(resource) => {
                let resource = self.world.text(resource);
                self.denied(row, &resource).await;
            }
            None if self.asked.iter().any(|other| is_namesake(&other)) => {
                self.found
                    .failures
                    .push(format!("the case does not tell the resource of {}", row.id()));
            }
            None => {}
        }
    }

    /// Each condition key of the row that the request gives a value.
    async fn denied_values(&mut self, row: &Row) {
        for (key, path) in &row.keys {
            let Some(view) = path.of(self.input.as_ref()) else { continue };
            let operator = match view {
                View::List(_) => "ForAnyValue:StringEquals",
                _ => "StringEquals",
            };
            let values = match self.case.values.get(key) {
                Some(meant) => vec![meant.clone()],
                None => rows::values(view),
            };
            let condition = json!({operator: {key: values}});
            let but = json!({
                "Effect": "Deny", "Action": row.action, "Resource": "*", "Condition": condition,
            });
            self.all_but(row, but, &format!("denied {} by {key}", row.action)).await;
            self.found.visited.push(place_of_key(row, key));
        }
    }

    async fn denied(&mut self, row: &Row, resource: &str) {
        let but = json!({"Effect": "Deny", "Action": row.action, "Resource": resource});
        self.all_but(row, but, &format!("denied {} on {resource}", row.action)).await;
    }

    async fn all_but(&mut self, row: &Row, but: Value, who: &str) {
        let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let answer = self.ask_with(&statements(&[everything, but])).await;
        self.expect_denial(who, &answer, &row.action);
        if let Some(resource) = answer.denied_resource() {
            self.resources.entry(row.id().to_owned()).or_insert(resource);
        }
        let is_explained = row.decision == Rule::PoliciesUnexplained
            || answer.is_bare()
            || answer.says("with an explicit deny in an identity-based policy");
        if !is_explained {
            self.found.failures.push(format!("{who}: not named as an explicit deny: {answer}"));
        }
    }

    async fn expired(&mut self) {
        self.world.house.pass(SESSION_SECONDS + 1);
        let signer = Signer::Good(self.world.credentials(SESSION));
        let answer = self.world.house.ask(&self.call, &signer).await;
        let status = if self.is_s3() { 400 } else { self.refusal() };
        let is_refused = answer.status == status;
        self.expect("with an expired session", &answer, is_refused, "ExpiredToken");
    }

    /// The last: it changes the world. Allowed is each action on that alone which its denial named.
    async fn allowed(&mut self) {
        let allow = |row: &&Row| {
            let told = self.case.resources.get(row.id()).map(|told| self.world.text(told));
            let resource = told.or_else(|| self.resources.get(row.id()).cloned());
            let resource = resource.unwrap_or_else(|| "*".to_owned());
            json!({"Effect": "Allow", "Action": row.action, "Resource": resource})
        };
        let policy: Vec<Value> = self.asked.iter().map(allow).collect();
        let answer = self.ask_with(&statements(&policy)).await;
        self.expect_permission("allowed what the rows ask", &answer);
    }

    async fn ask_with(&self, policy: &Value) -> Answer {
        let by = self.case.by.as_deref();
        self.world.permit(by, policy).await;
        let signer = Signer::Good(self.world.credentials(by.unwrap_or(CALLER)));
        self.world.house.ask(&self.call, &signer).await
    }

    /// `code` must be said where there is a body to say it in.
    fn expect(&mut self, who: &str, answer: &Answer, is_right: bool, code: &str) {
        let is_told = answer.is_bare() && self.call.is_head();
        if !is_right || !(is_told || answer.code().as_deref() == Some(code)) {
            self.found.failures.push(format!("{who}: expected {code}, got {answer}"));
        }
    }

    fn expect_denial(&mut self, who: &str, answer: &Answer, action: &str) {
        let is_told = answer.is_bare() && self.call.is_head();
        let is_named = is_told || answer.denied().as_deref() == Some(action);
        if !answer.is_denial() || !is_named {
            let expected = format!("expected AccessDenied naming {action}");
            self.found.failures.push(format!("{who}: {expected}, got {answer}"));
        }
    }

    fn expect_permission(&mut self, who: &str, answer: &Answer) {
        let is_right = match self.case.answers.as_deref() {
            None => answer.is_success() && !answer.is_denial(),
            Some(code) if answer.is_bare() => code.parse() == Ok(answer.status),
            Some(code) => answer.code().as_deref() == Some(code) && !answer.is_denial(),
        };
        if !is_right {
            let expected = self.case.answers.as_deref().unwrap_or("success");
            self.found.failures.push(format!("{who}: expected {expected}, got {answer}"));
        }
    }

    fn actions(&self) -> Vec<&str> {
        self.asked.iter().map(|row| row.action.as_str()).collect()
    }

    /// Services that speak JSON answer 400 to whatever is the client's fault.
    fn refusal(&self) -> u16 {
        if matches!(self.protocol(), Some(Protocol::Json(_))) { 400 } else { 403 }
    }

    fn is_s3(&self) -> bool {
        self.protocol() == Some(Protocol::RestXml)
    }

    fn protocol(&self) -> Option<Protocol> {
        api::service(self.call.operation.service).map(|service| service.protocol)
    }
}

/// All that a request can visit of a row: itself, and its condition keys.
pub fn places(row: &Row) -> Vec<String> {
    let keys = row.keys.keys().map(|key| place_of_key(row, key));
    std::iter::once(row.id().to_owned()).chain(keys).collect()
}

fn place_of_key(row: &Row, key: &str) -> String {
    format!("{}/{key}", row.id())
}

fn allow(actions: &[&str]) -> Value {
    // A policy must allow something: what nobody serves.
    let mut actions = actions.to_vec();
    actions.push("ec2:DescribeInstances");
    statements(&[json!({"Effect": "Allow", "Action": actions, "Resource": "*"})])
}

fn statements(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}
