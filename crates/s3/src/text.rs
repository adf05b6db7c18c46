//! Text as requests and answers write it: percent-encoded in headers, moments as Java prints them.

use api::Timestamp;

/// Decodes percent-encoded text, `+` as a space where it is of a form; None where it is not UTF-8
/// or an escape is broken.
pub fn decode(text: &str, form: bool) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                out.push(u8::try_from(high * 16 + low).ok()?);
            }
            b'+' if form => out.push(b' '),
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).ok()
}

/// A moment as S3 prints one that a document named: `Tue Dec 31 16:00:00 PST 2019`.
///
/// Summer time is that of the law since 2007, for earlier years too.
pub fn in_seattle(moment: Timestamp) -> String {
    const HOUR: i64 = 60 * 60;
    let year = moment.iso8601().split('-').next().map_or_else(String::new, str::to_owned);
    let spring = sunday(&year, "03", 8..=14, 10);
    let autumn = sunday(&year, "11", 1..=7, 9);
    let is_summer = spring.zip(autumn).is_some_and(|(from, to)| from <= moment && moment < to);
    let (hours, zone) = if is_summer { (-7, "PDT") } else { (-8, "PST") };
    let local = moment.plus_seconds(hours * HOUR).http_date();
    let words: Vec<&str> = local.split([',', ' ']).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [weekday, day, month, year, time, _] => {
            format!("{weekday} {month} {day} {time} {zone} {year}")
        }
        _ => local,
    }
}

/// The hour, in UTC, of the one Sunday among `days` of a month.
fn sunday(
    year: &str,
    month: &str,
    mut days: std::ops::RangeInclusive<u8>,
    hour: u8,
) -> Option<Timestamp> {
    days.find_map(|day| {
        let moment = Timestamp::parse(&format!("{year}-{month}-{day:02}T{hour:02}:00:00Z"))?;
        moment.http_date().starts_with("Sun").then_some(moment)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_printed_as_a_clock_in_seattle_shows_it() {
        for (moment, printed) in [
            ("2020-01-01T00:00:00Z", "Tue Dec 31 16:00:00 PST 2019"),
            ("2026-07-01T00:00:00Z", "Tue Jun 30 17:00:00 PDT 2026"),
            ("2026-03-08T09:59:59Z", "Sun Mar 08 01:59:59 PST 2026"),
            ("2026-03-08T10:00:00Z", "Sun Mar 08 03:00:00 PDT 2026"),
            ("2026-11-01T09:00:00Z", "Sun Nov 01 01:00:00 PST 2026"),
        ] {
            let moment = Timestamp::parse(moment).expect("a moment");
            assert_eq!(in_seattle(moment), printed);
        }
    }
}
