//! Given the store's directory, gives the path of everything in it.

use std::path::{Path, PathBuf};

/// The store's directory and the names in it; builds paths, touches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    store: PathBuf,
}

impl Places {
    /// The places of the store at `store`.
    pub fn new(store: impl Into<PathBuf>) -> Self {
        Self { store: store.into() }
    }

    /// The store itself.
    pub fn store(&self) -> &Path {
        &self.store
    }

    /// `FORMAT`: `tachograph-store 1`.
    pub fn format(&self) -> PathBuf {
        self.store.join("FORMAT")
    }

    /// `installation`: the random name of this store.
    pub fn installation(&self) -> PathBuf {
        self.store.join("installation")
    }

    /// `generation`: the key generation every append must know.
    pub fn generation(&self) -> PathBuf {
        self.store.join("generation")
    }

    /// `integrated`: the WAL position below which everything is in leaves and parts.
    pub fn integrated(&self) -> PathBuf {
        self.store.join("integrated")
    }

    /// `integrate.lock`: held by whoever integrates.
    pub fn integrate_lock(&self) -> PathBuf {
        self.store.join("integrate.lock")
    }

    /// `maintain.lock`: held by whoever does what is due.
    pub fn maintain_lock(&self) -> PathBuf {
        self.store.join("maintain.lock")
    }

    /// `erased`: how much of the list of erasures was applied here.
    pub fn erased(&self) -> PathBuf {
        self.store.join("erased")
    }

    /// `reserve`: the bytes given back when the disk is full.
    pub fn reserve(&self) -> PathBuf {
        self.store.join("reserve")
    }

    /// `wal/`.
    pub fn wal(&self) -> PathBuf {
        self.store.join("wal")
    }

    /// `wal/lock`: the lock of every append, with the hint to the tail.
    pub fn wal_lock(&self) -> PathBuf {
        self.wal().join("lock")
    }

    /// `wal/next.tmp`: the segment that is being prepared.
    pub fn next_segment(&self) -> PathBuf {
        self.wal().join("next.tmp")
    }

    /// `wal/00000001.wal`.
    pub fn segment(&self, number: u64) -> PathBuf {
        self.wal().join(format!("{number:08}.wal"))
    }

    /// `wal/00000001.bad`: segment 1 met a failed sync.
    pub fn bad_mark(&self, number: u64) -> PathBuf {
        self.wal().join(format!("{number:08}.bad"))
    }

    /// `wal/quarantine/`: copies of bad ranges, refused frames and refused spool files.
    pub fn quarantine(&self) -> PathBuf {
        self.wal().join("quarantine")
    }

    /// `spool/`: finished frames of writers that did not get the lock.
    pub fn spool(&self) -> PathBuf {
        self.store.join("spool")
    }

    /// `spool/<record id>.tws`.
    pub fn spool_file(&self, record_id: &[u8; 16]) -> PathBuf {
        self.spool().join(format!("{}.tws", uuid_text(record_id)))
    }

    /// `spool/<record id>.tmp`: a spool file that is being written.
    pub fn spool_unfinished(&self, record_id: &[u8; 16]) -> PathBuf {
        self.spool().join(format!("{}.tmp", uuid_text(record_id)))
    }

    /// `idempotency/`: sorted runs of what clients already sent.
    pub fn idempotency(&self) -> PathBuf {
        self.store.join("idempotency")
    }

    /// `emitters/`: sequence numbers of short-lived emitters.
    pub fn emitters(&self) -> PathBuf {
        self.store.join("emitters")
    }

    /// `cursors/`: the places of sinks, rules and relays.
    pub fn cursors(&self) -> PathBuf {
        self.store.join("cursors")
    }

    /// `stops/`: stop leases.
    pub fn stops(&self) -> PathBuf {
        self.store.join("stops")
    }

    /// `stops/leases`: the stops in force.
    pub fn stop_leases(&self) -> PathBuf {
        self.stops().join("leases")
    }

    /// `stops/lock`: held by whoever engages or lifts a stop.
    pub fn stop_lock(&self) -> PathBuf {
        self.stops().join("lock")
    }

    /// `stops/alive`: until when whoever engages stops said that he lives.
    pub fn stop_alive(&self) -> PathBuf {
        self.stops().join("alive")
    }

    /// `run/`: the socket.
    pub fn run(&self) -> PathBuf {
        self.store.join("run")
    }

    /// `tenants/`.
    pub fn tenants(&self) -> PathBuf {
        self.store.join("tenants")
    }

    /// `tenants/<tenant>/`.
    pub fn tenant(&self, tenant: &str) -> PathBuf {
        self.tenants().join(tenant)
    }
}

/// The number of a segment from its file name, `00000001.wal` -> 1; every other spelling is none.
pub fn segment_number(name: &str) -> Option<u64> {
    numbered(name, ".wal")
}

/// The number of a segment from the name of its mark, `00000001.bad` -> 1.
pub fn bad_mark_number(name: &str) -> Option<u64> {
    numbered(name, ".bad")
}

fn numbered(name: &str, suffix: &str) -> Option<u64> {
    let digits = name.strip_suffix(suffix)?;
    let number: u64 = digits.parse().ok()?;
    // Accept only what we would write: `+1.wal`, `1.wal` and `000000001.wal` are not ours.
    (number > 0 && format!("{number:08}") == digits).then_some(number)
}

/// `0199a000-0000-70ed-804b-c452969c3d73`.
pub fn uuid_text(id: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in id.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        push_hex(&mut text, *byte);
    }
    text
}

/// Appends a byte as two digits in lower case.
pub(crate) fn push_hex(text: &mut String, byte: u8) {
    let digits = [byte >> 4, byte & 0xf].map(|digit| char::from_digit(u32::from(digit), 16));
    text.extend(digits.into_iter().flatten());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segment_names_are_read_back_and_other_spellings_are_not() {
        for number in [1, 99_999_999, 100_000_000] {
            let path = Places::new("s").segment(number);
            assert_eq!(segment_number(path.file_name().unwrap().to_str().unwrap()), Some(number));
        }
        for name in ["1.wal", "+0000001.wal", "00000000.wal", "00000001.bad", "000000001.wal"] {
            assert_eq!(segment_number(name), None, "{name}");
        }
    }

    #[test]
    fn record_ids_are_spelled_as_uuids() {
        let id =
            [1, 0x99, 0xa0, 0, 0, 0, 0x70, 0xed, 0x80, 0x4b, 0xc4, 0x52, 0x96, 0x9c, 0x3d, 0x73];
        assert_eq!(uuid_text(&id), "0199a000-0000-70ed-804b-c452969c3d73");
    }
}
