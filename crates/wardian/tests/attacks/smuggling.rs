//! One request that two readers take for two: whoever stands before the server may have read it
//! otherwise, so that the second is nobody's.

use std::io::{Read as _, Write as _};

use crate::server::Home;

const SECOND: &str = "GET /_wardian/health HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[test]
fn no_request_hides_in_another_s_body() {
    let home = Home::new();
    let server = home.serve("--memory");
    let line = "PUT /box-one/key HTTP/1.1\r\nhost: localhost\r\n";
    let chunked = "transfer-encoding: chunked\r\n";
    let hidden = format!("content-length: {}\r\n", SECOND.len());
    let heads = [
        // Two lengths, or a length and chunks.
        format!("{hidden}content-length: 0\r\n"),
        format!("content-length: 0\r\n{hidden}"),
        "content-length: 0, 52\r\n".to_owned(),
        "content-length: +5\r\n".to_owned(),
        "content-length: 0x5\r\n".to_owned(),
        "content-length: 5 5\r\n".to_owned(),
        "content-length: -1\r\n".to_owned(),
        "content-length: 18446744073709551617\r\n".to_owned(),
        format!("{hidden}{chunked}"),
        format!("{chunked}{hidden}"),
        // Chunks that somebody may not see.
        "transfer-encoding: xchunked\r\n".to_owned(),
        "transfer-encoding: chunked, identity\r\n".to_owned(),
        "transfer-encoding: identity\r\n".to_owned(),
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n".to_owned(),
        "transfer-encoding : chunked\r\n".to_owned(),
        "transfer-encoding\t: chunked\r\n".to_owned(),
        " transfer-encoding: chunked\r\n".to_owned(),
        "x: y\r\n transfer-encoding: chunked\r\n".to_owned(),
        "x: y\r transfer-encoding: chunked\r\n".to_owned(),
        "x: \0\r\n".to_owned(),
        "content-length : 0\r\n".to_owned(),
    ];
    for head in heads {
        let mut stream = server.connect();
        // The end of chunks, and of no body: then the request that nobody sent.
        let sent = stream.write_all(format!("{line}{head}\r\n0\r\n\r\n{SECOND}").as_bytes());
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        assert!(sent.is_ok() && (read.is_ok() || answer.starts_with("HTTP/1.1 4")), "{head:?}");
        assert!(!answer.contains("\"status\":\"available\""), "{head:?}: {answer}");
        assert!(answer.starts_with("HTTP/1.1 4"), "{head:?}: {answer}");
    }
}

#[test]
fn a_chunk_is_as_long_as_it_says_and_says_so_in_one_way() {
    let home = Home::new();
    let server = home.serve("--memory");
    let head = "POST / HTTP/1.1\r\nhost: sts.amazonaws.com\r\ntransfer-encoding: chunked\r\n\
        content-type: application/x-www-form-urlencoded\r\n\r\n";
    for body in [
        "ffffffffffffffff0\r\n",
        "-1\r\nx\r\n",
        "0x5\r\nhello\r\n",
        "5 5\r\nhello\r\n",
        "3\r\nhello\r\n",
        "+3\r\nabc\r\n",
        "\r\n\r\n",
    ] {
        let mut stream = server.connect();
        let _ = stream.write_all(format!("{head}{body}0\r\n\r\n{SECOND}").as_bytes());
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(!answer.contains("\"status\":\"available\""), "{body:?}: {answer}");
    }
}
