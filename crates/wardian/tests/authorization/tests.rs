//! The tests: every row of every operation that is served, every operation that is not.

use std::collections::{BTreeMap, BTreeSet};

use api::Shape;
use api::iam::CreateUser;
use gateway::rows::Row;
use gateway::{Cx, Error, Service};
use wardian::Services;

use crate::answer::Answer;
use crate::case::{Case, places};
use crate::house::House;
use crate::input;
use crate::list::{self, EXCEPTIONS, NOT_IMPLEMENTED};
use crate::request::{Call, Signer};

#[tokio::test]
async fn every_decision_of_cloudformation_is_asked() {
    every_decision_is_asked("cloudformation").await;
}

#[tokio::test]
async fn every_decision_of_iam_is_asked() {
    every_decision_is_asked("iam").await;
}

#[tokio::test]
async fn every_decision_of_organizations_is_asked() {
    every_decision_is_asked("organizations").await;
}

#[tokio::test]
async fn every_decision_of_s3_is_asked() {
    every_decision_is_asked("s3").await;
}

#[tokio::test]
async fn every_decision_of_s3_control_is_asked() {
    every_decision_is_asked("s3control").await;
}

#[tokio::test]
async fn every_decision_of_sns_is_asked() {
    every_decision_is_asked("sns").await;
}

#[tokio::test]
async fn every_decision_of_ssm_is_asked() {
    every_decision_is_asked("ssm").await;
}

#[tokio::test]
async fn every_decision_of_sts_is_asked() {
    every_decision_is_asked("sts").await;
}

#[tokio::test]
async fn every_decision_of_wardian_is_asked() {
    every_decision_is_asked("wardian").await;
}

