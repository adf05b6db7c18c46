//! Text patterns: `*`, `?` and policy variables, compiled once and matched without backtracking
//! over more than the last `*`, so that no pattern costs more than pattern times text.
//!
//! Not regular expressions, and not ARNs: those split at colons first, see [`crate::arn`].
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use crate::context::Context;

/// What a pattern may contain besides plain text, and how it compares.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    pub wildcards: bool,
    /// Version 2012-10-17 only: in older policies `${..}` is plain text.
    pub variables: bool,
    pub ignore_case: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    tokens: Box<[Token]>,
    ignore_case: bool,
    has_variables: bool,
}

#[derive(Clone, Debug)]
enum Token {
    Text(Box<str>),
    /// `?`: exactly one character.
    One,
    /// `*`: any text, also none.
    Any,
    Variable {
        key: Box<str>,
        default: Option<Box<str>>,
    },
}

/// What came of comparing a text with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    Yes,
    No,
    /// The pattern names a variable that the request does not carry and gives no default.
    Unresolved,
}

impl From<bool> for Match {
    fn from(matched: bool) -> Self {
        if matched { Match::Yes } else { Match::No }
    }
}

impl Pattern {
    pub(crate) fn new(text: &str, rules: Rules) -> Self {
        let mut tokens = Tokens::default();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if rules.variables
                && let Some((token, after)) = variable(rest)
            {
                match token {
                    Token::Text(literal) => tokens.plain.push_str(&literal),
                    token => tokens.push(token),
                }
                rest = after;
                continue;
            }
            match c {
                '*' if rules.wildcards => tokens.push(Token::Any),
                '?' if rules.wildcards => tokens.push(Token::One),
                c => tokens.plain.push(c),
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        let tokens = tokens.finish();
        let has_variables = tokens.iter().any(|token| matches!(token, Token::Variable { .. }));
        Pattern { tokens, ignore_case: rules.ignore_case, has_variables }
    }

    pub(crate) fn matches(&self, text: &str, context: &Context) -> Match {
        // What no value of a variable could change is decided before any is looked up.
        if !self.ignore_case && !text.starts_with(self.head()) {
            return Match::No;
        }
        if self.has_variables && !self.resolves(context) {
            return Match::Unresolved;
        }
        match &*self.tokens {
            [Token::Any] => Match::Yes,
            [Token::Text(plain)] if !self.ignore_case => (**plain == *text).into(),
            tokens => glob(tokens, self.ignore_case, text, context).into(),
        }
    }

    /// Whether the pattern is `*` alone.
    pub(crate) fn is_any(&self) -> bool {
        matches!(&*self.tokens, [Token::Any])
    }

    pub(crate) fn ends_open(&self) -> bool {
        matches!(self.tokens.last(), Some(Token::Any))
    }

    /// The plain text every match begins with.
    pub(crate) fn head(&self) -> &str {
        match self.tokens.first() {
            Some(Token::Text(plain)) => plain,
            _ => "",
        }
    }

    /// Whether the pattern can match one text only, whoever asks.
    pub(crate) fn is_fixed(&self) -> bool {
        self.tokens.iter().all(|token| matches!(token, Token::Text(_)))
    }

    fn resolves(&self, context: &Context) -> bool {
        self.tokens.iter().all(|token| match token {
            Token::Variable { key, default } => {
                default.is_some() || context.variable(key).is_some()
            }
            Token::Text(_) | Token::One | Token::Any => true,
        })
    }
}

#[derive(Default)]
struct Tokens {
    done: Vec<Token>,
    plain: String,
}

impl Tokens {
    fn push(&mut self, token: Token) {
        self.flush();
        // `**` is `*`; collapsing keeps the cost of silly patterns down.
        if !(matches!(token, Token::Any) && matches!(self.done.last(), Some(Token::Any))) {
            self.done.push(token);
        }
    }

    fn flush(&mut self) {
        if !self.plain.is_empty() {
            self.done.push(Token::Text(std::mem::take(&mut self.plain).into()));
        }
    }

