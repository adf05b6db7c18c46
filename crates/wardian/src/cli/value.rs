//! The values of flags: parsed once, into the types that the rest uses, with errors that show the
//! right form.

use std::net::IpAddr;

use api::Timestamp;
use gateway::AccountId;
use ipnet::IpNet;

pub fn account(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text).ok_or_else(|| "an account id has twelve digits".to_owned())
}

/// A region of partition `aws`.
pub fn region(text: &str) -> Result<String, String> {
    let good = gateway::region::is_region(text);
    good.then(|| text.to_owned())
        .ok_or_else(|| "no region of AWS; write one as us-east-1".to_owned())
}

/// A network, or a single address.
pub fn network(text: &str) -> Result<IpNet, String> {
    let single = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>()
        .or_else(|_| single())
        .map_err(|_| "write a network as 10.0.0.0/8 or fd00::/8".to_owned())
}

/// A domain in lower case, without dots at its ends.
pub fn domain(text: &str) -> Result<String, String> {
    let name = text.trim_matches('.').to_ascii_lowercase();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let good = !name.is_empty() && name.len() <= 253 && name.bytes().all(fits);
    good.then_some(name).ok_or_else(|| "write a domain as s3.example.org".to_owned())
}

pub fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "write a moment as 2026-01-31T12:00:00Z".to_owned())
}

/// A length of time: numbers with the units d, h, m and s; a bare number is seconds.
pub fn seconds(text: &str) -> Result<i64, String> {
    length(text).ok_or_else(|| "write a length of time as 90s, 15m, 12h, 30d or 1h30m".to_owned())
}

fn length(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(i64::from(seconds));
    }
    let mut total: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(end)?;
        let mut letters = tail.chars();
        let unit = match letters.next()? {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(unit)?)?;
        rest = letters.as_str();
    }
    (!text.is_empty()).then_some(total)
}

/// `KEY=VALUE`
///
/// # Errors
/// What is wrong with it.
pub fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_numbers_with_units() {
        let good = [("90", 90), ("90s", 90), ("15m", 900), ("1h30m", 5400), ("2d", 172_800)];
        for (text, expected) in good {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for bad in ["", "h", "1y", "-5", "1h30", "99999999999999999999s", "1.5h", "1 h"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_network_may_be_a_single_address() {
        assert_eq!(network("10.1.2.3").map(|net| net.to_string()), Ok("10.1.2.3/32".to_owned()));
        assert_eq!(network("fd00::/8").map(|net| net.to_string()), Ok("fd00::/8".to_owned()));
        assert!(network("10.0.0.0/33").is_err());
        assert!(network("proxy").is_err());
    }

    #[test]
    fn regions_and_domains_are_names() {
        assert!(region("eu-west-1").is_ok());
        for name in ["US East", "us-gov-east-1", "mars"] {
            assert!(region(name).is_err(), "{name}");
        }
        assert_eq!(domain(".S3.Example.org"), Ok("s3.example.org".to_owned()));
        assert!(domain("a/b").is_err());
    }
}
