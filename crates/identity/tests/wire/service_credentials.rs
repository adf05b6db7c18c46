//! Service-specific credentials. Sentences recorded from AWS by localstack's snapshot tests
//! (Apache-2.0).

use crate::common::Server;

const USER: (&str, &str) = ("UserName", "u");
const SERVICE: (&str, &str) = ("ServiceName", "codecommit.amazonaws.com");

#[test]
fn a_credential_is_made_listed_reset_and_deleted() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateUser", &[USER]).ok();
    let made = root.iam("CreateServiceSpecificCredential", &[USER, SERVICE]).ok();
    assert_eq!(made.element("ServiceUserName"), "u-at-123456789012");
    let id = made.element("ServiceSpecificCredentialId");
    let credential = [USER, ("ServiceSpecificCredentialId", id.as_str())];
    let listed = root.iam("ListServiceSpecificCredentials", &[USER]).ok();
    assert_eq!(listed.elements("ServiceSpecificCredentialId"), [id.as_str()]);
    assert!(!listed.has("ServicePassword"));
    let inactive = [credential[0], credential[1], ("Status", "Inactive")];
    root.iam("UpdateServiceSpecificCredential", &inactive).ok();
    let reset = root.iam("ResetServiceSpecificCredential", &credential).ok();
    assert_eq!(reset.element("Status"), "Inactive");
    assert_ne!(reset.element("ServicePassword"), made.element("ServicePassword"));
    assert_eq!(
        root.iam("DeleteUser", &[USER]).error(),
        "409 DeleteConflict: Cannot delete entity, must remove referenced objects first."
    );
    root.iam("DeleteServiceSpecificCredential", &credential).ok();
    assert_eq!(
        root.iam("DeleteServiceSpecificCredential", &credential).error(),
        format!("404 NoSuchEntity: No such credential {id} exists")
    );
    root.iam("DeleteUser", &[USER]).ok();
}

#[test]
fn a_user_has_at_most_two_credentials_for_a_service() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateUser", &[USER]).ok();
    let names = [(), ()].map(|()| {
        let made = root.iam("CreateServiceSpecificCredential", &[USER, SERVICE]).ok();
        made.element("ServiceUserName")
    });
    assert_ne!(names[0], names[1]);
    let third = root.iam("CreateServiceSpecificCredential", &[USER, SERVICE]);
    assert_eq!(third.element("Code"), "LimitExceeded");
    let all = root.iam("ListServiceSpecificCredentials", &[("AllUsers", "true")]).ok();
    assert_eq!(all.elements("UserName"), ["u", "u"]);
}

#[test]
fn api_keys_have_an_alias_and_may_expire() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateUser", &[USER]).ok();
    let asked = [USER, ("ServiceName", "bedrock.amazonaws.com"), ("CredentialAgeDays", "1")];
    let made = root.iam("CreateServiceSpecificCredential", &asked).ok();
    assert_eq!(made.element("ExpirationDate"), "2026-01-03T03:04:05Z");
    assert!(made.has("ServiceCredentialSecret") && !made.has("ServicePassword"));
}

#[test]
fn a_service_without_such_credentials_is_refused() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateUser", &[USER]).ok();
    for operation in ["CreateServiceSpecificCredential", "ListServiceSpecificCredentials"] {
        let lambda = [USER, ("ServiceName", "lambda.amazonaws.com")];
        assert_eq!(
            root.iam(operation, &lambda).error(),
            "404 NoSuchEntity: No such service lambda.amazonaws.com is supported for Service \
             Specific Credentials"
        );
    }
}
