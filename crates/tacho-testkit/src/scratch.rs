//! Given a directory, gives a fresh one in it that is gone when the test is done.
#![expect(clippy::disallowed_methods, reason = "test equipment touches the machine")]

use std::ops::Deref;
use std::path::{Path, PathBuf};

/// A directory of one test; dereferences to its path.
#[derive(Debug)]
pub struct Scratch(PathBuf);

/// A fresh directory in `dir`: `env!("CARGO_TARGET_TMPDIR")` of the calling test.
///
/// # Panics
/// When it cannot be made.
#[expect(clippy::panic, reason = "a test without its directory is no test")]
pub fn scratch(dir: impl AsRef<Path>) -> Scratch {
    let dir = dir.as_ref();
    let mut made = std::fs::create_dir_all(dir);
    for number in 0..10_000 {
        let path = dir.join(format!("{}-{number}", std::process::id()));
        made = std::fs::create_dir(&path);
        match &made {
            Ok(()) => return Scratch(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(_) => break,
        }
    }
    panic!("cannot create a directory in {}: {made:?}", dir.display())
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
