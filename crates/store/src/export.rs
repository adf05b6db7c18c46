//! A store as text, one line a pair: readable by anything, bound to no engine.
//!
//! ```text
//! wardian-export 1
//! <base64 of the key> <base64 of the value>
//! ...
//! end <number of pairs> <SHA-256 of all lines before this one, in hexadecimal>
//! ```
//!
//! Sealed values go out sealed: an export without its master key tells no secret. Blobs are not in
//! it; their directory is copied as it is.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::digest::{Context, SHA256};

use crate::{Error, KeyRange, Store};

const HEADER: &str = "wardian-export 1\n";
const PAGE: usize = 1000;

impl Store {
    /// Writes one consistent state out. Transactions go on meanwhile.
    pub fn export(&self, out: impl Write) -> Result<(), Error> {
        self.read(|tx| {
            let mut out = Digesting { out: BufWriter::new(out), digest: Context::new(&SHA256) };
            out.line(HEADER)?;
            let mut count = 0u64;
            let mut rest = KeyRange::all();
            loop {
                let page = tx.scan(rest.clone(), PAGE)?;
                let Some((last, _)) = page.last() else { break };
                rest = rest.after(last);
                for (key, value) in &page {
                    out.line(&format!("{} {}\n", BASE64.encode(key), BASE64.encode(value)))?;
                    count += 1;
                }
            }
            let digest = hex::encode(out.digest.finish());
            writeln!(out.out, "end {count} {digest}")?;
            out.out.flush()?;
            Ok(())
        })?
    }

    /// Reads an export into this store, which must be empty. Its end mark is checked last: after an
    /// error the store holds a part of it, and is to be thrown away.
    pub fn import(&self, input: impl Read) -> Result<(), Error> {
        if !self.read(|tx| tx.scan(.., 1))??.is_empty() {
            return Err(wrong("the store is not empty"));
        }
        let mut lines = Lines { input: BufReader::new(input), digest: Context::new(&SHA256) };
        if lines.next()? != HEADER {
            return Err(wrong("this is no export of a version known here"));
        }
        let mut count = 0u64;
        let mut page = Vec::with_capacity(PAGE);
        loop {
            let digest = lines.digest.clone();
            let line = lines.next()?;
            if let Some(end) = line.strip_prefix("end ") {
                self.import_page(&mut page)?;
                let expected = format!("{count} {}", hex::encode(digest.finish()));
                let complete = end.trim_end() == expected;
                return complete.then_some(()).ok_or_else(|| wrong("the end does not match"));
            }
            page.push(pair(&line).ok_or_else(|| wrong(format!("pair {count} is malformed")))?);
            count += 1;
            if page.len() == PAGE {
                self.import_page(&mut page)?;
            }
        }
    }

    fn import_page(&self, page: &mut Vec<(Vec<u8>, Vec<u8>)>) -> Result<(), Error> {
        self.transact_blocking(|tx| {
            page.iter().for_each(|(key, value)| tx.put(key.clone(), value.clone()));
            Ok::<_, Error>(())
        })?;
        page.clear();
        Ok(())
    }
}

struct Digesting<W: Write> {
    out: BufWriter<W>,
    digest: Context,
}

impl<W: Write> Digesting<W> {
    fn line(&mut self, line: &str) -> Result<(), Error> {
        self.digest.update(line.as_bytes());
        Ok(self.out.write_all(line.as_bytes())?)
    }
}

struct Lines<R> {
    input: BufReader<R>,
    digest: Context,
}

impl<R: Read> Lines<R> {
    fn next(&mut self) -> Result<String, Error> {
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            return Err(wrong("it ends early"));
        }
        self.digest.update(line.as_bytes());
        Ok(line)
    }
}

fn pair(line: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (key, value) = line.strip_suffix('\n')?.split_once(' ')?;
    Some((BASE64.decode(key).ok()?, BASE64.decode(value).ok()?))
}

fn wrong(what: impl Into<String>) -> Error {
    Error::Import(what.into())
}
