//! GetSessionToken.

use expect_test::expect;

use crate::common::Server;

#[test]
fn a_session_of_a_user_is_that_user_but_not_to_iam() {
    let server = Server::start();
    let user = server.user("u");
    let answer = user.sts("GetSessionToken", &[]).ok();
    assert_eq!(answer.element("Expiration"), "2026-01-02T15:04:05Z");
    let session = user.session(&answer);
    assert_eq!(
        session.sts("GetCallerIdentity", &[]).ok().element("Arn"),
        "arn:aws:iam::123456789012:user/u"
    );
    expect!["403 InvalidClientTokenId: The security token included in the request is invalid."]
        .assert_eq(&session.iam("GetUser", &[]).error());
    expect!["403 AccessDenied: Cannot call GetSessionToken with session credentials"]
        .assert_eq(&session.sts("GetSessionToken", &[]).error());
    server.pass(43_200);
    expect!["403 ExpiredToken: The security token included in the request is expired"]
        .assert_eq(&session.sts("GetCallerIdentity", &[]).error());
}

#[test]
fn the_root_user_gets_an_hour() {
    let server = Server::start();
    let root = server.root();
    let answer = root.sts("GetSessionToken", &[("DurationSeconds", "43200")]).ok();
    assert_eq!(answer.element("Expiration"), "2026-01-02T04:04:05Z");
    let session = root.session(&answer);
    assert_eq!(session.sts("GetCallerIdentity", &[]).ok().element("UserId"), "123456789012");
}

#[test]
fn codes_of_devices_that_nobody_has_are_refused() {
    let server = Server::start();
    let user = server.user("u");
    let mfa = [("SerialNumber", "arn:aws:iam::123456789012:mfa/u"), ("TokenCode", "123456")];
    expect!["403 AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."].assert_eq(&user.sts("GetSessionToken", &mfa).error());
    expect!["400 ValidationError: 1 validation error detected: Value '60' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"].assert_eq(&user.sts("GetSessionToken", &[("DurationSeconds", "60")]).error());
}

#[test]
fn a_deleted_user_has_no_sessions() {
    let server = Server::start();
    let root = server.root();
    let user = server.user("u");
    let session = user.session(&user.sts("GetSessionToken", &[]).ok());
    let key = root.iam("ListAccessKeys", &[("UserName", "u")]).ok().element("AccessKeyId");
    root.iam("DeleteAccessKey", &[("UserName", "u"), ("AccessKeyId", &key)]).ok();
    session.sts("GetCallerIdentity", &[]).ok();
    root.iam("DeleteUser", &[("UserName", "u")]).ok();
    assert_eq!(session.sts("GetCallerIdentity", &[]).element("Code"), "InvalidClientTokenId");
}
