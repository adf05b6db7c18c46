//! Percent-encoded text in headers.

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
