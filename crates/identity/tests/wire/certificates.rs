//! Keys and certificates that users and accounts upload: read, not only kept.

use expect_test::expect;

use crate::common::{Answer, Client, Server};

const LEAF: &str = include_str!("../certificates/leaf.pem");
const LEAF_KEY: &str = include_str!("../certificates/leaf.key.pem");
const LEAF_PKCS8: &str = include_str!("../certificates/leaf.pkcs8.pem");
const ENCRYPTED: &str = include_str!("../certificates/leaf.encrypted.pem");
const EXPIRED: &str = include_str!("../certificates/expired.pem");
const CHAIN: &str = include_str!("../certificates/chain.pem");
const ELLIPTIC: &str = include_str!("../certificates/elliptic.pem");
const ELLIPTIC_KEY: &str = include_str!("../certificates/elliptic.key.pem");
const SSH: &str = include_str!("../certificates/leaf.ssh");
const PEM: &str = include_str!("../certificates/leaf.public.pem");
const USER: (&str, &str) = ("UserName", "u");

fn upload(client: &Client<'_>, name: &str, body: &str, key: &str, chain: Option<&str>) -> Answer {
    let mut parameters =
        vec![("ServerCertificateName", name), ("CertificateBody", body), ("PrivateKey", key)];
    parameters.extend(chain.map(|chain| ("CertificateChain", chain)));
    client.iam("UploadServerCertificate", &parameters)
}

