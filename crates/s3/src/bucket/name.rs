//! Bucket naming rules.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>

use api::s3::error::INVALID_BUCKET_NAME;
use gateway::Error;

const PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const SUFFIXES: [&str; 6] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an"];

/// # Errors
/// InvalidBucketName.
pub fn check(name: &str) -> Result<(), Error> {
    if is_valid(name) {
        return Ok(());
    }
    Err(Error::new(INVALID_BUCKET_NAME, "The specified bucket is not valid.")
        .with("BucketName", name))
}

fn is_valid(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| plain(*byte) || matches!(byte, b'.' | b'-'))
        && bytes.first().is_some_and(|byte| plain(*byte))
        && bytes.last().is_some_and(|byte| plain(*byte))
        && !["..", ".-", "-."].iter().any(|pair| name.contains(pair))
        && !is_like_an_address(name)
        && !PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        && !SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

fn is_like_an_address(name: &str) -> bool {
    let labels = || name.split('.');
    labels().count() == 4 && labels().all(|label| label.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules() {
        for good in ["abc", "a.b-c", "1.2.3", "192.168.5.4.5", "my-bucket-1", &"a".repeat(63)] {
            assert!(is_valid(good), "{good}");
        }
        let long = "a".repeat(64);
        let bad = [
            "",
            "ab",
            "Abc",
            "a_b",
            "-abc",
            "abc-",
            ".abc",
            "abc.",
            "a..b",
            "a.-b",
            "a-.b",
            "192.168.5.4",
            "xn--abc",
            "sthree-a",
            "amzn-s3-demo-x",
            "a-s3alias",
            "a--ol-s3",
            "a.mrap",
            "a--x-s3",
            "a--table-s3",
            "x-123456789012-us-east-1-an",
            "bücket",
            &long,
        ];
        for bad in bad {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}
