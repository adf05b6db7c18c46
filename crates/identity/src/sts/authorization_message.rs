//! What an authorization message says.
//!
//! The messages of this server are made by `wardian why --encode`, of a decision of the account
//! that made them; only callers of that account whom a policy lets read them do. AWS:
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>

use api::sts::{
    DecodeAuthorizationMessageRequest, DecodeAuthorizationMessageResponse,
    error::INVALID_AUTHORIZATION_MESSAGE_EXCEPTION,
};
use gateway::{Cx, Error};

pub fn decode_authorization_message(
    cx: &mut Cx<'_>,
    input: DecodeAuthorizationMessageRequest,
) -> Result<DecodeAuthorizationMessageResponse, Error> {
    let invalid = || Error::new(INVALID_AUTHORIZATION_MESSAGE_EXCEPTION, "Message is not valid");
    let decoded_message = cx.opened_message(&input.encoded_message).ok_or_else(invalid)?;
    Ok(DecodeAuthorizationMessageResponse { decoded_message: Some(decoded_message) })
}
