//! The key of one window, from which the marks of submissions come.
//!
//! ```text
//! idempotency/00000001.key   0 "TWK1" | 4 key 32 | 36 u64 created | 44 u32 crc32c(bytes 0..44)
//! mark = HMAC(k, 0 | u16 len | credential | u16 len | id)[..8] | HMAC(k, 1 | bytes)[..8]
//! ```

use std::path::Path;

use tacho_hash::Mac;

use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::limits::STATE_FILE_BYTES_MAX;
use crate::wal::field::{array_at, u32_at, u64_at};
use crate::world::Timestamp;

const MAGIC: &[u8; 4] = b"TWK1";
const CHECKED: usize = 44;

#[derive(Clone)]
pub(super) struct Key {
    pub(super) window: u64,
    pub(super) secret: [u8; 32],
    pub(super) created: Timestamp,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.window)
    }
}

impl Key {
    /// Loads the key in the file `name`; none when it is no key's name.
    pub(super) fn load(files: &dyn Files, dir: &Path, name: &str) -> Result<Option<Self>, Error> {
        let Some(window) = window_of(name) else { return Ok(None) };
        let path = dir.join(name);
        let bytes = read_small(files, &path, STATE_FILE_BYTES_MAX).doing("read", &path)?;
        let decode = || {
            let whole = u32_at(&bytes, CHECKED)? == checksum::of(bytes.get(..CHECKED)?);
            let known = whole && bytes.starts_with(MAGIC) && bytes.len() == CHECKED + 4;
            let created = Timestamp::from_micros(u64_at(&bytes, 36)?.cast_signed());
            known.then_some(Self { window, secret: array_at(&bytes, 4)?, created })
        };
        let damaged = Error::Damaged { path: dir.join(name), what: "it is no window key" };
        decode().ok_or(damaged).map(Some)
    }

    /// Writes the key; when this returns, a frame may carry marks made with it.
    pub(super) fn write(&self, files: &dyn Files, dir: &Path) -> Result<(), Error> {
        let mut bytes = Vec::with_capacity(CHECKED + 4);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.secret);
        bytes.extend_from_slice(&self.created.micros().to_be_bytes());
        bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
        let (sync, rename) = (Point::WindowKeySync, Point::WindowKeyRename);
        let steps = Steps { sync, rename, dir: Some(Point::WindowKeyDirSync) };
        replace(files, &dir.join(name_of(self.window)), &bytes, steps)
    }

    pub(super) fn mark(&self, credential: &[u8], id: &[u8], bytes: &[u8]) -> [u8; 16] {
        let key = Mac::new(&self.secret);
        let who = key.of([&[0], &length(credential), credential, &length(id), id]);
        let what = key.of([&[1], bytes]);
        let mut mark = [0; 16];
        let (first, second) = mark.split_at_mut(8);
        for (half, code) in [(first, who), (second, what)] {
            half.iter_mut().zip(code).for_each(|(to, from)| *to = from);
        }
        mark
    }
}

/// The name of a key's file.
pub(super) fn name_of(window: u64) -> String {
    format!("{window:08}.key")
}

/// The window in the name of a key's file: `00000001.key`.
pub(super) fn window_of(name: &str) -> Option<u64> {
    let window = name.strip_suffix(".key")?.parse().ok()?;
    (name_of(window) == name).then_some(window)
}

/// Longer ones than a `u16` counts are cut by the limits of those who submit.
fn length(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_depend_on_credential_id_and_bytes_and_key() {
        let key = Key { window: 1, secret: [7; 32], created: Timestamp::from_micros(0) };
        let other = Key { secret: [8; 32], ..key.clone() };
        let mark = key.mark(b"cred", b"id", b"bytes");
        let halves = |mark: [u8; 16]| (mark[..8].to_vec(), mark[8..].to_vec());
        let (id, bytes) = halves(mark);
        assert_eq!(halves(key.mark(b"cred", b"id", b"other")).0, id);
        assert_ne!(halves(key.mark(b"cred", b"id", b"other")).1, bytes);
        assert_eq!(halves(key.mark(b"cred", b"id2", b"bytes")).1, bytes);
        for (credential, name) in [("cred", "id2"), ("cred2", "id"), ("credi", "d"), ("cre", "did")]
        {
            let mark = key.mark(credential.as_bytes(), name.as_bytes(), b"bytes");
            assert_ne!(halves(mark).0, id, "{credential} {name}");
        }
        assert_ne!(halves(other.mark(b"cred", b"id", b"bytes")), (id, bytes));
    }

    #[test]
    fn a_mark_is_made_of_hmac_sha_256() {
        // Computed with Python's hmac module.
        let key = Key { window: 1, secret: [7; 32], created: Timestamp::from_micros(0) };
        let mark: String =
            key.mark(b"cred", b"id", b"bytes").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(mark, "490bfd6bfcf605748c668945cf680da4");
    }
}
