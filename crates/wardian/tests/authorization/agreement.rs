//! One answer, whoever asks: a request, `why`, `can` and the policy simulator agree on the same
//! table of requests, and the change that `why` proposes works.
//!
//! What one of them cannot be told (the simulator: a trust policy; both: a session policy) is left
//! out of the row.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::house::{ACCOUNT, House};
use crate::request::{Credentials, Signer};
use crate::world::{Step, World};

#[derive(Deserialize)]
struct Table {
    world: Vec<Step>,
    requests: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(rename = "as")]
    by: String,
    operation: String,
    /// The operation's own unless given.
    action: Option<String>,
    #[serde(default)]
    with: Map<String, Value>,
    resource: String,
    /// What the request carries beside what every request does.
    #[serde(default)]
    context: BTreeMap<String, Vec<String>>,
    allowed: bool,
    /// Decided by a rule, not by policies: there is no decision to show.
    #[serde(default)]
    rule: bool,
    #[serde(default = "yes")]
    asked: bool,
    #[serde(default = "yes")]
    simulated: bool,
    #[serde(default = "yes")]
    try_remedy: bool,
}

fn yes() -> bool {
    true
}

/// How often each was asked, so that the table cannot wither unseen.
#[derive(Default)]
struct Tally {
    asked: usize,
    simulated: usize,
    remedied: usize,
}

