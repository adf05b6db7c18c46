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

/// MinimumSessionTokenSize: a client's way to see whether it can carry long tokens.
#[test]
fn a_token_is_as_long_as_it_is_asked_to_be_and_opens_as_ever() {
    let server = Server::start();
    let user = server.user("u");
    let plain = user.sts("GetSessionToken", &[]).ok().element("SessionToken").len();
    for least in [1, plain, plain + 1, 1000, 2047, 4096] {
        let least = least.to_string();
        let answer = user.sts("GetSessionToken", &[("MinimumSessionTokenSize", &least)]).ok();
        let length = answer.element("SessionToken").len();
        let least: usize = least.parse().expect("a number");
        assert!(length >= least && length < least.max(plain) + 12, "{length} of {least}");
        let session = user.session(&answer);
        let arn = session.sts("GetCallerIdentity", &[]).ok().element("Arn");
        assert_eq!(arn, "arn:aws:iam::123456789012:user/u");
    }
    let refused = user.sts("GetSessionToken", &[("MinimumSessionTokenSize", "4097")]).error();
    expect!["400 ValidationError: 1 validation error detected: Value '4097' at 'minimumSessionTokenSize' failed to satisfy constraint: Member must have value less than or equal to 4096"].assert_eq(&refused);
}
