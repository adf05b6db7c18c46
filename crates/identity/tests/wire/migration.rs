//! The migration of an organization to all features, and what is asked of policies that it cannot
//! have.

use expect_test::expect;
use serde_json::json;

use crate::common::{ACCOUNT, OTHER_ACCOUNT, Server};
use crate::organizations::{Organization as _, text};

#[test]
fn all_features_come_when_each_invited_account_has_agreed() {
    let server = Server::start();
    let (root, other) = (server.root(), server.other_root());
    root.org("CreateOrganization", json!({"FeatureSet": "CONSOLIDATED_BILLING"}));
    root.new_member("made");
    root.invite(&other, OTHER_ACCOUNT);
    expect!["AccessDeniedException: You don't have permissions to access this resource."]
        .assert_eq(&other.org_refused("EnableAllFeatures", json!({})));
    let own = root.org("EnableAllFeatures", json!({}))["Handshake"].clone();
    assert_eq!(own["Action"], "ENABLE_ALL_FEATURES");
    assert_eq!(own["State"], "REQUESTED");
    let (id, arn) = (text(&own["Id"]), text(&own["Arn"]));
    assert!(arn.starts_with(&format!("arn:aws:organizations::{ACCOUNT}:handshake/o-")), "{arn}");
    assert!(arn.ends_with(&format!("/enable_all_features/{id}")), "{arn}");
    let own = json!({ "HandshakeId": id });
    for (operation, input) in [
        ("EnableAllFeatures", json!({})),
        (
            "InviteAccountToOrganization",
            json!({"Target": {"Type": "ACCOUNT", "Id": "111111111111"}}),
        ),
    ] {
        let refused = root.org_refused(operation, input);
        assert!(!refused.is_empty(), "{operation}: {refused}");
    }
    expect!["InvalidHandshakeTransitionException: Not all invited accounts have approved the change yet."]
        .assert_eq(&root.org_refused("AcceptHandshake", own.clone()));
    // Only who was invited is asked.
    let asked =
        root.org("ListHandshakesForOrganization", json!({"Filter": {"ParentHandshakeId": id}}));
    let asked = asked["Handshakes"].as_array().expect("handshakes").clone();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0]["Action"], "APPROVE_ALL_FEATURES");
    let part = json!({"HandshakeId": asked[0]["Id"]});
    expect!["AccessDeniedException: You don't have permissions to access this resource."]
        .assert_eq(&root.org_refused("AcceptHandshake", part.clone()));
    assert_eq!(other.org("AcceptHandshake", part)["Handshake"]["State"], "ACCEPTED");
    assert_eq!(root.org("DescribeHandshake", own.clone())["Handshake"]["State"], "OPEN");
    assert_eq!(root.org("AcceptHandshake", own)["Handshake"]["State"], "ACCEPTED");
    let organization = root.org("DescribeOrganization", json!({}));
    assert_eq!(organization["Organization"]["FeatureSet"], "ALL");
    let of = root.org("ListRoots", json!({}))["Roots"][0]["Id"].clone();
    let kind = "SERVICE_CONTROL_POLICY";
    root.org("EnablePolicyType", json!({"RootId": of, "PolicyType": kind}));
    expect!["HandshakeConstraintViolationException: The organization already has all features enabled. (ORGANIZATION_ALREADY_HAS_ALL_FEATURES)"]
        .assert_eq(&root.org_refused("EnableAllFeatures", json!({})));
}

#[test]
fn an_account_that_declines_or_is_gone_stops_or_stops_stopping_the_migration() {
    let server = Server::start();
    let (root, other) = (server.root(), server.other_root());
    root.org("CreateOrganization", json!({"FeatureSet": "CONSOLIDATED_BILLING"}));
    root.invite(&other, OTHER_ACCOUNT);
    let own = root.org("EnableAllFeatures", json!({}))["Handshake"]["Id"].clone();
    let own = json!({ "HandshakeId": own });
    let asked = other
        .org("ListHandshakesForAccount", json!({"Filter": {"ActionType": "APPROVE_ALL_FEATURES"}}));
    other.org("DeclineHandshake", json!({"HandshakeId": asked["Handshakes"][0]["Id"]}));
    assert!(
        root.org_refused("AcceptHandshake", own.clone()).starts_with("InvalidHandshakeTransition")
    );
    root.org("RemoveAccountFromOrganization", json!({ "AccountId": OTHER_ACCOUNT }));
    root.org("AcceptHandshake", own);
}

#[test]
fn a_migration_ends_after_ninety_days_and_can_be_canceled() {
    let server = Server::start();
    let (root, other) = (server.root(), server.other_root());
    root.org("CreateOrganization", json!({"FeatureSet": "CONSOLIDATED_BILLING"}));
    root.invite(&other, OTHER_ACCOUNT);
    let own = root.org("EnableAllFeatures", json!({}))["Handshake"]["Id"].clone();
    server.pass(90 * 86_400);
    let told = root.org("DescribeHandshake", json!({ "HandshakeId": own }));
    assert_eq!(told["Handshake"]["State"], "EXPIRED");
    let next = root.org("EnableAllFeatures", json!({}))["Handshake"]["Id"].clone();
    let told = root.org("CancelHandshake", json!({ "HandshakeId": next }));
    assert_eq!(told["Handshake"]["State"], "CANCELED");
    root.org("EnableAllFeatures", json!({}));
}

#[test]
fn nobody_has_an_effective_policy_of_a_type_that_cannot_be_enabled() {
    let server = Server::start();
    let (root, other) = (server.root(), server.other_root());
    root.new_organization();
    let member = root.new_member("made");
    root.invite(&other, OTHER_ACCOUNT);
    let none = "EffectivePolicyNotFoundException";
    let kind = json!({"PolicyType": "TAG_POLICY"});
    let of = |account: &str| json!({"PolicyType": "TAG_POLICY", "AccountId": account});
    let target = |account: &str| json!({"PolicyType": "TAG_POLICY", "TargetId": account});
    for (client, operation, input, code) in [
        (&root, "DescribeEffectivePolicy", kind.clone(), none),
        (&root, "DescribeEffectivePolicy", target(&member), none),
        (&root, "DescribeEffectivePolicy", target("111111111111"), "TargetNotFoundException"),
        (&other, "DescribeEffectivePolicy", target(OTHER_ACCOUNT), none),
        (&other, "DescribeEffectivePolicy", target(&member), "AccessDeniedException"),
        (&root, "ListAccountsWithInvalidEffectivePolicy", kind.clone(), none),
        (&other, "ListAccountsWithInvalidEffectivePolicy", kind, "AccessDeniedException"),
        (&root, "ListEffectivePolicyValidationErrors", of(&member), none),
        (
            &root,
            "ListEffectivePolicyValidationErrors",
            of("111111111111"),
            "AccountNotFoundException",
        ),
        (&other, "ListEffectivePolicyValidationErrors", of(&member), "AccessDeniedException"),
    ] {
        let refused = client.org_refused(operation, input.clone());
        assert!(refused.starts_with(code), "{operation} {input}: {refused}");
    }
}
