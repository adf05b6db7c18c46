//! Account ids: twelve digits, never anything else.
//!
//! AWS: <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html>

use minicbor::{Decode, Decoder, Encode, Encoder};

/// Twelve ASCII digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId([u8; 12]);

impl AccountId {
    /// None unless `text` is twelve digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: [u8; 12] = text.as_bytes().try_into().ok()?;
        digits.iter().all(u8::is_ascii_digit).then_some(Self(digits))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The account as a number: what access keys and unique ids carry.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.0.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
    }

    /// None above twelve digits.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        Self::parse(&format!("{number:012}"))
    }
}

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Debug for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<C> Encode<C> for AccountId {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u64(self.number())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for AccountId {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::from_number(d.u64()?)
            .ok_or_else(|| minicbor::decode::Error::message("an account id has twelve digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_twelve_digits_make_an_account_id() {
        for bad in ["", "12345678901", "1234567890123", "12345678901x", "١٢٣٤٥٦"] {
            assert_eq!(AccountId::parse(bad), None, "{bad}");
        }
        let id = AccountId::parse("000000000042").expect("twelve digits");
        assert_eq!((id.as_str(), id.number()), ("000000000042", 42));
        assert_eq!(AccountId::from_number(42), Some(id));
    }
}
