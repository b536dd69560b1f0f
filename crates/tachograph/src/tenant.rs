//! Given a tenant's directory, gives the path of everything in it.

use std::path::{Path, PathBuf};

use tacho_event::Timestamp;
use tacho_event::privacy::Class;

use crate::places::Places;

/// The directory of one tenant and the names in it; builds paths, touches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantPlaces {
    dir: PathBuf,
}

impl TenantPlaces {
    /// The places of `tenant` in the store at `places`.
    pub fn new(places: &Places, tenant: &str) -> Self {
        Self { dir: places.tenant(tenant) }
    }

    /// The directory itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// `state`: how far the log was integrated.
    pub fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    /// `leaves/`.
    pub fn leaves(&self) -> PathBuf {
        self.dir.join("leaves")
    }

    /// `leaves/00000000000000065536.jsonl`: the leaves from `first` on.
    pub fn leaf_file(&self, first: u64) -> PathBuf {
        self.leaves().join(format!("{first:020}.jsonl"))
    }

    /// `tree/`.
    pub fn tree(&self) -> PathBuf {
        self.dir.join("tree")
    }

    /// `tree/3/`: the nodes of height 3.
    pub fn level(&self, level: u8) -> PathBuf {
        self.tree().join(level.to_string())
    }

    /// `tree/3/00000001.hashes`: nodes 65,536 to 131,071 of height 3.
    pub fn node_file(&self, level: u8, segment: u64) -> PathBuf {
        self.level(level).join(format!("{segment:08}.hashes"))
    }

    /// `checkpoint`: the latest signed note.
    pub fn checkpoint(&self) -> PathBuf {
        self.dir.join("checkpoint")
    }

    /// `checkpoints.log`: one note an hour, and those that were anchored.
    pub fn checkpoints_log(&self) -> PathBuf {
        self.dir.join("checkpoints.log")
    }

    /// `keys.vkey`: the log's public keys, a copy and never a root of trust.
    pub fn vkeys(&self) -> PathBuf {
        self.dir.join("keys.vkey")
    }

    /// `pruned`: where the log begins, once its first leaves were pruned.
    pub fn pruned(&self) -> PathBuf {
        self.dir.join("pruned")
    }

    /// `warned`: when it was said last that the log grows large.
    pub fn warned(&self) -> PathBuf {
        self.dir.join("warned")
    }

    /// `totals/`: what leaves that were pruned came to.
    pub fn totals(&self) -> PathBuf {
        self.dir.join("totals")
    }

    /// `totals/00000000000000000000-00000000000000131072.jsonl`.
    pub fn totals_file(&self, first: u64, end: u64) -> PathBuf {
        self.totals().join(format!("{first:020}-{end:020}.jsonl"))
    }

    /// `anchors/`.
    pub fn anchors(&self) -> PathBuf {
        self.dir.join("anchors")
    }

    /// `anchors/11.frontier`: what proves the note over 11 leaves when they are gone.
    pub fn frontier(&self, size: u64) -> PathBuf {
        self.anchors().join(format!("{size}.frontier"))
    }

    /// `anchors/00000000000000000001.anchors`: what people outside vouch for, from that number on.
    pub fn anchor_file(&self, first: u64) -> PathBuf {
        self.anchors().join(format!("{first:020}.anchors"))
    }

    /// `anchors/state`: what is known of each anchor; may be deleted.
    pub fn anchor_state(&self) -> PathBuf {
        self.anchors().join("state")
    }

    /// `anchors/lock`: held by whoever writes what anchors said.
    pub fn anchor_lock(&self) -> PathBuf {
        self.anchors().join("lock")
    }

    /// `index/`: derived; may be deleted.
    pub fn index(&self) -> PathBuf {
        self.dir.join("index")
    }

    /// `index/offsets/`.
    pub fn offsets_dir(&self) -> PathBuf {
        self.index().join("offsets")
    }

    /// `index/offsets/00000000000000065536.u32`: where the leaves of that file end.
    pub fn offsets(&self, first: u64) -> PathBuf {
        self.offsets_dir().join(format!("{first:020}.u32"))
    }

    /// `index/zones`: the earliest and the latest time of each 256 leaves.
    pub fn zones(&self) -> PathBuf {
        self.index().join("zones")
    }

    /// `index/keys/`: sorted runs of ids and sessions.
    pub fn keys(&self) -> PathBuf {
        self.index().join("keys")
    }

    /// `index/parts/`.
    pub fn part_marks_dir(&self) -> PathBuf {
        self.index().join("parts")
    }

    /// `index/parts/content-2026-11-20.marks`: where some of the leaves' parts stand.
    pub fn part_marks(&self, class: Class, day: u32) -> PathBuf {
        self.part_marks_dir().join(format!("{class}-{}.marks", date(day)))
    }

    /// `index/parts/content-2026-11-20.grants`: where the grants stand.
    pub fn part_grants(&self, class: Class, day: u32) -> PathBuf {
        self.part_marks_dir().join(format!("{class}-{}.grants", date(day)))
    }

    /// `index/parts/content-2026-11-20.blocks`: which leaves stand where in a packed day.
    pub fn part_blocks(&self, class: Class, day: u32) -> PathBuf {
        self.part_marks_dir().join(format!("{class}-{}.blocks", date(day)))
    }

    /// `columns/`: derived; may be deleted.
    pub fn columns(&self) -> PathBuf {
        self.dir.join("columns")
    }

    /// `parts/`.
    pub fn parts(&self) -> PathBuf {
        self.dir.join("parts")
    }

    /// `parts/content/`.
    pub fn class(&self, class: Class) -> PathBuf {
        self.parts().join(class.as_str())
    }

    /// `parts/content/2026-11-20.tv`: grants and parts of one class sealed on one day.
    pub fn day_file(&self, class: Class, day: u32) -> PathBuf {
        self.class(class).join(format!("{}.tv", date(day)))
    }

    /// `parts/content/tombstones.tv`: what stands for parts whose day file is gone.
    pub fn tombstones(&self, class: Class) -> PathBuf {
        self.class(class).join("tombstones.tv")
    }
}

/// `2026-11-20` for 20,777.
pub fn date(day: u32) -> String {
    const DAY_MICROS: i64 = 86_400_000_000;
    Timestamp::from_micros(i64::from(day) * DAY_MICROS).to_date_text()
}

/// The first number of a file of anchors from its name; every other spelling is none.
pub fn anchor_file_first(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".anchors")?;
    let first: u64 = digits.parse().ok()?;
    (format!("{first:020}") == digits).then_some(first)
}

/// The first leaf of a leaf file from its name; every other spelling is none.
pub fn leaf_file_first(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".jsonl")?;
    let first: u64 = digits.parse().ok()?;
    (format!("{first:020}") == digits && first.is_multiple_of(crate::limits::LEAVES_PER_FILE))
        .then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_format() {
        let places = TenantPlaces::new(&Places::new("s"), "acme");
        assert!(places.leaf_file(65_536).ends_with("acme/leaves/00000000000000065536.jsonl"));
        assert!(places.node_file(3, 1).ends_with("tree/3/00000001.hashes"));
        let day_file = places.day_file(Class::Content, 20_777);
        assert!(day_file.ends_with("parts/content/2026-11-20.tv"));
    }

    #[test]
    fn only_our_own_spelling_is_a_leaf_file() {
        assert_eq!(leaf_file_first("00000000000000065536.jsonl"), Some(65_536));
        for name in ["65536.jsonl", "00000000000000000001.jsonl", "00000000000000065536.jsonl.zst"]
        {
            assert_eq!(leaf_file_first(name), None, "{name}");
        }
    }
}
