//! The one place where randomness enters the store: keys, nonces and the names of blobs.

use std::cell::RefCell;

use ring::rand::{SecureRandom, SystemRandom};
use zeroize::{Zeroize as _, Zeroizing};

use crate::Error;

/// Bytes that a thread takes from the operating system at once: asking costs more than the bytes.
const AT_ONCE: usize = 512;

/// Random bytes of which the first were used, and wiped then.
struct Taken {
    bytes: Zeroizing<[u8; AT_ONCE]>,
    used: usize,
}

thread_local! {
    static TAKEN: RefCell<Taken> =
        RefCell::new(Taken { bytes: Zeroizing::new([0; AT_ONCE]), used: AT_ONCE });
}

/// `N` bytes from the operating system's generator. Never from a seed: these are keys and nonces.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    // A thread that ends has nothing at hand any more.
    let taken = TAKEN.try_with(|taken| match taken.try_borrow_mut() {
        Ok(mut taken) => taken.take(&mut bytes),
        Err(_) => Ok(false),
    });
    match taken {
        Ok(Ok(true)) => {}
        Ok(Err(error)) => return Err(error),
        Ok(Ok(false)) | Err(_) => fill(&mut bytes)?,
    }
    Ok(bytes)
}

impl Taken {
    /// Whether `out` was filled: not, where it is longer than what is taken at once.
    fn take(&mut self, out: &mut [u8]) -> Result<bool, Error> {
        if out.len() > AT_ONCE {
            return Ok(false);
        }
        if out.len() > AT_ONCE.saturating_sub(self.used) {
            fill(self.bytes.as_mut_slice())?;
            self.used = 0;
        }
        let end = self.used.saturating_add(out.len());
        if let Some(fresh) = self.bytes.get_mut(self.used..end) {
            out.copy_from_slice(fresh);
            fresh.zeroize();
        }
        self.used = end;
        Ok(true)
    }
}

fn fill(out: &mut [u8]) -> Result<(), Error> {
    #[expect(clippy::disallowed_methods, reason = "this is the door that the ban points to")]
    let generator = SystemRandom::new();
    generator.fill(out).map_err(|_| Error::Key("the system's random generator failed".into()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_bytes_are_given_twice_and_none_are_kept_once_given() {
        let given: HashSet<[u8; 16]> = (0..1000).map(|_| random().expect("random")).collect();
        assert_eq!(given.len(), 1000);
        let _: [u8; 24] = random().expect("random");
        TAKEN.with_borrow(|taken| assert!(taken.bytes[..taken.used].iter().all(|byte| *byte == 0)));
        let long: [u8; AT_ONCE + 1] = random().expect("random");
        assert!(long.iter().any(|byte| *byte != 0));
    }
}
