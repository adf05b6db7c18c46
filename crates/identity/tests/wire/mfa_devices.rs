//! Virtual MFA devices: paired with two codes, asked for one at a time.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;
use ring::hmac;

use crate::common::{ACCOUNT, Answer, Client, NOW, Server, role_arn, statement, trusting};

const USER: (&str, &str) = ("UserName", "u");
const SERIAL: &str = "arn:aws:iam::123456789012:mfa/phone";

/// What a user holds in its hand.
struct Phone(Vec<u8>);

impl Phone {
    fn of(made: &Answer) -> Self {
        let text = STANDARD.decode(made.element("Base32StringSeed")).expect("base64");
        Self(unbase32(&text))
    }

    /// RFC 6238, written apart from the server's.
    fn code(&self, seconds: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let counter = u64::try_from(seconds / 30).expect("after 1970").to_be_bytes();
        let digest = hmac::sign(&key, &counter);
        let digest = digest.as_ref();
        let at = usize::from(digest.last().expect("twenty bytes") & 15);
        let word = digest.iter().skip(at).take(4);
        let word = word.fold(0u32, |word, byte| (word << 8) | u32::from(*byte));
        format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
    }
}

fn unbase32(text: &[u8]) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut bits = String::new();
    for letter in text {
        let five = alphabet.iter().position(|known| known == letter).expect("base32");
        bits.push_str(&format!("{five:05b}"));
    }
    let bytes = bits.as_bytes().chunks_exact(8);
    bytes
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).expect("bits"), 2))
        .map(Result::unwrap)
        .collect()
}

/// A user with a device that is paired, at [`NOW`].
fn paired(server: &Server) -> (Client<'_>, Phone) {
    let user = server.user("u");
    let root = server.root();
    let phone =
        Phone::of(&root.iam("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone")]).ok());
    enable(&root, &phone.code(NOW - 60), &phone.code(NOW - 30)).ok();
    (user, phone)
}

fn enable(client: &Client<'_>, first: &str, second: &str) -> Answer {
    let codes = [("AuthenticationCode1", first), ("AuthenticationCode2", second)];
    client.iam("EnableMFADevice", &[&[USER, ("SerialNumber", SERIAL)], &codes[..]].concat())
}

fn session(client: &Client<'_>, code: &str) -> Answer {
    client.sts("GetSessionToken", &[("SerialNumber", SERIAL), ("TokenCode", code)])
}

