//! The one place where randomness enters the store: keys, nonces and the names of blobs.

use ring::rand::{SecureRandom, SystemRandom};

use crate::Error;

/// `N` bytes from the operating system's generator. Never from a seed: these are keys and nonces.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    #[expect(clippy::disallowed_methods, reason = "this is the door that the ban points to")]
    let generator = SystemRandom::new();
    let mut bytes = [0; N];
    generator
        .fill(&mut bytes)
        .map_err(|_| Error::Key("the system's random generator failed".into()))?;
    Ok(bytes)
}
