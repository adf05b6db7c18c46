//! Continuation tokens: opaque to clients, a marker and its checksum to us. Nothing secret is in
//! them.

use api::s3::error::INVALID_ARGUMENT;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::Error;

/// The token that continues after `marker`.
pub fn write(marker: &str) -> String {
    let crc = crc_fast::crc32_iscsi(marker.as_bytes());
    BASE64.encode([&crc.to_be_bytes(), marker.as_bytes()].concat())
}

/// The marker of a token.
///
/// # Errors
/// InvalidArgument, where it is none of ours.
pub fn read(token: &str) -> Result<String, Error> {
    decode(token).ok_or_else(|| {
        let message = "The continuation token provided is incorrect";
        Error::new(INVALID_ARGUMENT, message).with("ArgumentName", "continuation-token")
    })
}

fn decode(token: &str) -> Option<String> {
    let bytes = BASE64.decode(token).ok()?;
    let (crc, marker) = bytes.split_first_chunk::<4>()?;
    let marker = String::from_utf8(marker.to_vec()).ok()?;
    (*crc == crc_fast::crc32_iscsi(marker.as_bytes()).to_be_bytes()).then_some(marker)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_no_other_text_does() {
        assert_eq!(read(&write("a/ü")).expect("ours"), "a/ü");
        for other in ["", "abc", "YWJj", "YWJjZGVmZ2g="] {
            assert_eq!(read(other).expect_err(other).code(), "InvalidArgument");
        }
    }
}
