//! A user that widens its own permissions: each way is open to nobody who was not given it.
//!
//! Each attack (`escalation.json`) is tried with the actions beside its own, with its own on a
//! neighbour, under conditions that do not hold, and denied by name under another's allowance; and
//! last with exactly what it needs, which shows that the others failed for want of permission.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::house::ACCOUNT;
use crate::request::Signer;
use crate::scenario::told;
use crate::world::{CALLER, Step, World};

#[derive(Deserialize)]
struct Table {
    world: Vec<Step>,
    attacks: BTreeMap<String, Attack>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attack {
    operation: String,
    /// What must be allowed: the operation's own action unless given.
    action: Option<String>,
    with: Map<String, Value>,
    /// `user/boss`
    resource: String,
    neighbour: String,
    /// Actions that are not the attack's.
    beside: Vec<String>,
    /// Conditions under which the attack does not stand.
    #[serde(default)]
    conditions: Vec<Value>,
    /// What every attempt may do.
    #[serde(default)]
    needs: Vec<String>,
    /// What the attack is answered once it is allowed.
    #[serde(default = "ok")]
    answers: String,
}

fn ok() -> String {
    "200".to_owned()
}

const FILE: &str = include_str!("escalation.json");

macro_rules! escalations {
    ($($name:ident),+ $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            try_all(stringify!($name)).await;
        })+

        #[test]
        fn every_escalation_of_the_file_is_a_test() {
            let table: Table = serde_json::from_str(FILE).expect("escalation.json");
            let mut tests = vec![$(stringify!($name)),+];
            tests.sort_unstable();
            assert_eq!(table.attacks.keys().collect::<Vec<_>>(), tests);
        }
    };
}

escalations! {
    a_boundary_made_wider,
    a_boundary_taken_off_a_role,
    a_boundary_taken_off_a_user,
    a_device_of_another_user_taken_away,
    a_key_of_another_user,
    a_key_of_another_user_by_the_variable_for_oneself,
    a_key_of_another_user_turned_on,
    a_new_version_of_ones_own_policy,
    a_password_for_another_user,
    a_policy_attached_to_a_role,
    a_policy_attached_to_ones_group,
    a_policy_attached_to_oneself,
    a_role_passed_to_a_change_set,
    a_role_passed_to_a_stack_that_is_deleted,
    a_role_passed_to_a_stack_that_is_made,
    a_role_passed_to_a_stack_that_is_rolled_back,
    a_role_passed_to_a_stack_that_is_updated,
    a_role_passed_to_a_stack_whose_rollback_goes_on,
    a_role_passed_to_an_instance_profile,
    a_role_without_the_boundary_that_is_demanded,
    a_trust_policy_rewritten,
    a_user_without_the_boundary_that_is_demanded,
    an_inline_policy_of_a_role,
    an_inline_policy_of_ones_group,
    an_inline_policy_of_ones_own,
    an_older_and_wider_version_made_the_default,
    any_policy_where_one_may_be_attached,
    joining_by_the_permission_for_the_user,
    joining_the_administrators,
}

async fn try_all(name: &str) {
    let table: Table = serde_json::from_str(FILE).expect("escalation.json");
    let attack = &table.attacks[name];
    let mut world = World::of("attacks").await;
    world.run(&table.world).await;
    for (why, statements) in attack.insufficient() {
        let told = attack.attempt(&world, &statements).await;
        assert_eq!(told, "403 AccessDenied", "{why}: {statements:?}");
    }
    let enough = attack.sufficient();
    assert_eq!(attack.attempt(&world, &enough).await, attack.answers, "{enough:?}");
}

impl Attack {
    fn action(&self) -> &str {
        self.action.as_deref().unwrap_or(&self.operation)
    }

    /// What is allowed in every attempt, and `statement`.
    fn and(&self, statements: &[Value]) -> Vec<Value> {
        let needs = (!self.needs.is_empty())
            .then(|| json!({"Effect": "Allow", "Action": self.needs, "Resource": "*"}));
        statements.iter().cloned().chain(needs).collect()
    }

    fn sufficient(&self) -> Vec<Value> {
        self.and(&[self.own(&self.resource)])
    }

    fn own(&self, resource: &str) -> Value {
        json!({"Effect": "Allow", "Action": self.action(), "Resource": arn(resource)})
    }

    fn insufficient(&self) -> Vec<(&'static str, Vec<Value>)> {
        let own = || self.own(&self.resource);
        let with = |name: &str, value: &Value| {
            let mut statement = own();
            statement[name] = value.clone();
            statement
        };
        let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let denied = with("Effect", &json!("Deny"));
        let foreign = arn(&self.resource).replace(ACCOUNT, "210987654321");
        let (kind, name) = self.resource.split_once('/').expect("a kind and a name");
        let cased = arn(&format!("{kind}/{}", name.to_uppercase()));
        let other_service = self.action().replace("iam:", "sts:");
        let mut tries = vec![
            ("nothing", self.and(&[])),
            ("a neighbour", self.and(&[self.own(&self.neighbour)])),
            ("another account's", self.and(&[with("Resource", &json!(foreign))])),
            ("the resource in another case", self.and(&[with("Resource", &json!(cased))])),
            ("all but the resource", {
                let mut statement = with("NotResource", &json!(arn(&self.resource)));
                statement.as_object_mut().expect("a statement").remove("Resource");
                self.and(&[statement])
            }),
            ("another service's action", self.and(&[with("Action", &json!(other_service))])),
            ("all, and denied by name", self.and(&[all.clone(), denied.clone()])),
            ("denied in another case", {
                let mut denied = denied;
                denied["Action"] = json!(self.action().to_uppercase());
                self.and(&[all, denied])
            }),
        ];
        if !self.beside.is_empty() {
            tries.push(("what is beside it", self.and(&[with("Action", &json!(self.beside))])));
        }
        for condition in &self.conditions {
            let condition = condition.to_string().replace("{{account}}", ACCOUNT);
            let condition: Value = serde_json::from_str(&condition).expect("a condition");
            tries.push(("a condition", self.and(&[with("Condition", &condition)])));
        }
        tries
    }

    async fn attempt(&self, world: &World, statements: &[Value]) -> String {
        // A policy has at least one statement.
        let nothing = [json!({"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"})];
        let statements = if statements.is_empty() { &nothing } else { statements };
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        world.permit(None, &policy).await;
        let call = world.call(&self.operation, &self.with, "");
        let signer = Signer::Good(world.credentials(CALLER));
        told(&world.house.ask(&call, &signer).await)
    }
}

fn arn(resource: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{resource}")
}
