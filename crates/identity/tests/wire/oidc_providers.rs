//! OpenID Connect providers.

use expect_test::expect;

use crate::common::Server;

const URL: (&str, &str) = ("Url", "https://idp.example.com/x");
const ARN: (&str, &str) =
    ("OpenIDConnectProviderArn", "arn:aws:iam::123456789012:oidc-provider/idp.example.com/x");

#[test]
fn a_provider_is_made_read_changed_and_deleted() {
    let server = Server::start();
    let root = server.root();
    let given =
        [URL, ("ClientIDList.member.1", "a"), ("ThumbprintList.member.1", &"0a".repeat(20))];
    let made = root.iam("CreateOpenIDConnectProvider", &given).ok();
    assert_eq!(made.element("OpenIDConnectProviderArn"), ARN.1);
    expect!["409 EntityAlreadyExists: Provider with url https://idp.example.com/x already exists."]
        .assert_eq(&root.iam("CreateOpenIDConnectProvider", &given).error());
    root.iam("AddClientIDToOpenIDConnectProvider", &[ARN, ("ClientID", "b")]).ok();
    root.iam("RemoveClientIDFromOpenIDConnectProvider", &[ARN, ("ClientID", "a")]).ok();
    let print = "0b".repeat(20);
    let prints = [ARN, ("ThumbprintList.member.1", print.as_str())];
    root.iam("UpdateOpenIDConnectProviderThumbprint", &prints).ok();
    root.iam(
        "TagOpenIDConnectProvider",
        &[ARN, ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")],
    )
    .ok();
    expect![[r#"
        <Url>idp.example.com/x</Url>
        <ClientIDList>
        <member>b</member></ClientIDList>
        <ThumbprintList>
        <member>0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b</member></ThumbprintList>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate>
        <Tags>
        <member>
        <Key>k</Key>
        <Value>v</Value></member></Tags>"#]]
    .assert_eq(&root.iam("GetOpenIDConnectProvider", &[ARN]).result());
    root.iam("UntagOpenIDConnectProvider", &[ARN, ("TagKeys.member.1", "k")]).ok();
    let tags = root.iam("ListOpenIDConnectProviderTags", &[ARN]).ok();
    assert!(tags.elements("Key").is_empty());
    let listed = root.iam("ListOpenIDConnectProviders", &[]).ok();
    assert_eq!(listed.elements("Arn"), [ARN.1]);
    root.iam("DeleteOpenIDConnectProvider", &[ARN]).ok();
    root.iam("DeleteOpenIDConnectProvider", &[ARN]).ok();
    expect!["404 NoSuchEntity: OpenIDConnect Provider not found for arn arn:aws:iam::123456789012:oidc-provider/idp.example.com/x"].assert_eq(&root.iam("GetOpenIDConnectProvider", &[ARN]).error());
}

#[test]
fn a_provider_that_cannot_be_is_refused() {
    let server = Server::start();
    let root = server.root();
    expect!["400 ValidationError: Invalid Open ID Connect Provider URL"].assert_eq(
        &root.iam("CreateOpenIDConnectProvider", &[("Url", "http://idp.example.com")]).error(),
    );
    let print = "0a".repeat(20);
    let names: Vec<String> = (1..=6).map(|at| format!("ThumbprintList.member.{at}")).collect();
    let prints = names.iter().map(|name| (name.as_str(), print.as_str()));
    let many: Vec<_> = std::iter::once(URL).chain(prints).collect();
    expect!["400 InvalidInput: Thumbprint list must contain fewer than 5 entries."]
        .assert_eq(&root.iam("CreateOpenIDConnectProvider", &many).error());
    let names: Vec<String> = (1..=101).map(|at| format!("ClientIDList.member.{at}")).collect();
    let ids = names.iter().map(|name| (name.as_str(), "x"));
    let many: Vec<_> = std::iter::once(URL).chain(ids).collect();
    expect!["409 LimitExceeded: Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"]
        .assert_eq(&root.iam("CreateOpenIDConnectProvider", &many).error());
}