#[tokio::test]
async fn requests_why_can_and_the_simulator_agree() {
    let text = include_str!("agreement.json");
    let table: Table = serde_json::from_str(text).expect("agreement.json");
    assert!(table.requests.len() >= 60);
    let mut world = World::of("agreement").await;
    world.run(&table.world).await;
    let mut failures = Vec::new();
    let mut tally = Tally::default();
    for row in &table.requests {
        let mut trial = Trial { row, world: &world, policies: &table.world, tally: &mut tally };
        if let Err(failure) = trial.run().await {
            let Row { by, operation, resource, .. } = row;
            failures.push(format!("{by} {operation} {resource}: {failure}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let Tally { asked, simulated, remedied } = tally;
    assert!(asked >= 80 && simulated >= 50 && remedied >= 10, "{asked} {simulated} {remedied}");
}

struct Trial<'a> {
    row: &'a Row,
    world: &'a World,
    policies: &'a [Step],
    tally: &'a mut Tally,
}

impl Trial<'_> {
    async fn run(&mut self) -> Result<(), String> {
        let answer = self.ask(&self.row.operation, &self.row.with, &self.row.by).await;
        self.expect("the request", !answer.is_denial(), &answer)?;
        let why = self.why(&answer).await?;
        if self.row.asked {
            self.can().await?;
        }
        if self.row.simulated && !self.row.rule {
            self.simulate(&why).await?;
        }
        self.remedy(&why).await
    }

    async fn why(&self, answer: &Answer) -> Result<Value, String> {
        let id = answer.value("RequestId");
        let id = id.or_else(|| answer.value("x-amzn-requestid"));
        let id = id.or_else(|| answer.value("x-amz-request-id")).ok_or("no request id")?;
        let with = Map::from_iter([("RequestId".to_owned(), json!(id))]);
        let told = self.ask("wardian:DescribeDecision", &with, self.asker()).await;
        let document = document(&told)?;
        if !matches!(self.row.by.as_str(), "anonymous" | "foreign") {
            let Credentials { secret, session_token, .. } = self.world.credentials(&self.row.by);
            let secrets = session_token.into_iter().chain([secret]);
            if secrets.into_iter().any(|secret| document.to_string().contains(&secret)) {
                return Err("why tells a secret".to_owned());
            }
        }
        if self.row.rule {
            self.expect("why", document["denied"] == false, &document)?;
            return Ok(Value::Null);
        }
        let (action, resource) = (self.action(), self.world.text(&self.row.resource));
        let decisions = document["decisions"].as_array().ok_or("no decisions")?;
        let about = decisions
            .iter()
            .find(|one| one["action"] == action.as_str() && one["resource"] == resource.as_str());
        let decision = about.ok_or_else(|| format!("why speaks of something else: {document}"))?;
        self.expect("why", decision["allowed"] == true, decision)?;
        Ok(decision.clone())
    }

    async fn can(&mut self) -> Result<(), String> {
        let principal = match self.row.by.as_str() {
            "root" => ACCOUNT.to_owned(),
            "foreign" => "210987654321".to_owned(),
            name => name.to_owned(),
        };
        let entries: Vec<Value> = self
            .context()
            .map(|(key, values)| json!({"ContextKeyName": key, "ContextKeyValues": values}))
            .collect();
        let mut with = json!({
            "Principal": principal,
            "ActionName": self.action(),
            "ResourceArn": self.world.text(&self.row.resource),
        });
        if !entries.is_empty() {
            with["ContextEntries"] = entries.into();
        }
        let told = self.ask("wardian:CheckAccess", &object(with), self.asker()).await;
        let allowed = told.value("Allowed").ok_or_else(|| format!("can: {told}"))?;
        self.tally.asked += 1;
        self.expect("can", allowed == "true", &told)
    }

    async fn simulate(&mut self, why: &Value) -> Result<(), String> {
        let kind = match self.row.by.as_str() {
            "root" | "foreign" | "anonymous" => return Ok(()),
            "app" => "role",
            _ => "user",
        };
        let entries = why["context"].as_object().into_iter().flatten().map(|(key, value)| {
            let (kind, values) = match value {
                Value::Array(values) => ("stringList", values.clone()),
                one => ("string", vec![one.clone()]),
            };
            json!({"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": values})
        });
        let entries: Vec<Value> = entries.collect();
        let mut with = json!({
            "PolicySourceArn": format!("arn:aws:iam::{ACCOUNT}:{kind}/{}", self.row.by),
            "ActionNames": [self.action()],
            "ResourceArns": [self.world.text(&self.row.resource)],
            "ContextEntries": entries,
        });
        if let Some(policy) = self.bucket_policy() {
            with["ResourcePolicy"] = policy;
        }
        let told = self.ask("iam:SimulatePrincipalPolicy", &object(with), "root").await;
        let decision = told.value("EvalDecision").ok_or_else(|| format!("simulator: {told}"))?;
        self.tally.simulated += 1;
        self.expect("the simulator", decision == "allowed", &told)
    }

    /// What is proposed is evaluated to an Allow; a statement for a user or a role is tried.
    async fn remedy(&mut self, why: &Value) -> Result<(), String> {
        if self.row.allowed || self.row.rule {
            return Ok(());
        }
        let remedy = &why["remedy"];
        if remedy["evaluatesTo"] != "allowed" {
            return Err(format!("no remedy: {why}"));
        }
        let [change] = remedy["changes"].as_array().map_or(&[][..], Vec::as_slice) else {
            return Ok(());
        };
        let owner = change["owner"].as_str().unwrap_or_default();
        let (kind, name) = match owner.split_once(":user/").or(owner.split_once(":role/")) {
            Some((_, name)) if owner.contains(":user/") => ("User", name),
            Some((_, name)) => ("Role", name),
            None => return Ok(()),
        };
        let is_own = change["side"] == "identity" && change["change"] == "add-statement";
        if !is_own || !self.row.try_remedy {
            return Ok(());
        }
        let document = json!({"Version": "2012-10-17", "Statement": [change["statement"]]});
        let mut with = json!({"PolicyName": "remedy", "PolicyDocument": document});
        with[format!("{kind}Name")] = json!(name);
        let mut with = object(with);
        let put = self.ask(&format!("iam:Put{kind}Policy"), &with, "root").await;
        let tried = self.ask(&self.row.operation, &self.row.with, &self.row.by).await;
        with.remove("PolicyDocument");
        let taken = self.ask(&format!("iam:Delete{kind}Policy"), &with, "root").await;
        self.tally.remedied += 1;
        if tried.is_denial() || !put.is_success() || !taken.is_success() {
            return Err(format!("the remedy {change} did not help: {put} {tried}"));
        }
        Ok(())
    }

    fn expect(
        &self,
        who: &str,
        allowed: bool,
        told: &impl std::fmt::Display,
    ) -> Result<(), String> {
        if allowed == self.row.allowed {
            return Ok(());
        }
        Err(format!("{who} says {}: {told}", if allowed { "allowed" } else { "denied" }))
    }

    async fn ask(&self, operation: &str, with: &Map<String, Value>, by: &str) -> Answer {
        let call = self.world.call(operation, with, "x");
        let signer = match by {
            "anonymous" => Signer::Anonymous,
            "foreign" => Signer::Good(House::foreigner()),
            name => Signer::Good(self.world.credentials(name)),
        };
        self.world.house.ask(&call, &signer).await
    }

    /// Whose account the decision is of.
    fn asker(&self) -> &'static str {
        if self.row.by == "foreign" { "foreign" } else { "root" }
    }

    fn action(&self) -> String {
        self.row.action.clone().unwrap_or_else(|| self.row.operation.clone())
    }

    fn context(&self) -> impl Iterator<Item = (&String, Vec<String>)> {
        let text = |values: &Vec<String>| values.iter().map(|one| self.world.text(one)).collect();
        self.row.context.iter().map(move |(key, values)| (key, text(values)))
    }

    fn bucket_policy(&self) -> Option<Value> {
        let bucket = self.row.resource.strip_prefix("arn:aws:s3:::")?.split('/').next()?;
        let policy = self.policies.iter().find_map(|step| step.bucket_policy(bucket))?;
        self.world.members(&object(json!({ "Policy": policy }))).remove("Policy")
    }
}

fn document_of(answer: &Answer) -> Value {
    document(answer).unwrap_or_else(|failure| panic!("{failure}"))
}

/// The document in an answer of the service `wardian`.
fn document(answer: &Answer) -> Result<Value, String> {
    let text = answer.value("Document").ok_or_else(|| answer.to_string())?;
    serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("no object: {other}"),
    }
}

