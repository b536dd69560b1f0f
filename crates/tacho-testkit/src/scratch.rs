//! Given a directory, gives a fresh one in it that is gone when the test is done.
#![expect(clippy::disallowed_methods, reason = "test equipment touches the machine")]

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory of one test; dereferences to its path.
#[derive(Debug)]
pub struct Scratch(PathBuf);

/// A fresh directory in `dir`: `env!("CARGO_TARGET_TMPDIR")` of the calling test.
///
/// # Panics
/// When it cannot be made.
#[expect(clippy::panic, reason = "a test without its directory is no test")]
pub fn scratch(dir: impl AsRef<Path>) -> Scratch {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = dir.as_ref().join(name);
    match std::fs::create_dir_all(&path) {
        Ok(()) => Scratch(path),
        Err(error) => panic!("cannot create {}: {error}", path.display()),
    }
}

impl Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
