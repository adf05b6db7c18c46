//! The binary: an allocator, and [`wardian::run`].

use std::process::ExitCode;

/// A request makes some hundred small allocations, and one thread frees what another made.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    wardian::run()
}
