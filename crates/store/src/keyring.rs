//! Master keys, and what is sealed under them: access keys' secrets, session tokens, blobs' keys.
//!
//! A sealed value is `key id (8) | salt (24) | AES-256-GCM ciphertext | tag (16)`. The key of each
//! message is HMAC-SHA-256 of its salt under the master key and its nonce is zero: no key serves
//! twice, so no nonce can repeat, however many messages one master key seals. The key id and the
//! caller's `aad` (what the value is for, and whose) are authenticated with it.
//!
//! It is no vault: who reads the key file and the data reads everything.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use zeroize::Zeroizing;

use crate::{Error, Secret, random};

/// Names a master key without telling it: eight bytes derived from the key, so that the same key
/// has the same id wherever it is given.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 8]);

/// The master keys: the first seals, all of them open.
pub struct Keyring {
    file: Option<PathBuf>,
    keys: RwLock<Arc<Vec<MasterKey>>>,
}

struct MasterKey {
    id: KeyId,
    derive: hmac::Key,
    bytes: Zeroizing<[u8; KEY]>,
}

const KEY: usize = 32;
const SALT: usize = 24;
const TAG: usize = 16;
const FILE: &str = "master.key";

/// What a sealed value is longer than what it holds, in bytes.
pub const OVERHEAD: usize = 8 + SALT + TAG;

impl Keyring {
    /// The keyring of a data directory: its file `master.key`, made with mode 0600 when the
    /// directory is new.
    pub fn open_dir(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(FILE);
        if path.try_exists()? {
            return Self::open_file(&path);
        }
        if dir.join(crate::store::FILE).exists() {
            let path = path.display();
            return Err(Error::Key(format!("{path} is missing, but the directory holds data")));
        }
        create_file(&path)?;
        Self::open_file(&path)
    }

    /// The keyring of a file: 32 bytes as they are, or lines of 64 hexadecimal digits, of which the
    /// first seals.
    pub fn open_file(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let content = fs::read(path)
            .map_err(|error| Error::Key(format!("{shown} cannot be read: {error}")))?;
        let keys = parse(&Zeroizing::new(content)).ok_or_else(|| {
            Error::Key(format!("{shown} holds neither 32 bytes nor lines of 64 hexadecimal digits"))
        })?;
        Ok(Self { file: Some(path.to_path_buf()), keys: RwLock::new(Arc::new(keys)) })
    }

    /// A keyring of one given key.
    pub fn from_bytes(key: [u8; 32]) -> Self {
        Self { file: None, keys: RwLock::new(Arc::new(vec![MasterKey::new(key)])) }
    }

    /// A keyring of a fresh key that nothing outlives.
    pub fn ephemeral() -> Result<Self, Error> {
        Ok(Self::from_bytes(random()?))
    }

    /// Puts a new key in front: it seals from now on, the others still open. Written to the
    /// keyring's file before it is used.
    pub fn rotate(&self) -> Result<KeyId, Error> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let mut rotated = vec![MasterKey::new(random()?)];
        rotated.extend(keys.iter().map(|key| MasterKey::new(*key.bytes)));
        if let Some(path) = &self.file {
            replace_file(path, &rotated)?;
        }
        let id = rotated.first().map(|key| key.id).ok_or_else(no_key)?;
        *keys = Arc::new(rotated);
        Ok(id)
    }

    /// Seals `plaintext` for the purpose that `aad` says.
    pub fn seal(&self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        let keys = self.keys();
        let master = keys.first().ok_or_else(no_key)?;
        let salt: [u8; SALT] = random()?;
        let mut sealed = Vec::with_capacity(plaintext.len() + OVERHEAD);
        sealed.extend_from_slice(&master.id.0);
        sealed.extend_from_slice(&salt);
        let mut body = plaintext.to_vec();
        let aad = Aad::from([&master.id.0, aad].concat());
        let tag = master
            .message_key(&salt)?
            .seal_in_place_separate_tag(zero_nonce(), aad, &mut body)
            .map_err(|_| Error::Sealed)?;
        sealed.append(&mut body);
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`Keyring::seal`] sealed for the same purpose.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Secret, Error> {
        let (id, rest) = sealed.split_first_chunk::<8>().ok_or(Error::Sealed)?;
        let (salt, body) = rest.split_first_chunk::<SALT>().ok_or(Error::Sealed)?;
        let keys = self.keys();
        let master = keys.iter().find(|key| key.id.0 == *id).ok_or_else(|| unknown(id))?;
        let aad = Aad::from([id, aad].concat());
        let mut body = body.to_vec();
        let plain = master
            .message_key(salt)?
            .open_in_place(zero_nonce(), aad, &mut body)
            .map_err(|_| Error::Sealed)?
            .len();
        body.truncate(plain);
        Ok(Secret::new(body))
    }

    /// The id of the key that seals.
    pub fn current(&self) -> Result<KeyId, Error> {
        self.keys().first().map(|key| key.id).ok_or_else(no_key)
    }

    fn keys(&self) -> Arc<Vec<MasterKey>> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl MasterKey {
    fn new(bytes: [u8; KEY]) -> Self {
        let derive = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        let digest = hmac::sign(&derive, b"wardian master key id");
        let mut id = [0; 8];
        id.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
        Self { id: KeyId(id), derive, bytes: Zeroizing::new(bytes) }
    }

    fn message_key(&self, salt: &[u8]) -> Result<LessSafeKey, Error> {
        let mut context = hmac::Context::with_key(&self.derive);
        context.update(b"wardian message key");
        context.update(salt);
        let key = UnboundKey::new(&AES_256_GCM, context.sign().as_ref());
        key.map(LessSafeKey::new).map_err(|_| Error::Sealed)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<KeyId> = self.keys().iter().map(|key| key.id).collect();
        f.debug_struct("Keyring").field("ids", &ids).finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

fn zero_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

fn unknown(id: &[u8; 8]) -> Error {
    Error::Key(format!("the key {} is not in the keyring", hex::encode(id)))
}

fn no_key() -> Error {
    Error::Key("the keyring is empty".into())
}

fn parse(content: &[u8]) -> Option<Vec<MasterKey>> {
    if let Ok(key) = <[u8; KEY]>::try_from(content) {
        return Some(vec![MasterKey::new(key)]);
    }
    let lines = std::str::from_utf8(content).ok()?.lines().map(str::trim);
    let keys: Option<Vec<_>> = lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut key = [0; KEY];
            hex::decode_to_slice(line, &mut key).ok().map(|()| MasterKey::new(key))
        })
        .collect();
    keys.filter(|keys| !keys.is_empty())
}

