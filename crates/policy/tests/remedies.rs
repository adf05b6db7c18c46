//! What must change for a denial to become an Allow, and that it does.

#![expect(clippy::panic, clippy::indexing_slicing, reason = "a test may")]

mod cast;

use policy::{
    Change, Context, Kind, Policies, PolicyType, Request, ResourceKind, ResourcePolicy, Source,
    evaluate, remedy,
};
use serde_json::{Value, json};

/// What a case has of each type; `null` is none.
fn sources(case: &Value, name: &str, kind: Kind) -> Vec<Source> {
    match &case[name] {
        Value::Null => Vec::new(),
        Value::Array(all) => all.iter().map(|one| cast::source(one, kind, name)).collect(),
        one => vec![cast::source(one, kind, name)],
    }
}

fn changes(case: &Value) -> Vec<String> {
    let principal = cast::principal(case["by"].as_str().unwrap_or("ann"));
    let mut context = Context::new();
    principal.describe(&mut context);
    let resource = case["on"].as_str().unwrap_or("arn:aws:s3:::box/a");
    let request = Request {
        principal: &principal,
        action: case["action"].as_str().unwrap_or("s3:GetObject"),
        resource,
        resource_account: Some(case["owner"].as_str().unwrap_or("111111111111")),
        context: &context,
    };
    let identity = sources(case, "identity", Kind::Identity);
    let boundary = sources(case, "boundary", Kind::Identity);
    let session = sources(case, "session", Kind::Session);
    let trust = resource.contains(":role/");
    let kind = if trust { Kind::Trust } else { Kind::Bucket };
    let on_resource = sources(case, "resource", kind);
    let control = sources(case, "control", Kind::ServiceControl);
    let levels: Vec<&[Source]> = control.iter().map(std::slice::from_ref).collect();
    let policies = Policies {
        identity: &identity,
        boundary: boundary.first(),
        session: (!case["session"].is_null()).then_some(session.as_slice()),
        resource: on_resource.first().map(|source| ResourcePolicy {
            source,
            kind: if trust { ResourceKind::Trust } else { ResourceKind::Bucket },
            restrict_public: case["restrict"] == true,
        }),
        service_control: (!control.is_empty()).then_some(levels.as_slice()),
        ..Policies::default()
    };
    let denied = !evaluate(&request, &policies).is_allowed();
    let Some(remedy) = remedy(&request, &policies) else {
        return vec![if denied { "nothing helps" } else { "allowed" }.to_owned()];
    };
    assert!(denied && remedy.proof.is_allowed(), "{case}");
    remedy.changes.iter().map(words).collect()
}

fn words(change: &Change) -> String {
    match change {
        Change::Add { policy_type, level, owner, statement, .. } => {
            let level = level.map(|level| format!(" at level {level}")).unwrap_or_default();
            let owner = owner.as_ref().map(|owner| format!(" of {owner}")).unwrap_or_default();
            let statement: Value = serde_json::from_str(statement)
                .unwrap_or_else(|error| panic!("{error}: {statement}"));
            let principal = match &statement["Principal"] {
                Value::Null => String::new(),
                other => format!(" for {other}"),
            };
            format!("add to {policy_type:?}{level}{owner}{principal}")
        }
        Change::Remove { policy_type, statement, .. } => {
            format!("remove {policy_type:?} {statement}")
        }
        Change::Unrestrict { .. } => "unrestrict".to_owned(),
    }
}