#[test]
fn a_device_is_made_with_its_seed_and_a_picture_once() {
    let server = Server::start();
    let root = server.root();
    let name = ("VirtualMFADeviceName", "phone");
    let tags = [name, ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    let made = root.iam("CreateVirtualMFADevice", &tags).ok();
    assert_eq!(made.element("SerialNumber"), SERIAL);
    assert_eq!(Phone::of(&made).0.len(), 40);
    let picture = STANDARD.decode(made.element("QRCodePNG")).expect("base64");
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"));
    expect!["409 EntityAlreadyExists: MFADevice entity at the same path and name already exists."]
        .assert_eq(&root.iam("CreateVirtualMFADevice", &[name]).error());
    expect![[r#"
        <VirtualMFADevices>
        <member>
        <SerialNumber>arn:aws:iam::123456789012:mfa/phone</SerialNumber></member></VirtualMFADevices>
        <IsTruncated>false</IsTruncated>"#]].assert_eq(&root.iam("ListVirtualMFADevices", &[]).result());
    assert_eq!(root.iam("ListMFADeviceTags", &[("SerialNumber", SERIAL)]).ok().element("Key"), "k");
    root.iam("UntagMFADevice", &[("SerialNumber", SERIAL), ("TagKeys.member.1", "k")]).ok();
    assert!(!root.iam("ListMFADeviceTags", &[("SerialNumber", SERIAL)]).ok().has("Key"));
    root.iam("DeleteVirtualMFADevice", &[("SerialNumber", SERIAL)]).ok();
    expect!["404 NoSuchEntity: VirtualMFADevice with serial number arn:aws:iam::123456789012:mfa/phone doesn't exist."]
        .assert_eq(&root.iam("DeleteVirtualMFADevice", &[("SerialNumber", SERIAL)]).error());
}

#[test]
fn two_codes_in_a_row_pair_a_device_and_nothing_else_does() {
    let server = Server::start();
    let root = server.root();
    root.iam("CreateUser", &[USER]).ok();
    let phone =
        Phone::of(&root.iam("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone")]).ok());
    let wrong = [
        (phone.code(NOW), phone.code(NOW)),
        (phone.code(NOW), phone.code(NOW - 30)),
        (phone.code(NOW - 60), phone.code(NOW)),
        (phone.code(NOW - 7200), phone.code(NOW - 7170)),
    ];
    for (first, second) in &wrong {
        expect!["403 InvalidAuthenticationCode: Authentication code for device is not valid."]
            .assert_eq(&enable(&root, first, second).error());
    }
    enable(&root, &phone.code(NOW - 30), &phone.code(NOW)).ok();
    assert_eq!(enable(&root, &phone.code(NOW), &phone.code(NOW + 30)).status, 409);
    expect![[r#"
        <MFADevices>
        <member>
        <UserName>u</UserName>
        <SerialNumber>arn:aws:iam::123456789012:mfa/phone</SerialNumber>
        <EnableDate>2026-01-02T03:04:05Z</EnableDate></member></MFADevices>
        <IsTruncated>false</IsTruncated>"#]]
    .assert_eq(&root.iam("ListMFADevices", &[USER]).result());
    let shown = root.iam("GetMFADevice", &[USER, ("SerialNumber", SERIAL)]).ok();
    assert_eq!(shown.element("EnableDate"), "2026-01-02T03:04:05Z");
    let listed = root.iam("ListVirtualMFADevices", &[("AssignmentStatus", "Assigned")]).ok();
    assert_eq!(listed.element("UserName"), "u");
    assert!(!listed.has("Base32StringSeed"));
    assert!(
        !root
            .iam("ListVirtualMFADevices", &[("AssignmentStatus", "Unassigned")])
            .ok()
            .has("SerialNumber")
    );
    expect!["409 DeleteConflict: Cannot delete entity, must delete MFA device first."]
        .assert_eq(&root.iam("DeleteUser", &[USER]).error());
    assert_eq!(root.iam("DeleteVirtualMFADevice", &[("SerialNumber", SERIAL)]).status, 409);
    root.iam("DeactivateMFADevice", &[USER, ("SerialNumber", SERIAL)]).ok();
    root.iam("DeleteVirtualMFADevice", &[("SerialNumber", SERIAL)]).ok();
    root.iam("DeleteUser", &[USER]).ok();
}

#[test]
fn a_code_is_good_once_and_near_its_time_only() {
    let server = Server::start();
    let (user, phone) = paired(&server);
    for old in
        [phone.code(NOW - 30), phone.code(NOW - 90), phone.code(NOW + 90), "000000".to_owned()]
    {
        expect!["403 AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. "]
            .assert_eq(&session(&user, &old).error());
    }
    session(&user, &phone.code(NOW)).ok();
    assert_eq!(session(&user, &phone.code(NOW)).status, 403);
    server.pass(30);
    assert_eq!(session(&user, &phone.code(NOW)).status, 403);
    session(&user, &phone.code(NOW + 30)).ok();
}

#[test]
fn a_code_of_nobody_or_of_another_users_device_is_refused() {
    let server = Server::start();
    let (_, phone) = paired(&server);
    let other = server.user("other");
    let refused = expect![
        "403 AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."
    ];
    refused.assert_eq(&session(&other, &phone.code(NOW)).error());
    refused.assert_eq(&session(&server.root(), &phone.code(NOW)).error());
    let unknown = [("SerialNumber", "arn:aws:iam::123456789012:mfa/none"), ("TokenCode", "123456")];
    refused.assert_eq(&other.sts("GetSessionToken", &unknown).error());
    expect!["403 AccessDenied: MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."]
        .assert_eq(&other.sts("GetSessionToken", &[("TokenCode", "123456")]).error());
}

#[test]
fn who_guesses_codes_is_stopped_for_the_rest_of_the_step() {
    let server = Server::start();
    let (user, phone) = paired(&server);
    let right = phone.code(NOW);
    let wrong = if right == "111111" { "222222" } else { "111111" };
    for _ in 0..10 {
        assert_eq!(session(&user, wrong).status, 403);
    }
    assert_eq!(session(&user, &right).status, 403);
    server.pass(30);
    session(&user, &phone.code(NOW + 30)).ok();
}

#[test]
fn a_session_with_a_code_may_do_what_asks_for_one() {
    let server = Server::start();
    let (user, phone) = paired(&server);
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"300"}}}]}"#;
    let policy = [USER, ("PolicyName", "p"), ("PolicyDocument", document)];
    server.root().iam("PutUserPolicy", &policy).ok();
    assert_eq!(user.iam("ListUsers", &[]).status, 403);
    let with_code = user.session(&session(&user, &phone.code(NOW)).ok());
    with_code.iam("ListUsers", &[]).ok();
    server.pass(301);
    assert_eq!(with_code.iam("ListUsers", &[]).status, 403);
}