    fn finish(mut self) -> Box<[Token]> {
        self.flush();
        self.done.into()
    }
}

/// Reads `${key}`, `${key, 'default'}` or an escape `${*}`, `${?}`, `${$}` at the start of `text`;
/// anything else that begins with `${` is plain text.
fn variable(text: &str) -> Option<(Token, &str)> {
    let (inner, after) = text.strip_prefix("${")?.split_once('}')?;
    if matches!(inner, "*" | "?" | "$") {
        return Some((Token::Text(inner.into()), after));
    }
    let (key, default) = match inner.split_once(',') {
        Some((key, default)) => {
            let default = default.trim().strip_prefix('\'')?.strip_suffix('\'')?;
            (key, Some(default.into()))
        }
        None => (inner, None),
    };
    let key = key.trim();
    let named = !key.is_empty() && !key.contains(['$', '{', '*', '?']);
    named.then(|| (Token::Variable { key: key.into(), default }, after))
}

/// Greedy match that, on a mismatch, lets the last `*` take one more character.
fn glob(tokens: &[Token], ignore_case: bool, text: &str, context: &Context) -> bool {
    let mut rest = text;
    let mut at = 0;
    let mut last_any: Option<(usize, &str)> = None;
    loop {
        match tokens.get(at) {
            Some(Token::Any) => {
                at += 1;
                if at == tokens.len() {
                    return true;
                }
                last_any = Some((at, rest));
                continue;
            }
            Some(token) => {
                if let Some(after) = strip(token, ignore_case, rest, context) {
                    rest = after;
                    at += 1;
                    continue;
                }
            }
            None if rest.is_empty() => return true,
            None => {}
        }
        let Some((after_any, tried)) = last_any else { return false };
        let mut chars = tried.chars();
        if chars.next().is_none() {
            return false;
        }
        rest = chars.as_str();
        at = after_any;
        last_any = Some((after_any, rest));
    }
}

fn strip<'t>(
    token: &Token,
    ignore_case: bool,
    text: &'t str,
    context: &Context,
) -> Option<&'t str> {
    #[cfg(test)]
    tests::STEPS.with(|steps| steps.set(steps.get() + 1));
    let plain: &str = match token {
        Token::Text(plain) => plain,
        Token::Variable { key, default } => context.variable(key).or(default.as_deref())?,
        Token::One | Token::Any => {
            let mut chars = text.chars();
            chars.next()?;
            return Some(chars.as_str());
        }
    };
    if ignore_case { strip_ignoring_case(plain, text) } else { text.strip_prefix(plain) }
}

fn strip_ignoring_case<'t>(plain: &str, text: &'t str) -> Option<&'t str> {
    if plain.is_ascii() {
        let (head, tail) = text.split_at_checked(plain.len())?;
        return head.eq_ignore_ascii_case(plain).then_some(tail);
    }
    let mut chars = text.chars();
    for expected in plain.chars() {
        let actual = chars.next()?;
        if !actual.to_lowercase().eq(expected.to_lowercase()) {
            return None;
        }
    }
    Some(chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLOB: Rules = Rules { wildcards: true, variables: true, ignore_case: false };

    fn matches(pattern: &str, text: &str) -> bool {
        let mut context = Context::new();
        context.insert("aws:username", "ann");
        context.insert("aws:star", "*");
        Pattern::new(pattern, GLOB).matches(text, &context) == Match::Yes
    }

    #[test]
    fn wildcards_and_variables_match_as_written() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "aéc", true),
            ("a?c", "ac", false),
            ("*a*b", "xaxbab", true),
            ("*a*b", "xaxbac", false),
            ("home/${aws:username}/*", "home/ann/x", true),
            ("home/${aws:username}/*", "home/bob/x", false),
            ("${aws:star}", "anything", false),
            ("${aws:star}", "*", true),
            ("${*}${?}${$}", "*?$", true),
            ("${*}", "x", false),
            ("${aws:none, 'guest'}-?", "guest-1", true),
            ("${unclosed", "${unclosed", true),
            ("${}", "${}", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_variable_without_value_or_default_is_unresolved() {
        let pattern = Pattern::new("${aws:none}", GLOB);
        assert_eq!(pattern.matches("", &Context::new()), Match::Unresolved);
    }

    thread_local! {
        /// How often a token was held against a text.
        pub(super) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    /// Counted, so that a slow machine tells nothing else.
    #[test]
    fn no_pattern_takes_more_steps_than_its_tokens_times_the_text() {
        let text = "a".repeat(1_000);
        for pattern in [
            "*a".repeat(500) + "b",
            "*".repeat(3_000) + "b",
            "*?".repeat(1_000) + "b",
            "*".to_owned() + &"?".repeat(800) + "b",
            "*".to_owned() + &"?a".repeat(300) + "*b",
            "a*".repeat(1_000) + "*a*b",
            "*${aws:username, 'a'}".repeat(100) + "b",
            "*${aws:star, '*'}".repeat(100),
        ] {
            STEPS.with(|steps| steps.set(0));
            assert!(!matches(&pattern, &text), "{pattern}");
            let taken = STEPS.with(std::cell::Cell::get);
            let tokens = Pattern::new(&pattern, GLOB).tokens.len();
            assert!(taken <= tokens * (text.len() + 1), "{pattern}: {taken} steps");
        }
    }

    /// The definition, slow and plain.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|skip| naive(rest, &text[skip..])),
            Some(('?', rest)) => !text.is_empty() && naive(rest, &text[1..]),
            Some((c, rest)) => text.first() == Some(c) && naive(rest, &text[1..]),
        }
    }

    proptest::proptest! {
        #[test]
        fn matching_equals_the_naive_definition(pattern in "[ab?*é]{0,8}", text in "[abé]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            proptest::prop_assert_eq!(
                matches(&pattern, &text),
                naive(&chars(&pattern), &chars(&text))
            );
        }
    }
}
