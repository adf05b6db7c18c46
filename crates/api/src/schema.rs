//! The static tables that describe shapes: what a codec, a validator or a redactor reads.
//!
//! Facts come from botocore's models (`data/models`) and their corrections (`data/patches`);
//! nothing is written by hand.

use std::sync::OnceLock;

/// A service of the model.
#[derive(Debug)]
pub struct ServiceShape {
    /// The name in credential scopes and in IAM action prefixes: `iam`.
    pub name: &'static str,
    /// `2010-05-08`
    pub api_version: &'static str,
    pub protocol: Protocol,
    /// The namespace of the service's XML answers; empty where they are JSON.
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
    /// JSON with `X-Amz-Target`.
    Json(Json),
}

/// How the operations of a JSON service are told apart, and what its documents are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json {
    /// What stands before the operation in `X-Amz-Target`: `AmazonSSM`.
    pub target_prefix: &'static str,
    /// Of `application/x-amz-json-1.1`.
    pub version: &'static str,
    /// The member of its exceptions that holds the sentence: `message` or `Message`.
    pub message: &'static str,
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
    /// The element around the answer's members: `CreateUserResult` for Query, the root
    /// (`ListBucketResult`) for REST-XML. None where the answer has none of its own.
    pub result_wrapper: Option<&'static str>,
    /// The errors that the model names for it.
    pub errors: &'static [&'static ErrorShape],
    /// True where AWS takes the call unsigned (`AssumeRoleWithWebIdentity`).
    pub unsigned: bool,
    /// The request body is an object's bytes, not a document.
    pub streaming_input: bool,
    /// The response body is an object's bytes (or an event stream), not a document.
    pub streaming_output: bool,
    /// The model keeps it for old clients; another operation answers the same request.
    pub deprecated: bool,
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
    pub pattern: Option<&'static Pattern>,
    /// Never shown in logs, events or `Debug`.
    pub sensitive: bool,
}

/// A constraint on a string's form.
pub struct Pattern {
    /// As AWS prints it in its sentence: a Java regular expression.
    pub text: &'static str,
    /// What is matched instead, where the printed one needs more than a regular language
    /// (look-ahead); else `text`.
    pub matched: &'static str,
    /// The compiled form: made once, by the codec that first needs it.
    pub compiled: OnceLock<Matcher>,
}

/// Whether a whole value has the pattern's form.
pub type Matcher = Box<dyn Fn(&str) -> bool + Send + Sync>;

impl Pattern {
    #[must_use]
    pub const fn new(text: &'static str, matched: &'static str) -> Self {
        Self { text, matched, compiled: OnceLock::new() }
    }
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text)
    }
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
    /// None where the place decides: HTTP dates in headers, ISO 8601 in documents.
    Timestamp(Option<TimestampFormat>),
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
    /// An unconstrained type; the functions below add what the model says.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, min: None, max: None, pattern: None, sensitive: false }
    }

    #[must_use]
    pub const fn min(mut self, min: i64) -> Self {
        self.min = Some(min);
        self
    }

    #[must_use]
    pub const fn max(mut self, max: i64) -> Self {
        self.max = Some(max);
        self
    }

    #[must_use]
    pub const fn pattern(mut self, pattern: &'static Pattern) -> Self {
        self.pattern = Some(pattern);
        self
    }

    #[must_use]
    pub const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// The members of a structure; empty for every other kind.
    #[must_use]
    pub const fn members(&self) -> &'static [Member] {
        match self.kind {
            Kind::Structure(members) => members,
            _ => &[],
        }
    }
}

impl Member {
    /// An optional member of the document, under its own name.
    #[must_use]
    pub const fn new(name: &'static str, shape: &'static Shape) -> Self {
        Self {
            name,
            wire: name,
            location: Location::Body,
            required: false,
            attribute: false,
            namespace: None,
            flattened: false,
            shape,
        }
    }

    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    #[must_use]
    pub const fn wire(mut self, wire: &'static str) -> Self {
        self.wire = wire;
        self
    }

    #[must_use]
    pub const fn at(mut self, location: Location) -> Self {
        self.location = location;
        self
    }

    #[must_use]
    pub const fn attribute(mut self) -> Self {
        self.attribute = true;
        self
    }

    #[must_use]
    pub const fn namespace(mut self, prefix: &'static str, uri: &'static str) -> Self {
        self.namespace = Some((prefix, uri));
        self
    }

    #[must_use]
    pub const fn flattened(mut self) -> Self {
        self.flattened = true;
        self
    }
}

impl OperationShape {
    /// `POST /`, answered 200, as all of AWS Query; the functions below say what differs.
    #[must_use]
    pub const fn new(
        service: &'static str,
        name: &'static str,
        input: &'static Shape,
        output: &'static Shape,
    ) -> Self {
        Self {
            name,
            service,
            http: Http { method: "POST", uri: "/", status: 200 },
            input,
            output,
            result_wrapper: None,
            errors: &[],
            unsigned: false,
            streaming_input: false,
            streaming_output: false,
            deprecated: false,
        }
    }

    #[must_use]
    pub const fn http(mut self, method: &'static str, uri: &'static str, status: u16) -> Self {
        self.http = Http { method, uri, status };
        self
    }

    #[must_use]
    pub const fn result(mut self, element: &'static str) -> Self {
        self.result_wrapper = Some(element);
        self
    }

    #[must_use]
    pub const fn errors(mut self, errors: &'static [&'static ErrorShape]) -> Self {
        self.errors = errors;
        self
    }

    #[must_use]
    pub const fn unsigned(mut self) -> Self {
        self.unsigned = true;
        self
    }

    #[must_use]
    pub const fn streaming_input(mut self) -> Self {
        self.streaming_input = true;
        self
    }

    #[must_use]
    pub const fn streaming_output(mut self) -> Self {
        self.streaming_output = true;
        self
    }

    #[must_use]
    pub const fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }
}

impl ServiceShape {
    /// The operation of the name, case and all.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&'static OperationShape> {
        let index = self.operations.binary_search_by(|shape| shape.name.cmp(name)).ok()?;
        self.operations.get(index).copied()
    }
}
