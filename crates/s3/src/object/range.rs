//! The Range header: one range of bytes; every other form is as if it were not there.
//!
//! AWS: GetObject; RFC 9110, section 14.

use std::ops::Range;

use api::s3::error::INVALID_RANGE;
use gateway::Error;

/// The bytes of an object of `size` that `header` asks for; None for all.
///
/// # Errors
/// InvalidRange, where nothing of the object lies in it.
pub fn parse(header: &str, size: u64) -> Result<Option<Range<u64>>, Error> {
    let Some((first, last)) = bounds(header) else { return Ok(None) };
    let range = match (first, last) {
        (Some(first), Some(last)) if last < first => return Ok(None),
        (Some(first), last) => first..last.map_or(size, |last| last.saturating_add(1)).min(size),
        (None, Some(suffix)) => size.saturating_sub(suffix)..size,
        (None, None) => return Ok(None),
    };
    if range.start < range.end {
        return Ok(Some(range));
    }
    Err(Error::new(INVALID_RANGE, "The requested range is not satisfiable")
        .with("RangeRequested", header)
        .with("ActualObjectSize", size.to_string()))
}

fn bounds(header: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (first, last) = header.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| match text.trim() {
        "" => Some(None),
        text if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(Some(text.parse().unwrap_or(u64::MAX)))
        }
        _ => None,
    };
    Some((number(first)?, number(last)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_taken_and_all_else_passed_over() {
        let cases = [
            ("bytes=0-8", Ok(Some(0..9))),
            ("bytes=0-99", Ok(Some(0..10))),
            ("bytes=3-", Ok(Some(3..10))),
            ("bytes=-4", Ok(Some(6..10))),
            ("bytes=-40", Ok(Some(0..10))),
            ("bytes=-0", Err("InvalidRange")),
            ("bytes=10-", Err("InvalidRange")),
            ("bytes=99999999999999999999999-", Err("InvalidRange")),
            ("bytes=5-3", Ok(None)),
            ("bytes=-", Ok(None)),
            ("bytes=0-1,3-4", Ok(None)),
            ("bytes=a-b", Ok(None)),
            ("bytes", Ok(None)),
            ("items=0-1", Ok(None)),
        ];
        for (header, expected) in cases {
            assert_eq!(parse(header, 10).map_err(|error| error.code()), expected, "{header}");
        }
        assert!(parse("bytes=0-0", 0).is_err());
    }
}
