//! The leaf `tacho.prune`: which leaves may be gone, and what stands for them.
//!
//! ```text
//! {"action":{"name":"tacho.prune","system":{"minimum":131072,"policy":"production","root":"9f..",
//!  "totals":2,"totals_root":"c4.."},"type":"system"},..}
//! ```
//!
//! `root` is the root of the tree of the leaves before `minimum`; `totals_root` is the RFC 6962
//! root whose leaves are the files of totals, in their order. All of it is public, so that whoever
//! has leaves and a signed head can check it. It counts only below a signed head.

use tacho_event::Draft;
use tacho_event::json::{self, Object, Value};
use tacho_tree::Hash;

use crate::erase::sums::{hex, unhex};
use crate::limits::LEAVES_PER_FILE;

/// Its name.
pub(crate) const NAME: &str = "tacho.prune";

/// What a `tacho.prune` leaf says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The first leaf that is kept; a multiple of 65,536.
    pub minimum: u64,
    /// The root of the tree of the leaves before it.
    pub root: Hash,
    /// Files of totals.
    pub totals: u64,
    /// The root over them.
    pub totals_root: Hash,
    /// The terms by which it was pruned.
    pub policy: String,
}

impl Certificate {
    pub(super) fn draft(&self) -> Draft {
        Draft::system(NAME)
            .with("action.system.minimum", self.minimum)
            .with("action.system.root", hex(self.root.as_bytes()).as_str())
            .with("action.system.totals", self.totals)
            .with("action.system.totals_root", hex(self.totals_root.as_bytes()).as_str())
            .with("action.system.policy", self.policy.as_str())
    }

    /// Reads a leaf; none for any other leaf.
    pub fn parse(leaf: &[u8]) -> Option<Self> {
        match json::read(leaf) {
            Ok(Value::Object(leaf)) => Self::of(&leaf),
            _ => None,
        }
    }

    fn of(leaf: &Object) -> Option<Self> {
        let action = leaf.object("action")?;
        if action.str("type") != Some("system") || action.str("name") != Some(NAME) {
            return None;
        }
        let says = action.object("system")?;
        let count = |name: &str| says.get(name)?.as_i64().and_then(|n| u64::try_from(n).ok());
        let root = |name: &str| Some(Hash::from_bytes(unhex(says.str(name)?)?.try_into().ok()?));
        let minimum = count("minimum")?;
        minimum.is_multiple_of(LEAVES_PER_FILE).then_some(Self {
            minimum,
            root: root("root")?,
            totals: count("totals")?,
            totals_root: root("totals_root")?,
            policy: says.str("policy").unwrap_or_default().to_owned(),
        })
    }
}