/// Visits each row of each operation of the service, and tells all that is wrong at once.
async fn every_decision_is_asked(service: &str) {
    let cases = cases(service);
    let house = House::new().await;
    let services = house.gateway.services();
    let served = services.iter().find(|served| served.name() == service).expect("a service");
    let only = std::env::var("WARDIAN_TEST_OPERATION").ok();
    let (mut failures, mut missed) = (Vec::new(), BTreeSet::new());
    let mut operations = BTreeSet::new();
    for (shape, rows) in served.decisions() {
        let operation = format!("{service}:{}", shape.name);
        operations.insert(operation.clone());
        if only.as_ref().is_some_and(|only| *only != operation) {
            continue;
        }
        if rows.is_empty() {
            failures.push(format!("{operation}: served, but no row decides"));
        }
        let mut unvisited: BTreeSet<String> = rows.iter().flat_map(places).collect();
        for case in cases.get(&operation).map_or(&[][..], Vec::as_slice) {
            let mut found = case.run(&operation, rows).await;
            failures.append(&mut found.failures);
            found.visited.iter().for_each(|row| _ = unvisited.remove(row));
        }
        missed.extend(unvisited.into_iter().map(|row| format!("{operation} {row}")));
    }
    let unserved = cases.keys().filter(|operation| !operations.contains(*operation));
    failures.extend(unserved.map(|operation| format!("{operation}: has requests, is not served")));
    if only.is_none() {
        failures.append(&mut unexcused(service, &missed));
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

/// The requests of a service, by operation.
fn cases(service: &str) -> BTreeMap<String, Vec<Case>> {
    let text = match service {
        "cloudformation" => include_str!("requests/cloudformation.json"),
        "iam" => include_str!("requests/iam.json"),
        "organizations" => include_str!("requests/organizations.json"),
        "s3" => include_str!("requests/s3.json"),
        "s3control" => include_str!("requests/s3control.json"),
        "sns" => include_str!("requests/sns.json"),
        "ssm" => include_str!("requests/ssm.json"),
        "sts" => include_str!("requests/sts.json"),
        _ => include_str!("requests/wardian.json"),
    };
    serde_json::from_str(text).unwrap_or_else(|error| panic!("requests of {service}: {error}"))
}

/// Rows that are missed without an exception, and exceptions that excuse nothing.
fn unexcused(service: &str, missed: &BTreeSet<String>) -> Vec<String> {
    let excused: BTreeSet<String> = list::lines(EXCEPTIONS)
        .iter()
        .filter(|line| line.starts_with(&format!("{service}:")))
        .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        .collect();
    let new = missed.difference(&excused).map(|row| format!("{row}: no request visits it"));
    let stale =
        excused.difference(missed).map(|row| format!("{row}: a stale line of {EXCEPTIONS}"));
    new.chain(stale).collect()
}

/// A member that the model does not have would make a condition that never holds, or a key that is
/// never there.
#[tokio::test]
async fn rows_speak_of_members_that_the_input_has() {
    let house = House::new().await;
    let mut unknown = Vec::new();
    for service in house.gateway.services() {
        for (shape, rows) in service.decisions() {
            let paths = rows.iter().flat_map(Row::paths).map(ToString::to_string);
            let strange = paths.filter(|path| !has(shape.input, path));
            let name = format!("{}:{}", service.name(), shape.name);
            unknown.extend(strange.map(|path| format!("{name} {path}")));
        }
    }
    assert!(unknown.is_empty(), "{unknown:?}");
}

fn has(shape: &Shape, path: &str) -> bool {
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    let member = shape.members().iter().find(|member| member.name == head);
    member.is_some_and(|member| rest.is_none_or(|rest| has(member.shape, rest)))
}

#[test]
fn exceptions_have_a_reason_and_may_only_become_fewer() {
    let lines = list::lines(EXCEPTIONS);
    for line in &lines {
        assert!(line.split_whitespace().count() > 2, "`{line}`: operation, row and a reason");
    }
    let rows = |lines: &BTreeSet<String>| -> BTreeSet<String> {
        let row = |line: &String| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        lines.iter().map(row).collect()
    };
    if let Some(committed) = list::committed(EXCEPTIONS) {
        let new: Vec<_> = rows(&lines).difference(&rows(&committed)).cloned().collect();
        assert!(new.is_empty(), "{EXCEPTIONS} may only shrink: {new:?}");
    }
}

#[tokio::test]
async fn the_list_of_operations_not_implemented_is_true_and_may_only_shrink() {
    let house = House::new().await;
    let now: BTreeSet<String> =
        unserved(&house).into_iter().map(|(s, o)| format!("{s}:{o}")).collect();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        list::write(NOT_IMPLEMENTED, &now);
    }
    assert_eq!(list::lines(NOT_IMPLEMENTED), now, "UPDATE_EXPECT=1 writes {NOT_IMPLEMENTED}");
    if let Some(committed) = list::committed(NOT_IMPLEMENTED) {
        let new: Vec<_> = now.difference(&committed).collect();
        assert!(new.is_empty(), "{NOT_IMPLEMENTED} may only shrink: {new:?}");
    }
}

#[tokio::test]
async fn what_is_not_served_is_not_implemented_for_root_and_refused_to_others() {
    let house = House::new().await;
    let mut failures = Vec::new();
    for (service, name) in unserved(&house) {
        let (shape, input) = input::required(service, name);
        // Another operation answers the requests of a deprecated one.
        if shape.deprecated {
            continue;
        }
        let call = Call::new(shape, input.as_ref(), "");
        let mut expect = |who: &str, answer: &Answer, codes: &[&str]| {
            let code = answer.code().unwrap_or_default();
            let is_untold = answer.is_bare() && call.is_head();
            if !(is_untold || codes.contains(&code.as_str())) {
                failures.push(format!("{service}:{name}, {who}: {answer}"));
            }
        };
        let root = House::root();
        let answer = house.ask(&call, &Signer::Good(root.clone())).await;
        expect("root", &answer, &["NotImplemented"]);
        let answer = house.ask(&call, &Signer::Altered(root)).await;
        expect("an altered signature", &answer, &["SignatureDoesNotMatch"]);
        let answer = house.ask(&call, &Signer::Anonymous).await;
        expect(
            "unsigned",
            &answer,
            &["MissingAuthenticationToken", "NotImplemented", "AccessDenied"],
        );
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

fn unserved(house: &House) -> Vec<(&'static str, &'static str)> {
    let services = house.gateway.services();
    let of = |service: &&Service| {
        let name = service.name();
        service.not_implemented().into_iter().map(move |operation| (name, operation))
    };
    services.iter().flat_map(of).collect()
}

/// A handler whose operation has no decision in the data, or one about a resource that nobody
/// finds.
#[tokio::test]
async fn what_nobody_mapped_is_denied_to_root() {
    let unfounded = r#"{"_source": "none", "operations": {"CreateUser":
        [{"action": "iam:CreateUser", "resource": "nothing"}]}}"#;
    for rows in [r#"{"_source": "none", "operations": {}}"#, unfounded] {
        let iam = Service::new(&api::iam::SERVICE, rows).expect("rows");
        let iam = iam.on::<CreateUser>(never);
        let s3 = s3::service().expect("rows");
        let house = House::with(Services { s3, others: vec![iam] }).await;
        let (shape, input) = input::required("iam", "CreateUser");
        let call = Call::new(shape, input.as_ref(), "");
        let answer = house.ask(&call, &Signer::Good(House::root())).await;
        assert_eq!(answer.denied().as_deref(), Some("iam:CreateUser"), "{answer}");
    }
}

fn never(
    _: &mut Cx<'_>,
    _: api::iam::CreateUserRequest,
) -> Result<api::iam::CreateUserResponse, Error> {
    panic!("handled what nobody may do")
}