#[test]
fn a_server_certificate_is_kept_with_its_chain_and_without_its_key() {
    let server = Server::start();
    let root = server.root();
    expect![[r#"
        <ServerCertificateMetadata>
        <Path>/</Path>
        <ServerCertificateName>www</ServerCertificateName>
        <ServerCertificateId>ASCARZPUZDIKLZKTF67OC</ServerCertificateId>
        <Arn>arn:aws:iam::123456789012:server-certificate/www</Arn>
        <UploadDate>2026-01-02T03:04:05Z</UploadDate>
        <Expiration>2045-01-01T00:00:00Z</Expiration></ServerCertificateMetadata>"#]]
    .assert_eq(&upload(&root, "www", LEAF, LEAF_KEY, Some(CHAIN)).result());
    let name = ("ServerCertificateName", "www");
    let shown = root.iam("GetServerCertificate", &[name]).ok();
    assert!(shown.element("CertificateBody").starts_with("-----BEGIN CERTIFICATE"));
    assert!(shown.has("CertificateChain") && !shown.body.contains("PRIVATE KEY"));
    expect!["409 EntityAlreadyExists: The Server Certificate with name WWW already exists."]
        .assert_eq(&upload(&root, "WWW", LEAF, LEAF_KEY, None).error());
    root.iam(
        "UpdateServerCertificate",
        &[name, ("NewServerCertificateName", "web"), ("NewPath", "/p/")],
    )
    .ok();
    expect!["404 NoSuchEntity: The Server Certificate with name www cannot be found."]
        .assert_eq(&root.iam("GetServerCertificate", &[name]).error());
    let listed = root.iam("ListServerCertificates", &[("PathPrefix", "/p/")]).ok();
    assert_eq!(listed.element("Arn"), "arn:aws:iam::123456789012:server-certificate/p/web");
    assert!(!root.iam("ListServerCertificates", &[("PathPrefix", "/q/")]).ok().has("Arn"));
    let summary = root.iam("GetAccountSummary", &[]).ok();
    assert!(summary.body.contains("<key>ServerCertificates</key><value>1</value>"));
    root.iam("DeleteServerCertificate", &[("ServerCertificateName", "web")]).ok();
}

#[test]
fn what_does_not_fit_together_is_no_server_certificate() {
    let server = Server::start();
    let root = server.root();
    let order = CHAIN.split_inclusive("-----END CERTIFICATE-----\n").collect::<Vec<_>>();
    let order = order.into_iter().rev().collect::<String>();
    let refused =
        |body: &str, key: &str, chain: Option<&str>| upload(&root, "www", body, key, chain).error();
    expect!["400 MalformedCertificate: Unable to parse certificate. Please ensure the certificate is in PEM format."]
        .assert_eq(&refused("certificate", LEAF_KEY, None));
    assert!(refused(CHAIN, LEAF_KEY, None).contains("Unable to parse certificate"));
    for key in ["key", LEAF, ENCRYPTED] {
        expect!["400 MalformedCertificate: Invalid Private Key."]
            .assert_eq(&refused(LEAF, key, None));
    }
    expect!["400 KeyPairMismatch: The public key certificate and the private key do not match."]
        .assert_eq(&refused(LEAF, ELLIPTIC_KEY, None));
    expect!["400 MalformedCertificate: The certificate is not valid at this time."]
        .assert_eq(&refused(EXPIRED, LEAF_KEY, None));
    expect!["400 MalformedCertificate: Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: -1"]
        .assert_eq(&refused(LEAF, LEAF_KEY, Some(&order)));
    expect!["400 MalformedCertificate: Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order."]
        .assert_eq(&refused(LEAF, LEAF_KEY, Some("chain")));
    for (body, key) in [(LEAF, LEAF_PKCS8), (ELLIPTIC, ELLIPTIC_KEY)] {
        upload(&root, "www", body, key, None).ok();
        root.iam("DeleteServerCertificate", &[("ServerCertificateName", "www")]).ok();
    }
}

#[test]
fn a_signing_certificate_is_one_users_alone_and_there_are_two_of_them() {
    let server = Server::start();
    let (user, root) = (server.user("u"), server.root());
    root.iam("CreateUser", &[("UserName", "other")]).ok();
    let upload = |name: &str, body: &str| {
        root.iam("UploadSigningCertificate", &[("UserName", name), ("CertificateBody", body)])
    };
    let made = upload("u", LEAF).ok();
    let id = ("CertificateId", made.element("CertificateId"));
    assert_eq!(made.element("Status"), "Active");
    assert_eq!(upload("other", LEAF).element("Code"), "DuplicateCertificate");
    assert_eq!(upload("other", EXPIRED).element("Code"), "InvalidCertificate");
    assert_eq!(upload("other", "x").element("Code"), "MalformedCertificate");
    upload("u", ELLIPTIC).ok();
    let root_of_chain =
        CHAIN.split_inclusive("-----END CERTIFICATE-----\n").next().expect("a certificate");
    expect!["409 LimitExceeded: Cannot exceed quota for CertificatesPerUser: 2"]
        .assert_eq(&upload("u", root_of_chain).error());
    let update = [USER, (id.0, &id.1), ("Status", "Inactive")];
    root.iam("UpdateSigningCertificate", &update).ok();
    let listed = root.iam("ListSigningCertificates", &[USER]).ok();
    assert!(listed.elements("Status").contains(&"Inactive".to_owned()));
    assert_eq!(user.iam("ListSigningCertificates", &[]).status, 403);
    root.iam("DeleteSigningCertificate", &[USER, (id.0, &id.1)]).ok();
    assert!(
        root.iam("DeleteSigningCertificate", &[USER, (id.0, &id.1)])
            .error()
            .starts_with("404 NoSuchEntity: The Certificate with id ")
    );
}

#[test]
fn an_ssh_public_key_is_shown_in_either_encoding_with_its_fingerprint() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateUser", &[USER]).ok();
    let upload = |body: &str| root.iam("UploadSSHPublicKey", &[USER, ("SSHPublicKeyBody", body)]);
    let made = upload(&format!("{} somebody@somewhere", SSH.trim())).ok();
    assert_eq!(made.element("Fingerprint"), "76:31:14:08:b7:ff:ee:5a:2c:69:4e:11:e3:b5:4f:a0");
    let id = made.element("SSHPublicKeyId");
    assert!(id.starts_with("APKA"));
    let get = |encoding: &str| {
        root.iam("GetSSHPublicKey", &[USER, ("SSHPublicKeyId", &id), ("Encoding", encoding)])
    };
    assert!(get("SSH").ok().element("SSHPublicKeyBody").ends_with("somebody@somewhere"));
    assert_eq!(get("PEM").ok().element("SSHPublicKeyBody").trim(), PEM.trim());
    assert_eq!(upload(PEM).element("Code"), "DuplicateSSHPublicKey");
    assert_eq!(upload("ssh-rsa AAAA").element("Code"), "InvalidPublicKey");
    assert_eq!(upload("ssh-ed25519 AAAA").element("Code"), "UnrecognizedPublicKeyEncoding");
    let update = [USER, ("SSHPublicKeyId", id.as_str()), ("Status", "Inactive")];
    root.iam("UpdateSSHPublicKey", &update).ok();
    assert_eq!(root.iam("ListSSHPublicKeys", &[USER]).ok().element("Status"), "Inactive");
    assert_eq!(root.iam("DeleteUser", &[USER]).element("Code"), "DeleteConflict");
    root.iam("DeleteSSHPublicKey", &[USER, ("SSHPublicKeyId", &id)]).ok();
    assert_eq!(get("SSH").element("Code"), "NoSuchEntity");
    root.iam("DeleteUser", &[USER]).ok();
}
