//! What is wrong with a request, and AWS's sentences for it.
//!
//! Query services answer `ValidationError` with all broken constraints in one sentence. S3 has no
//! such engine: it has a code per kind of fault, which the gateway chooses.

use std::fmt::{Display, Formatter, Write as _};

use api::OperationShape;

/// Why an input cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// Query: constraints of the model that do not hold, in the model's order. AWS's
    /// `ValidationError`.
    Constraints(Vec<Violation>),
    /// Query: a parameter that is no value of its type, or has the form of another. AWS's
    /// `MalformedInput`.
    Malformed { path: String, expected: Expected },
    /// JSON: not a document (None), or one with a value of another type than the model's.
    /// `SerializationException`.
    Serialization(Option<Expected>),
    /// S3: the document is not well-formed or not of the schema. `MalformedXML`.
    MalformedXml,
    /// S3: the operation needs a document and there is none. `MissingRequestBodyError`.
    MissingBody,
    /// S3: a header or query parameter without which there is no such operation; named as on the
    /// wire.
    Missing { name: &'static str },
    /// S3: a header or query parameter that is no value of its type or range. `InvalidArgument`.
    Argument { name: &'static str, value: String, expected: Expected },
}

/// What a value would have had to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Integer,
    Number,
    Boolean,
    Timestamp,
    Base64,
    /// A scalar, where names continue after a dot or elements stand inside.
    Scalar,
    /// A list, map or structure, where a scalar stands or a name is not understood.
    Collection,
    /// An integer between these.
    Between(i64, i64),
    /// JSON: a token that is no value of the type.
    Converted {
        from: &'static str,
        to: &'static str,
    },
    /// JSON: an object, list or scalar where it cannot stand, in AWS's words.
    Misplaced(&'static str),
}

/// One constraint that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// `tags.1.member.key`
    pub path: String,
    /// As sent; None where nothing was sent, or it is sensitive, or it is a structure.
    pub value: Option<String>,
    pub constraint: Constraint,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constraint {
    NotNull,
    LengthMin(i64),
    LengthMax(i64),
    ValueMin(i64),
    ValueMax(i64),
    Pattern(&'static str),
    Enum(&'static [&'static str]),
    /// Of a list: what each of its scalars must satisfy.
    Elements(Vec<Constraint>),
}

/// How much a service tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// The value and the enumeration's values: STS, CloudFormation (recorded).
    Full,
    /// IAM: the value of a length or range only, no enumeration's values (recorded in 2025; lengths
    /// in transcripts).
    Terse,
}

impl Style {
    /// The style of the operation's service.
    #[must_use]
    pub fn of(operation: &OperationShape) -> Self {
        if operation.service == "iam" { Self::Terse } else { Self::Full }
    }
}

impl Invalid {
    /// AWS's sentence.
    #[must_use]
    pub fn message(&self, style: Style) -> String {
        match self {
            Self::Constraints(violations) => sentence(violations, style),
            Self::Malformed { path, expected } => format!("Invalid value for {path}: {expected}"),
            Self::Serialization(expected) => {
                expected.map(|expected| expected.to_string()).unwrap_or_default()
            }
            Self::MalformedXml => {
                "The XML you provided was not well-formed or did not validate against our \
                                   published schema"
                    .to_owned()
            }
            Self::MissingBody => "Request body is empty.".to_owned(),
            Self::Missing { .. } => "Your request was missing a required header".to_owned(),
            Self::Argument { name, expected: Expected::Integer, .. } => {
                format!("Provided {name} not an integer or within integer range")
            }
            Self::Argument { name, expected: Expected::Between(min, max), .. } => {
                format!("Argument {name} must be an integer between {min} and {max}")
            }
            Self::Argument { name, .. } => format!("Invalid value for {name}"),
        }
    }
}

impl Display for Invalid {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(Style::Full))
    }
}

impl std::error::Error for Invalid {}

impl Display for Expected {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Integer => "it must be an integer",
            Self::Number => "it must be a number",
            Self::Boolean => "it must be true or false",
            Self::Timestamp => "it must be a timestamp",
            Self::Base64 => "it must be encoded in base64",
            Self::Scalar => "it may not be treated as a list",
            Self::Collection => "it may not be treated as a scalar",
            Self::Between(..) => "it is out of range",
            Self::Converted { from, to } => {
                return write!(f, "{from} can not be converted to {}", article(to));
            }
            Self::Misplaced(sentence) => sentence,
        })
    }
}

/// `a String`, `an Integer`
fn article(noun: &str) -> String {
    let article = if noun.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    format!("{article} {noun}")
}

fn sentence(violations: &[Violation], style: Style) -> String {
    let count = violations.len();
    let noun = if count == 1 { "error" } else { "errors" };
    let mut text = format!("{count} validation {noun} detected: ");
    for (index, violation) in violations.iter().enumerate() {
        if index > 0 {
            text.push_str("; ");
        }
        text.push_str("Value ");
        match &violation.value {
            Some(value) if violation.constraint.tells_value(style) => {
                let _ = write!(text, "'{value}' ");
            }
            None if style == Style::Full && violation.constraint == Constraint::NotNull => {
                text.push_str("null ");
            }
            _ => {}
        }
        let _ = write!(text, "at '{}' failed to satisfy constraint: ", violation.path);
        violation.constraint.write(&mut text, style);
    }
    text
}

impl Constraint {
    fn tells_value(&self, style: Style) -> bool {
        let measured = matches!(
            self,
            Self::LengthMin(_) | Self::LengthMax(_) | Self::ValueMin(_) | Self::ValueMax(_)
        );
        style == Style::Full || measured
    }

    fn write(&self, text: &mut String, style: Style) {
        let _ = match self {
            Self::NotNull => write!(text, "Member must not be null"),
            Self::LengthMin(min) => {
                write!(text, "Member must have length greater than or equal to {min}")
            }
            Self::LengthMax(max) => {
                write!(text, "Member must have length less than or equal to {max}")
            }
            Self::ValueMin(min) => {
                write!(text, "Member must have value greater than or equal to {min}")
            }
            Self::ValueMax(max) => {
                write!(text, "Member must have value less than or equal to {max}")
            }
            Self::Pattern(pattern) => {
                write!(text, "Member must satisfy regular expression pattern: {pattern}")
            }
            Self::Enum(_) if style == Style::Terse => {
                write!(text, "Member must satisfy enum value set")
            }
            Self::Enum(values) => {
                write!(text, "Member must satisfy enum value set: [{}]", values.join(", "))
            }
            Self::Elements(constraints) => {
                text.push_str("Member must satisfy constraint: [");
                for (index, constraint) in constraints.iter().enumerate() {
                    if index > 0 {
                        text.push_str(", ");
                    }
                    constraint.write(text, style);
                }
                text.push(']');
                Ok(())
            }
        };
    }
}
