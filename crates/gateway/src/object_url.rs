//! The URL of an object, as templates and policies name one: where it lies on this server, in every
//! form of host that S3 has. Nothing is fetched here or anywhere: a URL of any other server is none.
//!
//! AWS: S3 User Guide, "Methods for accessing a bucket"; "Virtual hosting of buckets".

use std::net::IpAddr;

use http::Uri;
use percent_encoding::percent_decode_str;

use crate::route::Host;

/// An object that a URL names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectUrl {
    pub bucket: String,
    pub key: String,
    /// Of the query: `versionId`.
    pub version_id: Option<String>,
}

impl ObjectUrl {
    /// Reads `https://bucket.s3.region.amazonaws.com/key`, `https://s3.amazonaws.com/bucket/key` and
    /// the like; under the server's own names with any port.
    pub(crate) fn parse(url: &str, base_domains: &[String]) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        if !matches!(uri.scheme_str(), Some("https" | "http")) {
            return None;
        }
        let host = uri.host()?.to_ascii_lowercase();
        let parsed = Host::parse(&host, base_domains);
        let is_s3 = parsed.service == Some("s3");
        if !is_s3 && !is_local(&host, base_domains) {
            return None;
        }
        let path = uri.path().strip_prefix('/')?;
        let (bucket, key) = match parsed.bucket.filter(|_| is_s3) {
            Some(bucket) => (bucket, path),
            None => path.split_once('/')?,
        };
        let decode = |text: &str| {
            percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
        };
        let (bucket, key) = (decode(bucket)?, decode(key)?);
        let query = uri.query().unwrap_or_default();
        let version = query.split('&').find_map(|pair| pair.strip_prefix("versionId="));
        let version_id = version.and_then(decode);
        let named = !bucket.is_empty() && !key.is_empty();
        named.then_some(Self { bucket, key, version_id })
    }
}

/// A name that only this machine or its network can mean: an address, a name of one word, one that
/// the server was told of.
fn is_local(host: &str, base_domains: &[String]) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    address.parse::<IpAddr>().is_ok()
        || !host.contains('.')
        || host.ends_with(".internal")
        || base_domains.iter().any(|domain| domain == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_form_of_s3_names_its_object_and_no_other_host_does() {
        let domains = ["s3.example.test".to_owned()];
        let found = [
            "https://s3.amazonaws.com/b/a/k.yml",
            "https://s3.eu-west-1.amazonaws.com/b/a/k.yml",
            "https://s3-eu-west-1.amazonaws.com/b/a/k.yml",
            "https://b.s3.amazonaws.com/a/k.yml",
            "https://b.s3.eu-west-1.amazonaws.com/a/k.yml",
            "https://b.s3-eu-west-1.amazonaws.com/a/k.yml",
            "https://b.s3.dualstack.eu-west-1.amazonaws.com/a%2Fk.yml",
            "http://localhost:4566/b/a/k.yml",
            "http://127.0.0.1:4566/b/a/k.yml",
            "http://[::1]:4566/b/a/k.yml",
            "http://wardian:4566/b/a/k.yml",
            "http://b.localhost:4566/a/k.yml",
            "http://b.s3.localhost:4566/a/k.yml",
            "http://b.s3.example.test:4566/a/k.yml",
            "http://s3.example.test:4566/b/a/k.yml",
        ];
        for url in found {
            let parsed = ObjectUrl::parse(url, &domains);
            let parsed = parsed.map(|url| (url.bucket, url.key, url.version_id));
            assert_eq!(parsed, Some(("b".to_owned(), "a/k.yml".to_owned(), None)), "{url}");
        }
        let none = [
            "https://example.com/b/k.yml",
            "https://iam.amazonaws.com/b/k.yml",
            "https://s3.amazonaws.com/b",
            "https://s3.amazonaws.com//k",
            "https://s3.amazonaws.com.example.com/b/k",
            "s3://b/k.yml",
            "file:///b/k",
            "b/k",
            "",
        ];
        for url in none {
            assert_eq!(ObjectUrl::parse(url, &domains), None, "{url}");
        }
        let versioned = ObjectUrl::parse("https://b.s3.amazonaws.com/k?versionId=3%2F4", &[]);
        assert_eq!(versioned.unwrap().version_id.as_deref(), Some("3/4"));
    }
}