/// What belongs to another account is not shown, and its decisions are not found.
#[tokio::test]
async fn an_account_sees_its_own_decisions_and_its_own_side_only() {
    let table: Table = serde_json::from_str(include_str!("agreement.json")).expect("a table");
    let mut world = World::of("agreement").await;
    world.run(&table.world).await;
    let ask = async |operation: &str, with: Value, by: &str| {
        let call = world.call(operation, &object(with), "x");
        let signer = match by {
            "foreign" => Signer::Good(House::foreigner()),
            name => Signer::Good(world.credentials(name)),
        };
        world.house.ask(&call, &signer).await
    };
    let key = json!({"Bucket": "shared-box", "Key": "key"});
    let got = ask("s3:GetObject", key, "foreign").await;
    let id = got.value("x-amz-request-id").expect("an id");
    let told = ask("wardian:DescribeDecision", json!({"RequestId": id}), "foreign").await;
    let shown = document(&told).expect("a document");
    assert_eq!(shown["decisions"][0]["policies"][0]["hidden"], true, "{shown}");
    assert!(!shown.to_string().contains("210987654321\\\""), "{shown}");
    let told = ask("wardian:DescribeDecision", json!({"RequestId": id}), "root").await;
    assert_eq!(told.code().as_deref(), Some("DecisionNotFound"), "{told}");
    let told = ask("wardian:DescribeDecision", json!({"RequestId": id}), "reader").await;
    assert!(told.is_denial(), "{told}");
    let message = ask("wardian:EncodeDecision", json!({"RequestId": id}), "foreign").await;
    let message = message.value("EncodedMessage").expect("a message");
    let bad = json!({"EncodedMessage": "Tm90aGluZw"});
    let refused = ask("sts:DecodeAuthorizationMessage", bad, "root").await;
    assert_eq!(refused.value("Message").as_deref(), Some("Message is not valid"), "{refused}");
    let decode = json!({"EncodedMessage": message});
    let own = ask("sts:DecodeAuthorizationMessage", decode.clone(), "foreign").await;
    let decoded: Value =
        serde_json::from_str(&own.value("DecodedMessage").expect("a message")).expect("a document");
    assert_eq!(decoded["allowed"], true, "{decoded}");
    assert_eq!(decoded["context"]["action"], "s3:GetObject", "{decoded}");
    let other = ask("sts:DecodeAuthorizationMessage", decode, "root").await;
    assert_eq!(other.code().as_deref(), Some("InvalidAuthorizationMessageException"), "{other}");
}

