//! The log: what was committed, in order, durable with one sync, until the tables have it too.
//!
//! ```text
//! header  "WRDNLOG1" | salt (16) | number of the first record (8) | checksum (8)
//! record  bytes of the writes (4) | number (8) | checksum (8) | writes
//! write   00 key value | 01 key | 02 start | 03 start end     each as length (4) and bytes
//! ```
//!
//! A checksum (CRC-64/NVME) covers the header's salt, a record's number and all its bytes. So what an
//! earlier use of the file left behind the last record, or a write that a crash tore, is no record:
//! the log ends there. The salt is new with each use and nobody's to know, so that no value that a
//! client has stored can pass for a record.

use std::sync::Arc;

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest};

use super::Write;
use crate::disk::{Disk, DiskFile};
use crate::{Error, KeyRange, random};

const MAGIC: &[u8; 8] = b"WRDNLOG1";
const HEADER: u64 = 40;
const FRAME: usize = 20;
/// A log that outgrows its room grows by this.
const AHEAD: u64 = 1 << 20;

/// One file of the log.
pub(super) struct Log {
    file: Arc<dyn DiskFile>,
    salt: [u8; 16],
    end: u64,
    /// Room that was taken.
    room: u64,
}

/// What a log holds: numbered records, each the writes of one commit.
pub(super) type Records = Vec<(u64, Vec<Write>)>;

/// Why a record was not appended.
pub(super) enum Unwritten {
    /// Nothing was written.
    Refused(Error),
    /// Nobody knows what was written.
    Doubtful(Error),
}

impl Log {
    /// Opens a file of the log, or makes it with room for `room` bytes; its name is not durable yet.
    pub fn open(disk: &dyn Disk, path: &str, room: u64) -> Result<Self, Error> {
        let file = match disk.open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let file = disk.create(path)?;
                file.set_len(room)?;
                file
            }
            file => file?,
        };
        let room = file.len()?;
        Ok(Self { file, salt: [0; 16], end: HEADER, room })
    }

    /// Bytes of the header and the records.
    pub fn len(&self) -> u64 {
        self.end
    }

    /// Reads the records that are there, up to the first thing that is none; nothing from a file
    /// that no log was ever begun in.
    pub fn records(&self) -> Result<Records, Error> {
        let mut records = Vec::new();
        let Some((salt, mut number)) = self.header()? else { return Ok(records) };
        let mut at = HEADER;
        while let Some((writes, end)) = self.record(at, &salt, number)? {
            records.push((number, writes));
            (at, number) = (end, number + 1);
        }
        Ok(records)
    }

    /// Begins anew; what the file held is gone. The header becomes durable with the first record.
    pub fn begin(&mut self, first: u64, room: u64) -> Result<(), Error> {
        self.salt = random()?;
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&self.salt);
        header.extend_from_slice(&first.to_be_bytes());
        header.extend_from_slice(&checksum(&self.salt, first, &[]).to_be_bytes());
        if self.room > room {
            self.file.set_len(room)?;
        }
        self.room = 0;
        self.take_room(room)?;
        self.file.write_at(0, &header)?;
        self.end = HEADER;
        Ok(())
    }

    /// Appends a record; durable when this returns.
    pub fn append(&mut self, number: u64, writes: &[Write]) -> Result<(), Unwritten> {
        let record = record(&self.salt, number, writes).map_err(Unwritten::Refused)?;
        let end = self.end + record.len() as u64;
        if end > self.room {
            self.take_room(end.next_multiple_of(AHEAD)).map_err(Unwritten::Refused)?;
        }
        let doubtful = |error: std::io::Error| Unwritten::Doubtful(error.into());
        self.file.write_at(self.end, &record).map_err(doubtful)?;
        self.file.sync().map_err(doubtful)?;
        self.end = end;
        Ok(())
    }

    /// The salt, and the number of the first record.
    fn header(&self) -> Result<Option<([u8; 16], u64)>, Error> {
        let Some(mut header) = self.bytes(0, HEADER)? else { return Ok(None) };
        let mut read = || {
            let (magic, salt) = (split::<8>(&mut header)?, split::<16>(&mut header)?);
            let first = u64::from_be_bytes(split(&mut header)?);
            let sum = u64::from_be_bytes(split(&mut header)?);
            let is_right = magic == *MAGIC && sum == checksum(&salt, first, &[]);
            is_right.then_some((salt, first))
        };
        Ok(read())
    }

    /// The writes of the record at an offset, and where it ends.
    fn record(
        &self,
        at: u64,
        salt: &[u8; 16],
        number: u64,
    ) -> Result<Option<(Vec<Write>, u64)>, Error> {
        let body_at = at + FRAME as u64;
        let Some(mut frame) = self.bytes(at, body_at)? else { return Ok(None) };
        let mut read = || {
            let length = u64::from(u32::from_be_bytes(split(&mut frame)?));
            Some((length, u64::from_be_bytes(split(&mut frame)?), split(&mut frame)?))
        };
        let Some((length, own, sum)) = read() else { return Ok(None) };
        if own != number {
            return Ok(None);
        }
        let Some(body) = self.bytes(body_at, body_at + length)? else { return Ok(None) };
        if u64::from_be_bytes(sum) != checksum(salt, number, &body) {
            return Ok(None);
        }
        Ok(read_writes(body).map(|writes| (writes, body_at + length)))
    }

    /// A part of the file; none when it ends before.
    fn bytes(&self, from: u64, to: u64) -> Result<Option<Bytes>, Error> {
        if to > self.room {
            return Ok(None);
        }
        let mut bytes = vec![0; usize::try_from(to - from).map_err(|_| too_large())?];
        self.file.read_at(from, &mut bytes)?;
        Ok(Some(bytes.into()))
    }

    /// Room is taken before it is written, so that a full disk shows where nothing was lost yet.
    fn take_room(&mut self, room: u64) -> Result<(), Error> {
        if self.file.len()? < room {
            self.file.set_len(room)?;
        }
        self.file.reserve(self.room, room.saturating_sub(self.room))?;
        self.room = room;
        Ok(())
    }
}

