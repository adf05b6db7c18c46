//! A client and a server that agree on a secret, for tests.

use sigv4::{
    AuthError, Credentials, Expected, PayloadHash, Presented, SecretKey, Seed, SigningKeys,
    SigningScope, Style, inspect, presign, sha256, sign, verify, verify_version_2,
};

use crate::wire::Wire;

pub const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// 2013-05-24T00:00:00Z, a Friday.
pub const NOW: i64 = 1_369_353_600;

pub fn scope(style: Style) -> SigningScope<'static> {
    match style {
        Style::Query => SigningScope { style, service: "iam", region: "us-east-1" },
        Style::S3 => SigningScope { style, service: "s3", region: "us-east-1" },
    }
}

/// Adds the fields of a signature, made at [`NOW`].
pub fn signed(wire: &mut Wire, style: Style, payload: PayloadHash, token: Option<&str>) -> Seed {
    let secret = SecretKey::new(SECRET);
    let credentials = Credentials { access_key_id: KEY_ID, secret: &secret, session_token: token };
    let made = {
        let headers = wire.headers();
        sign(&wire.request(&headers), &credentials, &scope(style), payload, NOW)
    };
    let fields = made.headers.into_iter();
    wire.fields.extend(fields.map(|(name, value)| (name.to_owned(), value.into_bytes())));
    made.seed
}

/// Makes the query a presigned one, made at [`NOW`].
pub fn presigned(wire: &mut Wire, style: Style, payload: PayloadHash, expires: u32) {
    let secret = SecretKey::new(SECRET);
    let credentials = Credentials { access_key_id: KEY_ID, secret: &secret, session_token: None };
    let query = {
        let headers = wire.headers();
        presign(&wire.request(&headers), &credentials, &scope(style), payload, expires, NOW)
    };
    wire.query = query;
}

/// What the server says, at some time; the seed when all is right, None to an anonymous request.
pub fn received(wire: &Wire, style: Style, now: i64) -> Result<Option<Seed>, AuthError> {
    let headers = wire.headers();
    let request = wire.request(&headers);
    let authorization = match inspect(&request, style)? {
        Presented::Signed(authorization) => authorization,
        Presented::Anonymous => return Ok(None),
        Presented::Version2(presented) => {
            let secret = SecretKey::new(SECRET);
            return verify_version_2(&presented, &request, None, &secret, now).map(|()| None);
        }
    };
    let scope = scope(style);
    let expected = Expected {
        style,
        service: scope.service,
        region: Some(scope.region),
        body_sha256: &sha256(&wire.body),
        now,
    };
    let (secret, keys) = (SecretKey::new(SECRET), SigningKeys::new(1));
    let verified = verify(&authorization, &request, &secret, &keys, &expected)?;
    Ok(Some(verified.seed()))
}
