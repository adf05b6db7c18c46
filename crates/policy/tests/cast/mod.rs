//! The callers of the cases, by name, and how cases write policies in short.

use policy::{Kind, Policy, PolicyId, Principal, Source};
use serde_json::{Map, Value, json};

/// A caller by name: accounts are 111111111111 (home) and 222222222222 (away).
pub fn principal(name: &str) -> Principal<'static> {
    match name {
        "root" => Principal::Root { account: "111111111111" },
        "ann" => Principal::User {
            account: "111111111111",
            arn: "arn:aws:iam::111111111111:user/team/ann",
            id: "AIDAANN0000000000001",
        },
        "deploy" => Principal::Role {
            account: "111111111111",
            role_arn: "arn:aws:iam::111111111111:role/ci/deploy",
            role_id: "AROADEPLOY0000000001",
            session_arn: "arn:aws:sts::111111111111:assumed-role/deploy/run7",
        },
        "temp" => Principal::Federated {
            account: "111111111111",
            arn: "arn:aws:sts::111111111111:federated-user/temp",
            user_arn: "arn:aws:iam::111111111111:user/team/ann",
            user_id: "AIDAANN0000000000001",
        },
        "away root" => Principal::Root { account: "222222222222" },
        "eve" => Principal::User {
            account: "222222222222",
            arn: "arn:aws:iam::222222222222:user/eve",
            id: "AIDAEVE0000000000002",
        },
        "audit" => Principal::Role {
            account: "222222222222",
            role_arn: "arn:aws:iam::222222222222:role/audit",
            role_id: "AROAAUDIT00000000002",
            session_arn: "arn:aws:sts::222222222222:assumed-role/audit/eve",
        },
        "away temp" => Principal::Federated {
            account: "222222222222",
            arn: "arn:aws:sts::222222222222:federated-user/temp",
            user_arn: "arn:aws:iam::222222222222:user/eve",
            user_id: "AIDAEVE0000000000002",
        },
        "cloudformation" => Principal::Service { name: "cloudformation.amazonaws.com" },
        "web" => Principal::WebIdentity { provider: "accounts.google.com" },
        "saml" => Principal::Saml { provider: "arn:aws:iam::111111111111:saml-provider/corp" },
        "anonymous" => Principal::Anonymous,
        _ => panic!("no such caller: {name}"),
    }
}

/// A policy in full, or in short: `"all"` (and `"deny all"`), one statement, or a list of them.
/// A statement in short gets version 2012-10-17 and, where it does not say otherwise, allows every
/// action on every resource (in a trust policy: sts:AssumeRole) to everyone.
pub fn document(written: &Value, kind: Kind) -> Value {
    let statements = match written {
        Value::String(name) if name == "all" => vec![json!({})],
        Value::String(name) if name == "deny all" => vec![json!({"Effect": "Deny"})],
        Value::Array(statements) => statements.clone(),
        Value::Object(members) if members.contains_key("Statement") => return written.clone(),
        other => vec![other.clone()],
    };
    let complete = |statement: Value| match statement {
        Value::Object(members) => complete(members, kind),
        other => panic!("no statement: {other}"),
    };
    let statements: Vec<Value> = statements.into_iter().map(complete).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn complete(mut statement: Map<String, Value>, kind: Kind) -> Value {
    let mut absent = |names: [&str; 2], value: Value| {
        if names.iter().all(|name| !statement.contains_key(*name)) {
            statement.insert(names[0].to_owned(), value);
        }
    };
    absent(["Effect", "Effect"], "Allow".into());
    match kind {
        Kind::Trust => {
            absent(["Principal", "NotPrincipal"], json!({"AWS": "*"}));
            absent(["Action", "NotAction"], "sts:AssumeRole".into());
            return Value::Object(statement);
        }
        Kind::Bucket | Kind::Topic | Kind::ResourceControl => {
            absent(["Principal", "NotPrincipal"], "*".into());
        }
        Kind::Identity | Kind::Session | Kind::ServiceControl => {}
    }
    let action = match kind {
        Kind::Bucket => "s3:*",
        Kind::Topic => "sns:*",
        _ => "*",
    };
    absent(["Action", "NotAction"], action.into());
    absent(["Resource", "NotResource"], "*".into());
    Value::Object(statement)
}

/// A policy of a case, named after what it is.
pub fn source(written: &Value, kind: Kind, id: &str) -> Source {
    let text = document(written, kind).to_string();
    let policy = Policy::parse(&text, kind).unwrap_or_else(|invalid| panic!("{invalid}: {text}"));
    Source { policy, id: PolicyId::managed(&format!("arn:aws:iam::1:policy/{id}"), "owner") }
}