fn record(salt: &[u8; 16], number: u64, writes: &[Write]) -> Result<Vec<u8>, Error> {
    let mut record = vec![0; FRAME];
    for write in writes {
        match write {
            Write::Put(key, value) => put(&mut record, 0, &[key, value])?,
            Write::Delete(key) => put(&mut record, 1, &[key])?,
            Write::DeleteRange(KeyRange { start, end: None }) => put(&mut record, 2, &[start])?,
            Write::DeleteRange(KeyRange { start, end: Some(end) }) => {
                put(&mut record, 3, &[start, end])?;
            }
        }
    }
    let (frame, body) = record.split_at_mut(FRAME);
    let length = u32::try_from(body.len()).map_err(|_| too_large())?;
    let sum = checksum(salt, number, body);
    let bytes = length.to_be_bytes().into_iter().chain(number.to_be_bytes());
    frame.iter_mut().zip(bytes.chain(sum.to_be_bytes())).for_each(|(to, from)| *to = from);
    Ok(record)
}

fn put(record: &mut Vec<u8>, kind: u8, parts: &[&[u8]]) -> Result<(), Error> {
    record.push(kind);
    for part in parts {
        let length = u32::try_from(part.len()).map_err(|_| too_large())?;
        record.extend_from_slice(&length.to_be_bytes());
        record.extend_from_slice(part);
    }
    Ok(())
}

fn too_large() -> Error {
    Error::Unavailable("a transaction may write up to 4 GiB".into())
}

fn read_writes(mut body: Bytes) -> Option<Vec<Write>> {
    let mut writes = Vec::new();
    while !body.is_empty() {
        writes.push(read_write(&mut body)?);
    }
    Some(writes)
}

fn read_write(body: &mut Bytes) -> Option<Write> {
    let [kind] = split::<1>(body)?;
    let first = read_part(body)?;
    Some(match kind {
        0 => Write::Put(first, read_part(body)?),
        1 => Write::Delete(first),
        2 => Write::DeleteRange(KeyRange { start: first.to_vec(), end: None }),
        3 => {
            let end = Some(read_part(body)?.to_vec());
            Write::DeleteRange(KeyRange { start: first.to_vec(), end })
        }
        _ => return None,
    })
}

fn read_part(body: &mut Bytes) -> Option<Bytes> {
    let length = usize::try_from(u32::from_be_bytes(split(body)?)).ok()?;
    (length <= body.len()).then(|| body.split_to(length))
}

fn split<const N: usize>(rest: &mut Bytes) -> Option<[u8; N]> {
    let part = *rest.first_chunk::<N>()?;
    drop(rest.split_to(N));
    Some(part)
}

fn checksum(salt: &[u8; 16], number: u64, body: &[u8]) -> u64 {
    let mut digest = Digest::new(CrcAlgorithm::Crc64Nvme);
    digest.update(salt);
    digest.update(&number.to_be_bytes());
    digest.update(body);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Simulated;

    fn writes(n: u64) -> Vec<Write> {
        let key = Bytes::from(format!("key {n}"));
        let range = KeyRange { start: vec![1], end: n.is_multiple_of(2).then(|| vec![2, 3]) };
        let value = vec![7; 30 * usize::try_from(n).expect("small")];
        let put = Write::Put(key.clone(), value.into());
        vec![Write::DeleteRange(range), put, Write::Delete(key)]
    }

    fn numbers(log: &Log) -> Vec<u64> {
        log.records().expect("read").into_iter().map(|(number, _)| number).collect()
    }

    #[test]
    fn records_read_back_and_a_log_begun_anew_shows_none_of_the_old_ones() {
        let disk = Simulated::new();
        let mut log = Log::open(&disk, "log", 4096).expect("open");
        assert!(numbers(&log).is_empty());
        log.begin(5, 4096).expect("begin");
        (5..9).for_each(|n| assert!(log.append(n, &writes(n)).is_ok()));
        let again = Log::open(&disk, "log", 4096).expect("open");
        let shown = |records: Records| format!("{records:?}");
        let expected: Records = (5..9).map(|n| (n, writes(n))).collect();
        assert_eq!(shown(again.records().expect("read")), shown(expected));
        log.begin(9, 4096).expect("begin");
        assert!(numbers(&log).is_empty());
        assert!(log.append(9, &writes(1)).is_ok());
        assert_eq!(numbers(&log), [9]);
    }

    #[test]
    fn a_log_ends_at_the_first_record_that_was_changed_or_torn() {
        let disk = Simulated::new();
        let mut log = Log::open(&disk, "log", 4096).expect("open");
        log.begin(1, 4096).expect("begin");
        (1..4).for_each(|n| assert!(log.append(n, &writes(n)).is_ok()));
        let file = disk.open("log").expect("open");
        let second = HEADER + record(&log.salt, 1, &writes(1)).expect("a record").len() as u64;
        for at in [second, second + 5, second + 13, second + FRAME as u64 + 40] {
            let mut byte = [0];
            file.read_at(at, &mut byte).expect("read");
            file.write_at(at, &[byte[0] ^ 1]).expect("write");
            assert_eq!(numbers(&log), [1], "changed at {at}");
            file.write_at(at, &byte).expect("write");
        }
        assert_eq!(numbers(&log), [1, 2, 3]);
    }
}
