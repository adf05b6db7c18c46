//! The machine's own file system.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Disk, DiskFile};

/// A directory of this machine. What is made in it belongs to its owner alone.
#[derive(Debug)]
pub struct Local {
    root: PathBuf,
}

impl Local {
    /// Takes a directory, and makes it, mode 0700, when it is not there.
    pub fn new(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        make_dir_durably(&root)?;
        Ok(Self { root })
    }

    fn file(&self, path: &str, create: bool) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(create);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Arc::new(LocalFile(options.open(self.root.join(path))?)))
    }
}

impl Disk for Local {
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.file(path, true)
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.file(path, false)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        fs::remove_file(self.root.join(path))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.root.join(from), self.root.join(to))
    }

    fn create_dir(&self, path: &str) -> io::Result<()> {
        make_dir_durably(&self.root.join(path))
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.root.join(path)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        // A name that is no text is none of ours.
        entries
            .filter_map(|entry| entry.map(|entry| entry.file_name().into_string().ok()).transpose())
            .collect()
    }

    fn sync_dir(&self, path: &str) -> io::Result<()> {
        sync_dir(&self.root.join(path))
    }
}

#[derive(Debug)]
struct LocalFile(File);

impl DiskFile for LocalFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.0, out, offset)
    }

    #[cfg(target_os = "linux")]
    fn read_at_once(&self, offset: u64, out: &mut [u8]) -> io::Result<bool> {
        use rustix::io::{Errno, ReadWriteFlags, preadv2};
        let wanted = out.len();
        let into = &mut [io::IoSliceMut::new(out)];
        match preadv2(&self.0, into, offset, ReadWriteFlags::NOWAIT) {
            Ok(read) => Ok(read == wanted),
            // A file system that knows no such call, too: the other way always works.
            Err(Errno::AGAIN | Errno::INTR | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(unix)]
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.0, data, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, mut offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        while !out.is_empty() {
            let n = std::os::windows::fs::FileExt::seek_read(&self.0, out, offset)?;
            out = out.get_mut(n..).filter(|_| n > 0).ok_or(ErrorKind::UnexpectedEof)?;
            offset += n as u64;
        }
        Ok(())
    }

    #[cfg(windows)]
    fn write_at(&self, mut offset: u64, mut data: &[u8]) -> io::Result<()> {
        while !data.is_empty() {
            let n = std::os::windows::fs::FileExt::seek_write(&self.0, data, offset)?;
            data = data.get(n..).filter(|_| n > 0).ok_or(ErrorKind::WriteZero)?;
            offset += n as u64;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    #[cfg(target_os = "linux")]
    fn reserve(&self, offset: u64, len: u64) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate};
        supported(fallocate(&self.0, FallocateFlags::KEEP_SIZE, offset, len))
    }

    #[cfg(target_os = "linux")]
    fn discard(&self, offset: u64, len: u64) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate};
        let mode = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        supported(fallocate(&self.0, mode, offset, len))
    }
}

/// Some file systems know no such call: then it is left out.
#[cfg(target_os = "linux")]
fn supported(result: rustix::io::Result<()>) -> io::Result<()> {
    match result {
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => Ok(()),
        result => Ok(result?),
    }
}

/// Makes a directory with those above it, and has each of their names written down.
fn make_dir_durably(dir: &Path) -> io::Result<()> {
    let made: Vec<&Path> = dir.ancestors().take_while(|dir| !dir.is_dir()).collect();
    make_dir(dir)?;
    for dir in made {
        match dir.parent() {
            Some(above) if above != Path::new("") => sync_dir(above)?,
            Some(_) => sync_dir(Path::new("."))?,
            None => {}
        }
    }
    Ok(())
}

fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Windows has no such call, and needs none.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}
