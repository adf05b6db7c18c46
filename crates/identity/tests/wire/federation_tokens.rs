//! GetFederationToken.

use expect_test::expect;

use crate::common::{Client, Server, statement};

fn federator(server: &Server) -> Client<'_> {
    let user = server.user("u");
    let document = statement("Allow", "*", "*");
    let policy = [("UserName", "u"), ("PolicyName", "p"), ("PolicyDocument", document.as_str())];
    server.root().iam("PutUserPolicy", &policy).ok();
    user
}

#[test]
fn a_federated_user_is_somebody_of_its_own() {
    let server = Server::start();
    let user = federator(&server);
    let answer = user.sts("GetFederationToken", &[("Name", "guest")]).ok();
    assert_eq!(answer.element("FederatedUserId"), "123456789012:guest");
    assert_eq!(answer.element("PackedPolicySize"), "0");
    assert_eq!(answer.element("Expiration"), "2026-01-02T15:04:05Z");
    let guest = user.session(&answer);
    let identity = guest.sts("GetCallerIdentity", &[]).ok();
    assert_eq!(identity.element("Arn"), "arn:aws:sts::123456789012:federated-user/guest");
    assert_eq!(guest.iam("ListUsers", &[]).element("Code"), "InvalidClientTokenId");
    let role = [("RoleArn", "arn:aws:iam::123456789012:role/r"), ("RoleSessionName", "s")];
    assert_ne!(guest.sts("AssumeRole", &role).status, 200);
    let again = guest.sts("GetFederationToken", &[("Name", "wider")]);
    expect!["403 AccessDenied: Cannot call GetFederationToken with session credentials"]
        .assert_eq(&again.error());
}

#[test]
fn what_was_packed_is_told_by_its_size() {
    let server = Server::start();
    let user = federator(&server);
    let document = statement("Allow", "cloudformation:*", "*");
    let asked = [("Name", "guest"), ("Policy", document.as_str())];
    let answer = user.sts("GetFederationToken", &asked).ok();
    assert!(answer.element("PackedPolicySize").parse::<u32>().is_ok_and(|size| size > 0));
    let twice = [
        ("Name", "guest"),
        ("Tags.member.1.Key", "k"),
        ("Tags.member.1.Value", "v"),
        ("Tags.member.2.Key", "K"),
        ("Tags.member.2.Value", "v"),
    ];
    assert_eq!(
        user.sts("GetFederationToken", &twice).error(),
        "400 InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case \
         insensitive."
    );
}

#[test]
fn the_root_users_guest_stays_an_hour() {
    let server = Server::start();
    let root = server.root();
    let asked = [("Name", "guest"), ("DurationSeconds", "7200")];
    let answer = root.sts("GetFederationToken", &asked).ok();
    assert_eq!(answer.element("Expiration"), "2026-01-02T04:04:05Z");
}

#[test]
fn a_denial_names_the_federated_user() {
    let server = Server::start();
    let user = server.user("u");
    expect!["403 AccessDenied: User: arn:aws:iam::123456789012:user/u is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::123456789012:federated-user/guest because no identity-based policy allows the sts:GetFederationToken action"].assert_eq(&user.sts("GetFederationToken", &[("Name", "guest")]).error());
}