/// Makes the file with a fresh key. When another server makes it at the same moment, the first one
/// stands, and both read it: what is sealed must not outlive its key.
fn create_file(path: &Path) -> Result<(), Error> {
    let fresh = path.with_extension(hex::encode(random::<8>()?));
    write_file(&fresh, &[MasterKey::new(random()?)])?;
    let linked = fs::hard_link(&fresh, path);
    fs::remove_file(&fresh)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
        _ => sync_dir_of(path),
    }
}

/// Puts a file in the place of an old one, so that a crash leaves the one or the other.
fn replace_file(path: &Path, keys: &[MasterKey]) -> Result<(), Error> {
    let fresh = path.with_extension("new");
    write_file(&fresh, keys)?;
    fs::rename(&fresh, path)?;
    sync_dir_of(path)
}

fn write_file(path: &Path, keys: &[MasterKey]) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    for key in keys {
        let line = Zeroizing::new(hex::encode(*key.bytes));
        writeln!(file, "{}", *line)?;
    }
    Ok(file.sync_all()?)
}

/// Makes a file's name durable; Windows has no such call, and needs none.
fn sync_dir_of(path: &Path) -> Result<(), Error> {
    if cfg!(unix) {
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        fs::File::open(dir.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_for_its_purpose() {
        let keyring = Keyring::from_bytes([7; 32]);
        let sealed = keyring.seal(b"access key AKIA1", b"secret").unwrap();
        assert_eq!(sealed.len(), b"secret".len() + OVERHEAD);
        assert_eq!(keyring.open(b"access key AKIA1", &sealed).unwrap().expose(), b"secret");
        assert!(matches!(keyring.open(b"access key AKIA2", &sealed), Err(Error::Sealed)));
        assert!(matches!(Keyring::from_bytes([8; 32]).open(b"", &sealed), Err(Error::Key(_))));
    }

    #[test]
    fn a_change_of_any_bit_is_found() {
        let keyring = Keyring::from_bytes([7; 32]);
        let sealed = keyring.seal(b"a", b"x").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(keyring.open(b"a", &changed).is_err(), "bit {bit}");
        }
        assert!(keyring.open(b"a", &sealed[..20]).is_err());
    }

    #[test]
    fn a_rotated_keyring_opens_the_old_and_seals_with_the_new_also_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let keyring = Keyring::open_dir(dir.path()).unwrap();
        let old = keyring.seal(b"", b"old").unwrap();
        let id = keyring.rotate().unwrap();
        let new = keyring.seal(b"", b"new").unwrap();
        assert_eq!(new[..8], id.0);
        assert_ne!(old[..8], id.0);
        let again = Keyring::open_dir(dir.path()).unwrap();
        assert_eq!(again.open(b"", &old).unwrap().expose(), b"old");
        assert_eq!(again.open(b"", &new).unwrap().expose(), b"new");
        assert_eq!(again.current().unwrap(), id);
    }

    #[test]
    fn servers_that_start_at_the_same_moment_agree_on_one_key() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Keyring::open_dir(dir.path()).unwrap().current().unwrap();
        let ids: Vec<KeyId> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[cfg(unix)]
    #[test]
    fn the_key_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        Keyring::open_dir(dir.path()).unwrap();
        let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn data_without_its_key_is_refused_and_not_given_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(crate::store::FILE), b"data").unwrap();
        assert!(matches!(Keyring::open_dir(dir.path()), Err(Error::Key(_))));
    }

    #[test]
    fn debug_tells_ids_and_no_keys() {
        let text = format!("{:?}", Keyring::from_bytes([7; 32]));
        assert!(!text.contains(&hex::encode([7; 32])) && text.contains("ids"));
    }
}
