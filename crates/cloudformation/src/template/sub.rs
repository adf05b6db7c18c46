//! The text of Fn::Sub, cut into pieces. What a variable stands for is not decided here.

use super::Error;

/// A stretch of an Fn::Sub text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Copied as it is.
    Text(&'a str),
    /// `${!Name}`: the name, to be written back as `${Name}`.
    Literal(&'a str),
    /// `${Name}` or `${Resource.Attribute}`.
    Variable(&'a str),
}

/// Cuts the text; a `${` that is never closed is text.
///
/// # Errors
/// A variable with characters that AWS does not take.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Error> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inside, remainder)) = after.split_once('}') else {
            break;
        };
        pieces.push(Piece::Text(before));
        pieces.push(match inside.strip_prefix('!') {
            Some(literal) => Piece::Literal(literal),
            None => Piece::Variable(variable(inside)?),
        });
        rest = remainder;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

fn variable(inside: &str) -> Result<&str, Error> {
    let name = inside.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:".contains(&byte);
    if name.is_empty() || !name.bytes().all(fits) { Err(Error::SubVariable) } else { Ok(name) }
}
