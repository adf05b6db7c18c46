//! A disk in memory, for the blobs of `--memory`.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::{Disk, DiskFile};

/// Bytes that grow together: a large file must not move as a whole each time it grows.
const PAGE: usize = 1 << 20;

/// Keeps files in memory; what is dropped is gone.
#[derive(Debug, Default)]
pub struct MemoryDisk {
    files: Mutex<BTreeMap<String, Arc<MemoryFile>>>,
}

impl MemoryDisk {
    fn files(&self) -> MutexGuard<'_, BTreeMap<String, Arc<MemoryFile>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for MemoryDisk {
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut files = self.files();
        if files.contains_key(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let file = Arc::new(MemoryFile::default());
        files.insert(path.into(), Arc::clone(&file));
        Ok(file)
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.files().get(path).map(Arc::clone).ok_or(ErrorKind::NotFound)?;
        Ok(file)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        Ok(self.files().remove(path).map(drop).ok_or(ErrorKind::NotFound)?)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.files();
        let file = files.remove(from).ok_or(ErrorKind::NotFound)?;
        files.insert(to.into(), file);
        Ok(())
    }

    fn create_dir(&self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let within = format!("{path}/");
        let names: std::collections::BTreeSet<String> = self
            .files()
            .keys()
            .filter_map(|file| file.strip_prefix(&within)?.split('/').next().map(String::from))
            .collect();
        Ok(names.into_iter().collect())
    }

    fn sync_dir(&self, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// Pages of [`PAGE`] bytes; only the last may be shorter.
#[derive(Debug, Default)]
struct MemoryFile(RwLock<Vec<Vec<u8>>>);

impl DiskFile for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        Ok(length(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let pages = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut offset = usize::try_from(offset).map_err(io::Error::other)?;
        let mut rest = out;
        while !rest.is_empty() {
            let page = pages.get(offset / PAGE).and_then(|page| page.get(offset % PAGE..));
            let page = page.filter(|page| !page.is_empty()).ok_or(ErrorKind::UnexpectedEof)?;
            let n = page.len().min(rest.len());
            let (now, later) = rest.split_at_mut(n);
            now.iter_mut().zip(page).for_each(|(to, from)| *to = *from);
            rest = later;
            offset += n;
        }
        Ok(())
    }

    fn read_at_once(&self, offset: u64, out: &mut [u8]) -> io::Result<bool> {
        self.read_at(offset, out).map(|()| true)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut pages = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut offset = usize::try_from(offset).map_err(io::Error::other)?;
        let end = offset.checked_add(data.len()).ok_or(ErrorKind::FileTooLarge)?;
        if (end as u64) > length(&pages) {
            resize(&mut pages, end);
        }
        let mut rest = data;
        while !rest.is_empty() {
            let page = pages.get_mut(offset / PAGE).and_then(|page| page.get_mut(offset % PAGE..));
            let page = page.ok_or(ErrorKind::UnexpectedEof)?;
            let (now, later) = rest.split_at(page.len().min(rest.len()));
            page.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
            rest = later;
            offset += now.len();
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(io::Error::other)?;
        resize(&mut self.0.write().unwrap_or_else(PoisonError::into_inner), len);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

fn length(pages: &[Vec<u8>]) -> u64 {
    pages.last().map_or(0, |last| (pages.len() - 1) as u64 * PAGE as u64 + last.len() as u64)
}

fn resize(pages: &mut Vec<Vec<u8>>, len: usize) {
    pages.truncate(len.div_ceil(PAGE));
    while pages.len() < len.div_ceil(PAGE) {
        if let Some(last) = pages.last_mut() {
            last.resize(PAGE, 0);
        }
        pages.push(Vec::new());
    }
    if let Some(last) = pages.last_mut() {
        last.resize(len - (len - 1) / PAGE * PAGE, 0);
    }
}
