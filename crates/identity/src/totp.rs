//! One-time passwords by time: HMAC-SHA-1, steps of 30 seconds, six digits.
//!
//! RFC 6238 over RFC 4226. Pure: the time is given.

use ring::hmac;
use subtle::ConstantTimeEq as _;

const STEP_SECONDS: i64 = 30;
const MODULUS: u32 = 1_000_000;

/// The step that a moment, in seconds, is in.
#[must_use]
pub fn step(seconds: i64) -> i64 {
    seconds.div_euclid(STEP_SECONDS)
}

/// The code of a step.
#[must_use]
pub fn code(seed: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed);
    let digest = hmac::sign(&key, &step.to_be_bytes());
    let digest = digest.as_ref();
    let offset = usize::from(digest.last().copied().unwrap_or_default() & 0x0f);
    let bytes = digest.iter().skip(offset).take(4);
    let number = bytes.fold(0u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("{:06}", (number & 0x7fff_ffff) % MODULUS)
}

/// The step among `steps` whose code it is.
pub fn find(seed: &[u8], given: &str, steps: impl IntoIterator<Item = i64>) -> Option<i64> {
    steps.into_iter().find(|step| is(seed, given, *step))
}

/// Whether it is the code of the step.
#[must_use]
pub fn is(seed: &[u8], given: &str, step: i64) -> bool {
    code(seed, step).as_bytes().ct_eq(given.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, the last six digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let seed = b"12345678901234567890";
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(seed, step(seconds)), expected, "{seconds}");
        }
    }
}
