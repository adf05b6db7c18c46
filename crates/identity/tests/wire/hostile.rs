//! Whatever a client sends is answered by a refusal of AWS's, never by a fault of the server.

use api::{Kind, OperationShape};

use crate::common::{ACCOUNT, Client, Server, statement, trusting};

/// Values that are wrong for most members, and right in form for some.
const VALUES: [&str; 14] = [
    "",
    "x",
    "-1",
    "99999999999",
    "true",
    "{}",
    "{\"Version\":\"2012-10-17\",\"Statement\":[]}",
    "arn:aws:iam::aws:policy/",
    "arn:aws:iam::aws:policy/AdministratorAccess",
    "arn:aws:iam::123456789012:policy/missing",
    "arn:aws:iam::123456789012:role/r",
    "/../é\u{0}\u{ffff}",
    "AIDAJQABLZS4A3QDU576Q",
    "AKIAROOT000000000001",
];

#[test]
fn hostile_values_never_make_a_fault() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    root.iam("AttachUserPolicy", &[("UserName", "u"), ("PolicyArn", admin)]).ok();
    let trust = trusting(&format!("arn:aws:iam::{ACCOUNT}:user/u"));
    root.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trust)]).ok();
    root.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", admin)]).ok();
    let session = user.assume("r", "s1");
    let document = statement("Allow", "s3:*", "*");
    let long = "y".repeat(5000);
    let values: Vec<&str> = VALUES.iter().copied().chain([document.as_str(), &long]).collect();
    for operation in api::iam::SERVICE.operations.iter().chain(api::sts::SERVICE.operations) {
        // A user that is gone would answer everything the same.
        if matches!(operation.name, "DeleteUser" | "DeleteRole" | "DeleteAccessKey") {
            continue;
        }
        for at in 0..values.len() {
            for client in [&root, &user, &session] {
                call(client, operation, &values, at);
            }
        }
    }
    user.iam("GetUser", &[]).ok();
}

/// Fills the members of the input with the values, beginning with the one at `at`.
fn call(client: &Client<'_>, operation: &OperationShape, values: &[&str], at: usize) {
    let mut parameters = Vec::new();
    for (index, member) in operation.input.members().iter().enumerate() {
        let Some(value) = values.iter().copied().cycle().nth(at + index * 3) else { continue };
        match member.shape.kind {
            Kind::List { .. } => {
                parameters.push((format!("{}.member.1", member.wire), value));
                parameters.push((format!("{}.member.2.Key", member.wire), value));
                parameters.push((format!("{}.member.2.Value", member.wire), value));
            }
            _ => parameters.push((member.wire.to_owned(), value)),
        }
    }
    let borrowed: Vec<_> = parameters.iter().map(|(name, value)| (&**name, *value)).collect();
    let answer = match operation.service {
        "sts" => client.sts(operation.name, &borrowed),
        _ => client.iam(operation.name, &borrowed),
    };
    let fault = answer.status >= 500 && answer.status != 501;
    assert!(!fault, "{} {borrowed:?}: {}", operation.name, answer.body);
}
