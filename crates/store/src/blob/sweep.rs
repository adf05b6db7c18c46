//! Collecting blobs that nothing refers to: left by a crash or an abandoned request.
//!
//! A blob is collected when it was finished before the sweep *before* this one, nothing refers to
//! it, and nobody has it pinned. So the grace between a blob's end and the commit of its metadata
//! is the time between two sweeps, and no clock is asked. Once old and unreferenced a blob stays
//! so: only a reference can be copied.

use std::io::ErrorKind;

use super::format::{HEADER, Header, stored_len};
use super::keeper::{self, ALIGN, Ends};
use super::{BlobId, Blobs, FILES, Inner, SEGMENTS, segment_number, segment_path};
use crate::Error;
use crate::disk::DiskFile;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Blobs looked at and kept: referred to, pinned or young. Segments of young blobs alone are
    /// not looked at.
    pub kept: u64,
    /// Blobs deleted.
    pub deleted: u64,
    /// Segments without a blob left, removed.
    pub segments: u64,
}

impl Blobs {
    /// Deletes each old blob for which `referenced` says no. It blocks, for as long as it takes to
    /// look at each blob's header.
    pub fn sweep(&self, referenced: &dyn Fn(&BlobId) -> bool) -> Result<Swept, Error> {
        let inner = &*self.inner;
        let now = inner.keeper.ends();
        let (young, before) = {
            let mut life = inner.life();
            let before = std::mem::replace(&mut life.swept, now);
            (std::mem::take(&mut life.young), before)
        };
        let mut swept = Swept::default();
        inner.sweep_files(&|id| young.contains(id) || referenced(id), &mut swept)?;
        inner.sweep_segments(&before, referenced, &mut swept)?;
        Ok(swept)
    }
}

impl Inner {
    fn sweep_files(&self, keep: &dyn Fn(&BlobId) -> bool, swept: &mut Swept) -> Result<(), Error> {
        for directory in self.disk.list(FILES)? {
            for name in self.disk.list(&format!("{FILES}/{directory}"))? {
                let Some(id) = BlobId::of_file_name(&name) else { continue };
                self.sweep_blob(&id, keep(&id), swept)?;
            }
        }
        Ok(())
    }

    /// Deletes a blob, unless it is to be kept or somebody holds it.
    fn sweep_blob(&self, id: &BlobId, keep: bool, swept: &mut Swept) -> Result<bool, Error> {
        // Held until the blob is gone, so that nobody pins it in between.
        let life = self.life();
        let held =
            life.pins.contains_key(id) || life.drafts.contains(id) || life.young.contains(id);
        if keep || held {
            swept.kept += 1;
            return Ok(false);
        }
        match keeper::delete(&*self.disk, &self.keyring, id) {
            // Its writer gave it up after it was listed, and took it away.
            Err(Error::Io { kind: ErrorKind::NotFound, .. } | Error::NoSuchBlob) => {}
            other => {
                other?;
                swept.deleted += 1;
            }
        }
        Ok(true)
    }

    fn sweep_segments(
        &self,
        before: &Ends,
        referenced: &dyn Fn(&BlobId) -> bool,
        swept: &mut Swept,
    ) -> Result<(), Error> {
        for name in self.disk.list(SEGMENTS)? {
            let Some(number) = segment_number(&name) else { continue };
            if number >= before.next {
                continue;
            }
            let file = self.disk.open(&segment_path(number))?;
            let mut live = 0;
            let unreadable = self.walk(&*file, number, &mut |id| {
                let young = id.place().is_some_and(|place| before.precede(place));
                live += u64::from(!self.sweep_blob(id, young || referenced(id), swept)?);
                Ok(())
            })?;
            live += unreadable;
            if live == 0 && before.closed(number) {
                self.disk.remove(&segment_path(number))?;
                self.segments
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .remove(&number);
                swept.segments += 1;
            }
        }
        Ok(())
    }

    /// Visits each blob of a segment; what is no blob of this place is passed over block by block.
    ///
    /// Returns how many blobs are there that cannot be read: their master key is not here, or a
    /// later version wrote them. They are somebody's, so that their segment stays.
    fn walk(
        &self,
        file: &dyn DiskFile,
        number: u64,
        visit: &mut dyn FnMut(&BlobId) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let end = file.len()?;
        let mut offset = 0;
        let mut unreadable = 0;
        while offset + HEADER as u64 <= end {
            let mut header = [0; HEADER];
            file.read_at(offset, &mut header)?;
            match Header::read(&self.keyring, &header) {
                Some(Ok(header)) if header.id.place() == Some((number, offset)) => {
                    visit(&header.id)?;
                    offset = (offset + stored_len(header.len)).next_multiple_of(ALIGN);
                }
                // Nothing, or the torn end of an earlier run.
                None | Some(Ok(_) | Err(Error::Sealed)) => offset += ALIGN,
                Some(Err(_)) => {
                    unreadable += 1;
                    offset += ALIGN;
                }
            }
        }
        Ok(unreadable)
    }
}
