//! A disk for tests: it loses power, fails a call, or is full, when it is told to.
//!
//! It promises what a file system promises and no more. Writes since the last sync of their file
//! survive a power cut each or not, in any order, torn between sectors of 512 bytes; so do names
//! since the last sync of their directory.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, DiskFile};

const SECTOR: usize = 512;

/// A disk that fails on demand. A clone is the same disk.
#[derive(Clone, Debug, Default)]
pub struct Simulated {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<u64, File>,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    next: u64,
    calls: u64,
    fail_at: Option<u64>,
    cut_at: Option<u64>,
    capacity: Option<u64>,
}

#[derive(Debug, Default)]
struct File {
    now: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    SetLen(usize),
}

impl Simulated {
    pub fn new() -> Self {
        Self::default()
    }

    /// Fails the `n`-th call from now, counted from 1, once; 0 takes a fault back.
    pub fn fail(&self, n: u64) {
        let mut state = self.state();
        state.fail_at = Some(state.calls + n);
    }

    /// Cuts the power at the `n`-th call from now: it and each later one fail.
    pub fn cut_power(&self, n: u64) {
        let mut state = self.state();
        state.cut_at = Some(state.calls + n);
    }

    /// Bytes that fit on the disk; none for no limit.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.state().capacity = bytes;
    }

    /// Bytes on the disk.
    pub fn used(&self) -> u64 {
        self.state().used()
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// What one finds after a power cut: one of the many possible disks, chosen by the seed.
    pub fn after_power_cut(&self, seed: u64) -> Simulated {
        let mut dice = Dice(seed);
        let state = self.state();
        let mut after = State { next: state.next, ..State::default() };
        let mut names = state.durable_names.clone();
        for (name, file) in &state.names {
            if state.durable_names.get(name) != Some(file) && dice.flip() {
                names.insert(name.clone(), *file);
            }
        }
        for name in state.durable_names.keys() {
            if !state.names.contains_key(name) && dice.flip() {
                names.remove(name);
            }
        }
        for (id, file) in &state.files {
            let content = file.after_power_cut(&mut dice);
            let unsynced = Vec::new();
            after.files.insert(*id, File { durable: content.clone(), now: content, unsynced });
        }
        after.durable_names = names.clone();
        after.names = names;
        Simulated { state: Arc::new(Mutex::new(after)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        state.calls += 1;
        if state.cut_at.is_some_and(|at| state.calls >= at) {
            return Err(io::Error::other("the power is off"));
        }
        if state.fail_at == Some(state.calls) {
            return Err(io::Error::other("a fault was asked for"));
        }
        Ok(state)
    }

    fn handle(&self, id: u64) -> Arc<dyn DiskFile> {
        Arc::new(Handle { disk: self.clone(), id })
    }
}

impl State {
    fn used(&self) -> u64 {
        self.names.values().filter_map(|id| self.files.get(id)).map(|f| f.now.len() as u64).sum()
    }

    fn file(&mut self, id: u64) -> io::Result<&mut File> {
        self.files.get_mut(&id).ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn change(&mut self, id: u64, change: Change) -> io::Result<()> {
        let before = self.file(id)?.now.len();
        let after = match &change {
            Change::Write(offset, data) => before.max(offset + data.len()),
            Change::SetLen(len) => *len,
        };
        let more = after.saturating_sub(before) as u64;
        if more > 0 && self.capacity.is_some_and(|capacity| self.used() + more > capacity) {
            return Err(ErrorKind::StorageFull.into());
        }
        let file = self.file(id)?;
        apply(&mut file.now, &change);
        file.unsynced.push(change);
        Ok(())
    }
}

impl File {
    fn after_power_cut(&self, dice: &mut Dice) -> Vec<u8> {
        let mut content = self.durable.clone();
        let mut changes = self.unsynced.clone();
        dice.shuffle(&mut changes);
        for change in changes {
            match change {
                Change::SetLen(_) if dice.flip() => apply(&mut content, &change),
                Change::SetLen(_) => {}
                Change::Write(offset, data) => {
                    // Sectors are aligned in the file, not in the write.
                    let first = SECTOR - offset % SECTOR;
                    let (head, tail) = data.split_at(first.min(data.len()));
                    let mut at = offset;
                    let all = dice.flip();
                    for sector in std::iter::once(head).chain(tail.chunks(SECTOR)) {
                        if all || dice.flip() {
                            apply(&mut content, &Change::Write(at, sector.to_vec()));
                        }
                        at += sector.len();
                    }
                }
            }
        }
        content
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::SetLen(len) => content.resize(*len, 0),
        Change::Write(offset, data) => {
            if content.len() < offset + data.len() {
                content.resize(offset + data.len(), 0);
            }
            content.iter_mut().skip(*offset).zip(data).for_each(|(to, from)| *to = *from);
        }
    }
}

impl Disk for Simulated {
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.call()?;
        if state.names.contains_key(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let id = state.next;
        state.next += 1;
        state.files.insert(id, File::default());
        state.names.insert(path.into(), id);
        Ok(self.handle(id))
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let id = self.call()?.names.get(path).copied().ok_or(ErrorKind::NotFound)?;
        Ok(self.handle(id))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        Ok(self.call()?.names.remove(path).map(drop).ok_or(ErrorKind::NotFound)?)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.call()?;
        let id = state.names.remove(from).ok_or(ErrorKind::NotFound)?;
        state.names.insert(to.into(), id);
        Ok(())
    }

    fn create_dir(&self, _: &str) -> io::Result<()> {
        self.call().map(drop)
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let within = format!("{path}/");
        let state = self.call()?;
        let names: std::collections::BTreeSet<String> = state
            .names
            .keys()
            .filter_map(|file| file.strip_prefix(&within)?.split('/').next().map(String::from))
            .collect();
        Ok(names.into_iter().collect())
    }

    fn sync_dir(&self, path: &str) -> io::Result<()> {
        let mut state = self.call()?;
        let directly = |name: &String| name.rsplit_once('/').map_or("", |(dir, _)| dir) == path;
        let now = state.names.clone();
        state.durable_names.retain(|name, _| !directly(name));
        state.durable_names.extend(now.into_iter().filter(|(name, _)| directly(name)));
        Ok(())
    }
}

#[derive(Debug)]
struct Handle {
    disk: Simulated,
    id: u64,
}

impl DiskFile for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.call()?.file(self.id)?.now.len() as u64)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut state = self.disk.call()?;
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let content = state.file(self.id)?.now.get(offset..);
        let content = content.and_then(|rest| rest.get(..out.len()));
        out.copy_from_slice(content.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        self.disk.call()?.change(self.id, Change::Write(offset, data.to_vec()))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(io::Error::other)?;
        self.disk.call()?.change(self.id, Change::SetLen(len))
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.call()?;
        let file = state.file(self.id)?;
        // Replayed rather than copied: a sync costs what was written, not what the file holds.
        for change in std::mem::take(&mut file.unsynced) {
            apply(&mut file.durable, &change);
        }
        Ok(())
    }
}

/// SplitMix64: reproducible, and good enough to choose which sectors survive.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn flip(&mut self) -> bool {
        self.roll() & 1 == 1
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.roll() % (last as u64 + 1)).unwrap_or(0);
            items.swap(last, other);
        }
    }
}
