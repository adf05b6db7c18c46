//! Room for connections: how many files this process may have open, of which a connection is one.
//!
//! Most systems give a process 1,024 and let it ask for many more. Clients take at most half of
//! what there is, so that idle ones cannot keep the server from its own data.

/// More are of no use to one server.
#[cfg(unix)]
const OPEN_FILES_MAX: u64 = 65_536;
/// How many connections are open at once, where the system allows it; more wait to be accepted.
const CONNECTIONS_MAX: u32 = 4096;

/// Asks for all the open files that the system gives, and answers how many may be connections.
#[cfg(unix)]
pub fn connections() -> u32 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(OPEN_FILES_MAX).min(OPEN_FILES_MAX);
    let now = limit.current.unwrap_or(OPEN_FILES_MAX);
    let wanted = Rlimit { current: Some(most), maximum: limit.maximum };
    let granted =
        if most > now && setrlimit(Resource::Nofile, wanted).is_ok() { most } else { now };
    half(granted)
}

#[cfg(not(unix))]
pub fn connections() -> u32 {
    CONNECTIONS_MAX
}

#[cfg(unix)]
fn half(open_files: u64) -> u32 {
    u32::try_from(open_files / 2).unwrap_or(CONNECTIONS_MAX).clamp(1, CONNECTIONS_MAX)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_half_of_the_open_files_to_the_data() {
        assert_eq!(half(1024), 512);
        assert_eq!(half(1_048_576), CONNECTIONS_MAX);
        assert_eq!(half(0), 1);
    }
}