#[test]
fn a_role_that_asks_for_a_code_is_assumed_with_one_and_passes_it_on_no_further() {
    let server = Server::start();
    let (user, phone) = paired(&server);
    let root = server.root();
    let trust = trusting(&format!("arn:aws:iam::{ACCOUNT}:user/u")).replace(
        r#""Action""#,
        r#""Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}},"Action""#,
    );
    root.iam("CreateRole", &[("RoleName", "first"), ("AssumeRolePolicyDocument", &trust)]).ok();
    let chained = trusting(&role_arn("first")).replace(
        r#""Action""#,
        r#""Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}},"Action""#,
    );
    root.iam("CreateRole", &[("RoleName", "second"), ("AssumeRolePolicyDocument", &chained)]).ok();
    let onwards = trusting(&role_arn("second")).replace(
        r#""Action""#,
        r#""Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}},"Action""#,
    );
    root.iam("CreateRole", &[("RoleName", "third"), ("AssumeRolePolicyDocument", &onwards)]).ok();
    for role in ["first", "second"] {
        let everything = statement("Allow", "sts:AssumeRole", "*");
        let policy =
            [("RoleName", role), ("PolicyName", "p"), ("PolicyDocument", everything.as_str())];
        root.iam("PutRolePolicy", &policy).ok();
    }
    let assume = |client: &Client<'_>, role: &str, code: Option<&str>| {
        let arn = role_arn(role);
        let mut parameters = vec![("RoleArn", arn.as_str()), ("RoleSessionName", "session")];
        if let Some(code) = code {
            parameters.extend([("SerialNumber", SERIAL), ("TokenCode", code)]);
        }
        client.sts("AssumeRole", &parameters)
    };
    assert_eq!(assume(&user, "first", None).status, 403);
    assert_eq!(assume(&user, "first", Some("000000")).status, 403);
    let first = assume(&user, "first", Some(&phone.code(NOW))).ok();
    assert_eq!(assume(&user, "first", Some(&phone.code(NOW))).status, 403);
    let first = user.session(&first);
    let second = user.session(&assume(&first, "second", None).ok());
    assert_eq!(assume(&second, "third", None).status, 403);
}

#[test]
fn a_device_whose_clock_is_off_is_brought_back_by_two_codes() {
    let server = Server::start();
    let (user, phone) = paired(&server);
    let off = NOW + 300;
    assert_eq!(session(&user, &phone.code(off)).status, 403);
    let resync = |first: &str, second: &str| {
        let codes = [("AuthenticationCode1", first), ("AuthenticationCode2", second)];
        let parameters = [&[USER, ("SerialNumber", SERIAL)], &codes[..]].concat();
        server.root().iam("ResyncMFADevice", &parameters)
    };
    expect!["403 InvalidAuthenticationCode: Authentication code for device is not valid."]
        .assert_eq(&resync(&phone.code(off), &phone.code(off)).error());
    resync(&phone.code(off), &phone.code(off + 30)).ok();
    assert_eq!(session(&user, &phone.code(off + 30)).status, 403);
    server.pass(60);
    session(&user, &phone.code(off + 60)).ok();
}

#[test]
fn a_device_that_was_paired_with_late_codes_still_shows_good_ones() {
    let server = Server::start();
    let user = server.user("u");
    let root = server.root();
    let made = root.iam("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone")]).ok();
    let phone = Phone::of(&made);
    enable(&root, &phone.code(NOW - 150), &phone.code(NOW - 120)).ok();
    session(&user, &phone.code(NOW)).ok();
}

/// The way of AWS's example "Allows MFA-authenticated IAM users to manage their own credentials".
#[test]
fn a_user_pairs_a_device_of_its_own_before_it_may_do_anything_else() {
    let server = Server::start();
    let user = server.user("u");
    let document = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"iam:CreateVirtualMFADevice","Resource":"arn:aws:iam::*:mfa/*"},
        {"Effect":"Allow","Action":["iam:EnableMFADevice","iam:ListMFADevices","iam:DeactivateMFADevice"],
         "Resource":"arn:aws:iam::*:user/${aws:username}"},
        {"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"},
        {"Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:ListMFADevices"],
         "Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;
    let policy = [USER, ("PolicyName", "p"), ("PolicyDocument", document)];
    server.root().iam("PutUserPolicy", &policy).ok();
    assert_eq!(user.iam("ListUsers", &[]).status, 403);
    let made = user.iam("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone")]).ok();
    let phone = Phone::of(&made);
    enable(&user, &phone.code(NOW - 60), &phone.code(NOW - 30)).ok();
    let deactivate = [USER, ("SerialNumber", SERIAL)];
    assert_eq!(user.iam("DeactivateMFADevice", &deactivate).status, 403);
    let session = user.session(&session(&user, &phone.code(NOW)).ok());
    session.iam("ListUsers", &[]).ok();
    session.iam("DeactivateMFADevice", &deactivate).ok();
}

#[test]
fn the_root_user_has_no_devices_and_no_certificates() {
    let server = Server::start();
    paired(&server);
    for (operation, element) in
        [("ListMFADevices", "SerialNumber"), ("ListSigningCertificates", "CertificateId")]
    {
        assert!(!server.root().iam(operation, &[]).ok().has(element), "{operation}");
    }
}

#[test]
fn no_listing_shows_a_seed() {
    let server = Server::start();
    let (user, _) = paired(&server);
    let document = statement("Allow", "iam:*", "*");
    let policy = [USER, ("PolicyName", "p"), ("PolicyDocument", document.as_str())];
    server.root().iam("PutUserPolicy", &policy).ok();
    for operation in ["ListVirtualMFADevices", "ListMFADevices"] {
        let listed = user.iam(operation, &[]).ok();
        assert!(!listed.has("Base32StringSeed") && !listed.has("QRCodePNG"), "{operation}");
    }
}
