//! The static tables that describe shapes: what a codec, a validator or a redactor reads.
//!
//! Facts come from botocore's models (`data/models`) and their corrections (`data/patches`); nothing is written by hand.

/// A service of the model.
#[derive(Debug)]
pub struct ServiceShape {
    /// The name in credential scopes and in IAM action prefixes: `iam`.
    pub name: &'static str,
    /// `2010-05-08`
    pub api_version: &'static str,
    pub protocol: Protocol,
    /// The namespace of the service's XML answers.
    pub xml_namespace: &'static str,
    /// Sorted by name.
    pub operations: &'static [&'static OperationShape],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// AWS Query: form in, XML out.
    Query,
    /// S3's REST-XML.
    RestXml,
    /// JSON 1.1 with `X-Amz-Target`.
    Json,
}

/// One operation: how it is reached and what goes in and out.
#[derive(Debug)]
pub struct OperationShape {
    pub name: &'static str,
    /// The service's name: `iam`.
    pub service: &'static str,
    pub http: Http,
    /// Of [`Kind::Structure`].
    pub input: &'static Shape,
    /// Of [`Kind::Structure`].
    pub output: &'static Shape,
    /// `CreateUserResult` for Query protocols; none where the answer has no result element.
    pub result_wrapper: Option<&'static str>,
    /// The errors that the model names for it.
    pub errors: &'static [&'static ErrorShape],
    /// True where AWS takes the call unsigned (`AssumeRoleWithWebIdentity`).
    pub unsigned: bool,
    /// The request body is an object's bytes, not a document.
    pub streaming_input: bool,
    /// The response body is an object's bytes, not a document.
    pub streaming_output: bool,
}

/// The HTTP binding of the model; Query operations have `POST /`.
#[derive(Debug)]
pub struct Http {
    pub method: &'static str,
    /// `/{Bucket}/{Key+}?uploads`
    pub uri: &'static str,
    /// The status of success.
    pub status: u16,
}

/// An error as the model names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorShape {
    /// What stands in the answer's `Code`.
    pub code: &'static str,
    pub status: u16,
}

/// A type of the model.
#[derive(Debug)]
pub struct Shape {
    /// The model's name: `userNameType`.
    pub name: &'static str,
    pub kind: Kind,
    /// Length of strings (in characters), blobs and lists; value of numbers.
    pub min: Option<i64>,
    pub max: Option<i64>,
    /// A Java regular expression that the whole value must match, as AWS prints it.
    pub pattern: Option<&'static str>,
    /// Never shown in logs, events or `Debug`.
    pub sensitive: bool,
}

#[derive(Debug)]
pub enum Kind {
    String,
    /// The values in the model's order.
    Enum(&'static [&'static str]),
    Integer,
    Long,
    Double,
    Boolean,
    Timestamp(TimestampFormat),
    Blob,
    /// `element` has the element's name on the wire (`member` unless the model says otherwise).
    List {
        element: &'static Member,
        flattened: bool,
    },
    Map {
        key: &'static Member,
        value: &'static Member,
        flattened: bool,
    },
    Structure(&'static [Member]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampFormat {
    Iso8601,
    Rfc822,
    UnixSeconds,
}

/// A member of a structure, or the element, key or value of a collection.
#[derive(Debug)]
pub struct Member {
    /// The model's name: `UserName`.
    pub name: &'static str,
    /// The name on the wire: a `locationName`, else the model's.
    pub wire: &'static str,
    pub location: Location,
    pub required: bool,
    /// An XML attribute of the enclosing element (`xsi:type` of S3's grantees).
    pub attribute: bool,
    /// The XML namespace written on the element: prefix (may be empty) and URI.
    pub namespace: Option<(&'static str, &'static str)>,
    /// The list or map stands without its enclosing element.
    pub flattened: bool,
    pub shape: &'static Shape,
}

/// Where a member of an input or output stands in the HTTP message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the document.
    Body,
    /// It is the document, or the raw bytes.
    Payload,
    /// In the header named [`Member::wire`].
    Header,
    /// In all headers that start with [`Member::wire`] (a map).
    Headers,
    /// In the query parameter named [`Member::wire`].
    Query,
    /// In the path label named [`Member::wire`].
    Uri,
    /// It is the HTTP status.
    Status,
}

impl Shape {
    /// The members of a structure; empty for every other kind.
    #[must_use]
    pub const fn members(&self) -> &'static [Member] {
        match self.kind {
            Kind::Structure(members) => members,
            _ => &[],
        }
    }
}
