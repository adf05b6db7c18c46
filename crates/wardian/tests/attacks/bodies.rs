//! Bodies that would cost the server more than they cost their sender, who shows no credentials.

use crate::raw::{Call, Raw, Sending, Then};
use crate::site::{BUCKET, Site};

const FIELD: &str = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n";

fn form(pieces: impl IntoIterator<Item = Vec<u8>>) -> Raw {
    let call = Call::s3("POST", &format!("/{BUCKET}"));
    let mut raw = call.header("content-type", "multipart/form-data; boundary=b").unsigned();
    raw.body = Sending::pieces(pieces);
    raw
}

/// In chunks of a byte, which six bytes on the wire make. Were each of them searched from the
/// beginning, this test would not end.
#[tokio::test]
async fn a_form_in_crumbs_costs_no_more_than_one_in_pieces() {
    let site = Site::new().await;
    let crumbs = |text: String| text.into_bytes().into_iter().map(|byte| vec![byte]);
    let value = crumbs(format!("{FIELD}{}", "x".repeat(250_000)));
    assert_eq!(site.told(form(value)).await, "400 MalformedPOSTRequest");
    let head = crumbs(format!("--b\r\n{}", "x".repeat(250_000)));
    assert_eq!(site.told(form(head)).await, "400 InvalidArgument");
    let nothing = crumbs("x".repeat(250_000));
    assert_eq!(site.told(form(nothing)).await, "400 InvalidArgument");
}

#[tokio::test]
async fn the_fields_of_a_form_are_bounded_all_together() {
    let site = Site::new().await;
    let field = format!("{FIELD}{}\r\n", "x".repeat(100_000));
    let mut raw = form(std::iter::repeat_n(field.into_bytes(), 4));
    raw.body = raw.body.then(Then::Silence);
    assert_eq!(site.told(raw).await, "400 MaxPostPreDataLengthExceededError");
}