#[test]
fn the_smallest_change_is_found_on_each_side() {
    const ANN: &str = "arn:aws:iam::111111111111:user/team/ann";
    const ROLE: &str = "arn:aws:iam::111111111111:role/ci/deploy";
    let to_ann = format!("add to Identity of {ANN}");
    let cases = [
        (json!({}), vec![to_ann.as_str()]),
        (json!({"identity": "all"}), vec!["allowed"]),
        (json!({"identity": "all", "boundary": {"Action": "s3:List*"}}), vec!["add to Boundary"]),
        (
            json!({"identity": "all", "boundary": {"Action": "s3:List*"},
                "session": {"Action": "s3:List*"}}),
            vec![
                r#"add to Resource of arn:aws:s3:::box for {"AWS":"arn:aws:iam::111111111111:user/team/ann"}"#,
            ],
        ),
        (
            json!({"action": "iam:GetUser", "on": ANN, "boundary": {"Action": "s3:*"}}),
            vec![to_ann.as_str(), "add to Boundary"],
        ),
        (
            json!({"identity": ["all", "deny all", [{"Effect": "Deny", "Action": "s3:Put*"},
                {"Effect": "Deny"}, {"Effect": "Deny", "Action": "s3:Get*"}]]}),
            vec!["remove Identity 0", "remove Identity 1", "remove Identity 2"],
        ),
        (json!({"by": "deploy", "identity": "all", "session": []}), vec!["add to Session"]),
        (
            json!({"by": "temp", "identity": "all", "action": "iam:GetUser", "on": ANN}),
            vec!["add to Session"],
        ),
        (
            json!({"by": "eve", "identity": "all"}),
            vec![
                r#"add to Resource of arn:aws:s3:::box for {"AWS":"arn:aws:iam::222222222222:user/eve"}"#,
            ],
        ),
        (
            json!({"by": "eve"}),
            vec![
                "add to Identity of arn:aws:iam::222222222222:user/eve",
                r#"add to Resource of arn:aws:s3:::box for {"AWS":"arn:aws:iam::222222222222:user/eve"}"#,
            ],
        ),
        (json!({"by": "anonymous"}), vec![r#"add to Resource of arn:aws:s3:::box for "*""#]),
        (json!({"by": "anonymous", "resource": {}, "restrict": true}), vec!["unrestrict"]),
        (
            json!({"identity": "all", "control": ["all", {"Action": "ec2:*"}, "all"]}),
            vec!["add to ServiceControl at level 1"],
        ),
        (
            json!({"identity": "all", "control": ["all", [{}, {"Effect": "Deny"}]]}),
            vec!["remove ServiceControl 1"],
        ),
        (
            json!({"action": "sts:AssumeRole", "on": ROLE, "identity": "all",
                "resource": {"Principal": {"AWS": "222222222222"}}}),
            vec![
                r#"add to Trust of arn:aws:iam::111111111111:role/ci/deploy for {"AWS":"arn:aws:iam::111111111111:user/team/ann"}"#,
            ],
        ),
        (
            json!({"by": "root", "action": "sts:AssumeRole", "on": ROLE, "resource": {}}),
            vec!["nothing helps"],
        ),
    ];
    for (case, expected) in cases {
        assert_eq!(changes(&case), expected, "{case}");
    }
}

#[test]
fn a_statement_for_a_key_with_stars_means_that_key_alone() {
    let principal = cast::principal("ann");
    let context = Context::new();
    let request = |resource| Request {
        principal: &principal,
        action: "s3:GetObject",
        resource,
        resource_account: None,
        context: &context,
    };
    let odd = request("arn:aws:s3:::box/a*?$b\"");
    let found = remedy(&odd, &Policies::default()).map(|found| found.changes);
    let Some([Change::Add { statement, policy_type: PolicyType::Identity, .. }]) = found.as_deref()
    else {
        panic!("{found:?}")
    };
    let statement: Value = serde_json::from_str(statement).unwrap_or_default();
    assert_eq!(statement["Resource"], "arn:aws:s3:::box/a${*}${?}${$}b\"");
    let identity = [cast::source(&statement, Kind::Identity, "P")];
    let policies = Policies { identity: &identity, ..Policies::default() };
    assert!(evaluate(&odd, &policies).is_allowed());
    assert!(!evaluate(&request("arn:aws:s3:::box/aXX$b\""), &policies).is_allowed());
}
