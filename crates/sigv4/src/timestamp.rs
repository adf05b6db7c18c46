//! The forms of time in a signed request, to and from seconds since 1970 in UTC.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// `YYYYMMDDTHHMMSSZ`, ISO 8601 "basic".
pub(crate) fn parse_basic(text: &[u8]) -> Option<i64> {
    let [date @ .., b'T', h1, h2, m1, m2, s1, s2, b'Z'] = text else { return None };
    let [y1, y2, y3, y4, mo1, mo2, d1, d2] = date else { return None };
    let year = number(&[*y1, *y2, *y3, *y4])?;
    let month = Month::try_from(small(*mo1, *mo2)?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, small(*d1, *d2)?).ok()?;
    let time = Time::from_hms(small(*h1, *h2)?, small(*m1, *m2)?, small(*s1, *s2)?).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp())
}

/// `Fri, 24 May 2013 00:00:00 GMT`, of the `Date` header.
pub(crate) fn parse_http(text: &[u8]) -> Option<i64> {
    let sent = std::str::from_utf8(text).ok()?;
    // The same zone in the words of mail: AWS's own examples of Version 2 have the first, clients
    // of Python send the second.
    let zone = ["+0000", "-0000"].into_iter().find_map(|zone| sent.strip_suffix(zone));
    let text = zone.map(|rest| format!("{rest}GMT"));
    let text = text.as_deref().unwrap_or(sent);
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    Some(PrimitiveDateTime::parse(text, format).ok()?.assume_utc().unix_timestamp())
}

/// `YYYYMMDDTHHMMSSZ`.
pub(crate) fn basic(at: i64) -> String {
    let ([y, mo, d], (h, m, s)) = civil(at);
    format!("{y:04}{mo:02}{d:02}T{h:02}{m:02}{s:02}Z")
}

/// `YYYY-MM-DDTHH:MM:SSZ`, the form in S3's error fields.
pub(crate) fn extended(at: i64) -> String {
    let ([y, mo, d], (h, m, s)) = civil(at);
    format!("{y:04}-{mo:02}-{d:02}T{h:02}:{m:02}:{s:02}Z")
}

/// Times that no calendar holds stand at 1970: they come from no clock and no parsed date.
fn civil(at: i64) -> ([i32; 3], (u8, u8, u8)) {
    let at = OffsetDateTime::from_unix_timestamp(at).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (y, mo, d) = at.to_calendar_date();
    ([y, i32::from(u8::from(mo)), i32::from(d)], at.to_hms())
}

fn small(tens: u8, units: u8) -> Option<u8> {
    u8::try_from(number(&[tens, units])?).ok()
}

fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0u16, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        sum.checked_mul(10)?.checked_add(u16::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_same_instant_agree() {
        let at = parse_basic(b"20130524T000000Z");
        assert_eq!(at, Some(1_369_353_600));
        for zone in ["GMT", "+0000", "-0000"] {
            assert_eq!(parse_http(format!("Fri, 24 May 2013 00:00:00 {zone}").as_bytes()), at);
        }
        assert_eq!(parse_http(b"Fri, 24 May 2013 00:00:00 -0100"), None);
        assert_eq!(basic(1_369_353_600), "20130524T000000Z");
        assert_eq!(extended(1_369_353_600), "2013-05-24T00:00:00Z");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "20130524",
            "20131324T000000Z",
            "20130230T000000Z",
            "20130524T240000Z",
            "20130524T000000",
            "2013052\u{664}T000000Z",
            "20130524T000000Z ",
            "+0130524T000000Z",
        ] {
            assert_eq!(parse_basic(text.as_bytes()), None, "{text}");
        }
    }
}
