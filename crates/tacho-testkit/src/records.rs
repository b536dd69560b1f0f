//! Given numbers, gives records: small ones, large ones, of several tenants, all different.

use tachograph::wal::Record;

use crate::rng::Rng;

/// A record that owns its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OwnedRecord {
    /// The tenant.
    pub tenant: String,
    /// The record id, as made of the number.
    pub record_id: [u8; 16],
    /// What the client sent, keyed.
    pub idem: [u8; 16],
    /// The leaf.
    pub leaf: Vec<u8>,
    /// Grants and parts.
    pub parts: Vec<u8>,
    /// How many.
    pub parts_count: u16,
    /// Whether it is one of our own.
    pub system: bool,
    /// The key generation.
    pub generation: u32,
}

impl OwnedRecord {
    /// The record's parts in one piece, as the log takes them.
    pub fn borrow(&self) -> Record<'_> {
        Record {
            tenant: &self.tenant,
            record_id: self.record_id,
            idem: self.idem,
            leaf: &self.leaf,
            parts: &self.parts,
            parts_count: self.parts_count,
            system: self.system,
            generation: self.generation,
        }
    }

    /// The record of a frame that was read.
    pub fn of(record: &Record<'_>) -> Self {
        Self {
            tenant: record.tenant.to_owned(),
            record_id: record.record_id,
            idem: record.idem,
            leaf: record.leaf.to_vec(),
            parts: record.parts.to_vec(),
            parts_count: record.parts_count,
            system: record.system,
            generation: record.generation,
        }
    }
}

/// The record of a number: the same number gives the same record.
pub fn record(number: u64) -> OwnedRecord {
    let mut rng = Rng::new(number);
    let len = match rng.below(20) {
        0 => 0,
        1 => 3_000 + rng.index(9_000),
        _ => rng.index(700),
    };
    sized(number, len)
}

/// The record of a number, with so many bytes of parts.
pub fn sized(number: u64, parts_bytes: usize) -> OwnedRecord {
    let mut rng = Rng::new(number ^ 0x5eed);
    let mut parts = vec![0; parts_bytes];
    rng.fill(&mut parts);
    let tenant = ["acme", "default", "0199a000-0000-70ed-804b-c452969c3d73"];
    let tenant = tenant.get(rng.index(3)).copied().unwrap_or("default").to_owned();
    OwnedRecord {
        tenant,
        record_id: id(number),
        idem: [0; 16],
        leaf: format!(r#"{{"id":"e-{number}","v":1}}"#).into_bytes(),
        parts_count: u16::from(parts_bytes > 0),
        parts,
        system: rng.chance(5),
        generation: 0,
    }
}

/// The record id of a number: a `UUIDv7` of the 15th of January 2027.
pub fn id(number: u64) -> [u8; 16] {
    let millis = 1_800_000_000_000_u64.to_be_bytes();
    let mut id = [0; 16];
    let parts = millis.iter().skip(2).chain(&[0x70, 0, 0x80, 0]);
    let number = number.to_be_bytes();
    for (to, from) in id.iter_mut().zip(parts.chain(number.iter().skip(2))) {
        *to = *from;
    }
    id
}

/// The number of a record made by [`record`], from its leaf.
pub fn number_of(leaf: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(leaf).ok()?;
    text.strip_prefix(r#"{"id":"e-"#)?.strip_suffix(r#"","v":1}"#)?.parse().ok()
}