/// Whether another account has a role is nobody's to learn, not by `can` either.
#[tokio::test]
async fn can_tells_a_role_of_another_account_from_none_to_nobody() {
    let table: Table = serde_json::from_str(include_str!("agreement.json")).expect("a table");
    let mut world = World::of("agreement").await;
    world.run(&table.world).await;
    let ask = async |operation: &str, with: Value| {
        let call = world.call(operation, &object(with), "");
        world.house.ask(&call, &Signer::Good(House::foreigner())).await
    };
    assert!(ask("iam:CreateUser", json!({"UserName": "spy"})).await.is_success());
    for effect in ["Allow", "Deny"] {
        let document = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": effect, "Action": "sts:AssumeRole", "Resource": "*"}]});
        let with = json!({"UserName": "spy", "PolicyName": "p", "PolicyDocument": document});
        assert!(ask("iam:PutUserPolicy", with).await.is_success());
        let mut told = Vec::new();
        for role in ["locked", "absent"] {
            let arn = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
            let with =
                json!({"Principal": "spy", "ActionName": "sts:AssumeRole", "ResourceArn": arn});
            let mut shown = document_of(&ask("wardian:CheckAccess", with).await);
            shown["requestId"] = Value::Null;
            told.push(shown.to_string().replace(role, "ROLE"));
        }
        assert_eq!(told[0], told[1], "{effect}");
    }
}

/// What a stack does for its maker is decided, and explained, like any request.
#[tokio::test]
async fn the_calls_of_a_stack_are_decisions_of_their_own() {
    let steps = json!([
        {"operation": "iam:CreateUser", "with": {"UserName": "stacker"}},
        {"operation": "iam:PutUserPolicy", "with": {"UserName": "stacker", "PolicyName": "stacks",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"}]}}},
        {"operation": "iam:CreateAccessKey", "with": {"UserName": "stacker"}, "credentials": "stacker"},
        {"operation": "cloudformation:CreateStack", "as": "stacker", "with": {"StackName": "boxes",
            "TemplateBody": {"Resources": {"Box": {"Type": "AWS::S3::Bucket"}}}}},
    ]);
    let steps: Vec<Step> = serde_json::from_value(steps).expect("steps");
    let mut world = World::of("agreement").await;
    world.run(&steps).await;
    let call = world.call("wardian:DescribeDecision", &object(json!({"Denied": true})), "");
    let told = world.house.ask(&call, &Signer::Good(House::root())).await;
    let shown = document(&told).expect("a document");
    assert_eq!(shown["operation"], "CreateBucket", "{shown}");
    assert_eq!(shown["caller"]["via"], json!(["cloudformation.amazonaws.com"]), "{shown}");
    assert_eq!(shown["caller"]["arn"], format!("arn:aws:iam::{ACCOUNT}:user/stacker"));
    assert_eq!(shown["decisions"][0]["remedy"]["evaluatesTo"], "allowed", "{shown}");
}

/// Everybody who can read one object: by name, by group, by role, by policy of the bucket.
#[tokio::test]
async fn whocan_finds_users_groups_roles_and_who_assumes_them() {
    let table: Table = serde_json::from_str(include_str!("agreement.json")).expect("a table");
    let mut world = World::of("agreement").await;
    world.run(&table.world).await;
    let with = json!({"ActionName": "s3:GetObject", "ResourceArn": "arn:aws:s3:::open-box/key"});
    let call = world.call("wardian:ListPrincipalsWithAccess", &object(with), "");
    let told = world.house.ask(&call, &Signer::Good(House::root())).await;
    let shown = document(&told).expect("a document");
    let names = |list: &str| -> Vec<String> {
        let all = shown[list].as_array().expect("a list").iter();
        let arns = all.map(|one| one["arn"].as_str().expect("an ARN"));
        arns.map(|arn| arn.rsplit([':', '/']).next().unwrap_or_default().to_owned()).collect()
    };
    let principals = names("principals");
    for name in ["root", "admin", "careful", "bounded", "nobody", "app"] {
        assert!(principals.iter().any(|one| one == name), "{name}: {shown}");
    }
    for name in ["reader", "tagged", "assumer", "key", "locked", "crew"] {
        assert!(!principals.iter().any(|one| one == name), "{name}: {shown}");
    }
    assert!(names("byAssumingRoles").contains(&"assumer".to_owned()), "{shown}");
    assert_eq!(shown["everyone"], false);
    assert_eq!(shown["resourcePolicyAllows"][0]["sid"], "Nobody", "{shown}");
}
