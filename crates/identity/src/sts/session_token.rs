//! GetSessionToken: temporary credentials of the caller itself.
//!
//! Who calls with temporary credentials is refused by the gateway.
//! AWS: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>

use api::sts::{GetSessionTokenRequest, GetSessionTokenResponse};
use gateway::{Caller, Cx, Error, Session};

use super::session::{self, Packed};
use crate::mfa_code;

const DURATION_DEFAULT: i32 = 43_200;
/// AWS gives the root user an hour, whatever it asks for.
const ROOT_DURATION_MAX: i32 = 3600;

pub fn get_session_token(
    cx: &mut Cx<'_>,
    input: GetSessionTokenRequest,
) -> Result<GetSessionTokenResponse, Error> {
    let (serial, code) = (input.serial_number.as_deref(), input.token_code.as_deref());
    let mfa = mfa_code::consume(cx, serial, code)?;
    let mut duration = input.duration_seconds.unwrap_or(DURATION_DEFAULT);
    if cx.caller().is_root() {
        duration = duration.min(ROOT_DURATION_MAX);
    }
    let issued = cx.now().as_seconds();
    let session = Session {
        issued,
        expires: issued.saturating_add(i64::from(duration)),
        mfa,
        ..Session::default()
    };
    let caller = Caller {
        account: cx.account(),
        identity: cx.caller().identity.clone(),
        access_key_id: None,
        session: Some(session),
        via: Vec::new(),
    };
    let minimum = input.minimum_session_token_size;
    let (credentials, _) =
        session::credentials(cx, cx.account(), caller, Packed::Nothing, minimum)?;
    Ok(GetSessionTokenResponse { credentials: Some(credentials), ..Default::default() })
}
