//! SAML providers: their metadata, keys and tags.

use expect_test::expect;

use crate::common::Server;

const METADATA: &str = include_str!("../certificates/saml-metadata.xml");
const KEY: &str = include_str!("../certificates/leaf.key.pem");
const ARN: (&str, &str) = ("SAMLProviderArn", "arn:aws:iam::123456789012:saml-provider/idp");

#[test]
fn a_provider_is_made_shown_changed_and_deleted() {
    let server = Server::start();
    let root = server.root();
    let given = [("Name", "idp"), ("SAMLMetadataDocument", METADATA)];
    let made = root.iam("CreateSAMLProvider", &given).ok();
    assert_eq!(made.element("SAMLProviderArn"), ARN.1);
    expect!["409 EntityAlreadyExists: SAML Provider with name idp already exists."]
        .assert_eq(&root.iam("CreateSAMLProvider", &given).error());
    let shown = root.iam("GetSAMLProvider", &[ARN]).ok();
    assert_eq!(shown.element("CreateDate"), "2026-01-02T03:04:05Z");
    assert_eq!(shown.element("ValidUntil"), "2125-12-09T03:04:05Z");
    assert_eq!(shown.element("SAMLProviderUUID").len(), 22);
    assert!(shown.body.contains("&lt;md:EntityDescriptor"), "{}", shown.body);
    let until = METADATA.replace("entityID=", "validUntil=\"2030-01-01T00:00:00Z\" entityID=");
    root.iam("UpdateSAMLProvider", &[ARN, ("SAMLMetadataDocument", &until)]).ok();
    expect![[r#"
        <SAMLProviderList>
        <member>
        <Arn>arn:aws:iam::123456789012:saml-provider/idp</Arn>
        <ValidUntil>2030-01-01T00:00:00Z</ValidUntil>
        <CreateDate>2026-01-02T03:04:05Z</CreateDate></member></SAMLProviderList>"#]]
    .assert_eq(&root.iam("ListSAMLProviders", &[]).result());
    root.iam("TagSAMLProvider", &[ARN, ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")])
        .ok();
    assert_eq!(root.iam("ListSAMLProviderTags", &[ARN]).ok().element("Value"), "v");
    root.iam("UntagSAMLProvider", &[ARN, ("TagKeys.member.1", "k")]).ok();
    assert!(!root.iam("ListSAMLProviderTags", &[ARN]).ok().has("Key"));
    root.iam("DeleteSAMLProvider", &[ARN]).ok();
    expect![
        "404 NoSuchEntity: Manifest not found for arn arn:aws:iam::123456789012:saml-provider/idp"
    ]
    .assert_eq(&root.iam("GetSAMLProvider", &[ARN]).error());
}

#[test]
fn metadata_that_describes_no_identity_provider_is_refused() {
    let server = Server::start();
    let root = server.root();
    for metadata in ["x".repeat(1000), METADATA.replace("IDPSSODescriptor", "SPSSODescriptor")] {
        let given = [("Name", "idp"), ("SAMLMetadataDocument", metadata.as_str())];
        expect!["400 InvalidInput: Could not parse metadata"]
            .assert_eq(&root.iam("CreateSAMLProvider", &given).error());
    }
}

#[test]
fn keys_that_decrypt_assertions_come_and_go_and_are_never_shown() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateSAMLProvider", &[("Name", "idp"), ("SAMLMetadataDocument", METADATA)]).ok();
    let update = |more: &[(&str, &str)]| root.iam("UpdateSAMLProvider", &[&[ARN], more].concat());
    let required = ("AssertionEncryptionMode", "Required");
    assert_eq!(update(&[required]).element("Code"), "InvalidInput");
    assert_eq!(update(&[("AddPrivateKey", "no key")]).element("Code"), "InvalidInput");
    update(&[required, ("AddPrivateKey", KEY)]).ok();
    update(&[("AddPrivateKey", KEY)]).ok();
    assert_eq!(update(&[("AddPrivateKey", KEY)]).element("Code"), "LimitExceeded");
    let shown = root.iam("GetSAMLProvider", &[ARN]).ok();
    assert_eq!(shown.element("AssertionEncryptionMode"), "Required");
    assert!(!shown.body.contains("PRIVATE KEY"));
    let ids = shown.elements("KeyId");
    assert_eq!(ids.len(), 2);
    update(&[("RemovePrivateKey", &ids[0])]).ok();
    assert_eq!(update(&[("RemovePrivateKey", &ids[0])]).element("Code"), "NoSuchEntity");
    assert_eq!(root.iam("GetSAMLProvider", &[ARN]).ok().elements("KeyId"), ids[1..]);
}
