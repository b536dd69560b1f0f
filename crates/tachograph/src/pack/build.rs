//! Given a day file, gives the bytes of the file that takes its place.

use std::collections::HashMap;

use tacho_event::random;
use zeroize::Zeroizing;

use super::Due;
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_PARTS_MAX, PACK_BUFFERED_BYTES_MAX};
use crate::parts::{PartFiles, Span, Spans};
use crate::store::Store;
use crate::tenant::TenantPlaces;
use crate::vault::cipher::{Expander, random_key};
use crate::vault::grant::{To, open_outer, wrap};
use crate::vault::open::Opener;
use crate::vault::rows::Name;
use crate::vault::{
    Block, Entry, Grant, GrantKind, Item, Packing, Part, SharedRing, VaultError, hold, nowhere,
    pack_block,
};
use crate::world::World;

/// A new day file.
pub(super) struct Built {
    pub(super) bytes: Vec<u8>,
    pub(super) spans: Spans,
    /// The list of its grants.
    pub(super) grants: Vec<u8>,
    pub(super) parts: u64,
    pub(super) left: u64,
    /// Whether something plain stood in the old file.
    pub(super) was_plain: bool,
}

/// Whose parts stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    /// Anybody's: they are not sealed.
    Open,
    /// Nobody's.
    Day,
    /// A person's, by the random name.
    Person([u8; 16]),
}

/// What a part holds.
type Plaintext = Zeroizing<Vec<u8>>;

/// A grant that parts are packed under.
struct New {
    id: [u8; 16],
    bytes: Vec<u8>,
    key: Option<Expander>,
    waiting: Vec<(Entry, Plaintext)>,
    waiting_bytes: usize,
}

/// A record of the new file: the leaves it is of, the grant it needs, and its bytes without the
/// leaf index.
struct Piece {
    first: u64,
    last: u64,
    grant: [u8; 16],
    bytes: Vec<u8>,
}

struct Builder<'a> {
    due: &'a Due,
    world: &'a dyn World,
    ring: Option<&'a SharedRing>,
    origin: String,
    opener: Option<Opener>,
    /// Whose the grants of the old file are; none for those that stay.
    whose: HashMap<[u8; 16], Option<Whose>>,
    new: HashMap<Whose, New>,
    buffered: usize,
    /// Grants of the old file.
    old: HashMap<[u8; 16], Vec<u8>>,
    pieces: Vec<Piece>,
    parts: u64,
    left: u64,
    was_plain: bool,
}

/// Reads the file of a day and builds what takes its place.
pub(super) fn build(
    store: &Store,
    world: &dyn World,
    ring: Option<&SharedRing>,
    due: &Due,
) -> Result<Built, VaultError> {
    let places = TenantPlaces::new(store.places(), &due.tenant);
    let files = PartFiles::new(store.files().clone(), places);
    let opener = ring.map(|ring| Opener::new(ring.clone(), &due.tenant)).transpose()?;
    let origin = match ring {
        Some(ring) => hold(ring).origin(&due.tenant)?.as_str().to_owned(),
        None => String::new(),
    };
    let mut builder = Builder {
        due,
        world,
        ring,
        origin,
        opener,
        whose: HashMap::new(),
        new: HashMap::new(),
        buffered: 0,
        old: HashMap::new(),
        pieces: Vec::new(),
        parts: 0,
        left: 0,
        was_plain: false,
    };
    if let Some(mut records) = files.day(due.class, due.day)? {
        while let Some(record) = records.next_record()? {
            match (record.item, record.leaf) {
                (Item::Grant(grant), _) => builder.learn(&grant, record.bytes),
                (Item::Part(part), Some(leaf)) => builder.part(&part, leaf, record.bytes),
                (Item::Block(block), Some(leaf)) => builder.block(&block, leaf, record.bytes),
                (Item::Tomb(_), Some(leaf)) => builder.keep((leaf, leaf), [0; 16], record.bytes),
                _ => {}
            }
        }
    }
    Ok(builder.finish())
}

impl Builder<'_> {
    fn learn(&mut self, grant: &Grant<'_>, bytes: &[u8]) {
        let whose = self.whose_of(grant);
        if let Some(opener) = &mut self.opener {
            opener.learn(grant);
        }
        self.was_plain |= grant.kind == GrantKind::Open;
        self.whose.insert(grant.id, whose);
        self.old.insert(grant.id, bytes.to_vec());
    }

    /// Whose the parts of a grant are; none if they are to stay.
    fn whose_of(&self, grant: &Grant<'_>) -> Option<Whose> {
        match grant.kind {
            GrantKind::Open => Some(Whose::Open),
            GrantKind::Day => self.ring.map(|_| Whose::Day),
            // Whoever integrates with the keys seals them to their people first.
            GrantKind::Master => None,
            GrantKind::DaySubject => {
                let mut ring = hold(self.ring?);
                let days = ring.secrets(&self.due.tenant, Name::Day(grant.class, grant.day));
                let mut days = days.iter();
                let inner = days.find_map(|day| open_outer(grant, &self.origin, day).ok())?;
                Some(Whose::Person(inner.name))
            }
        }
    }

    fn part(&mut self, part: &Part<'_>, leaf: u64, bytes: &[u8]) {
        let entry = Entry { leaf, record_id: part.record_id, pairs: part.pairs };
        let whose = self.whose.get(&part.grant_id).copied().flatten();
        let opened = match (whose, part.is_plain()) {
            (Some(Whose::Open), true) => Some(Zeroizing::new(part.body.to_vec())),
            (Some(Whose::Day | Whose::Person(_)), false) => {
                self.opener.as_mut().and_then(|opener| opener.plaintext(part, &mut nowhere))
            }
            _ => None,
        };
        let fitting = opened.filter(|plaintext| plaintext.len() + 4 <= BLOCK_BYTES_MAX);
        if let Some((whose, plaintext)) = whose.zip(fitting)
            && self.has_grant(whose)
        {
            return self.put(whose, entry, plaintext);
        }
        self.left += 1;
        self.keep((leaf, leaf), part.grant_id, bytes);
    }

    /// A block of before is packed again with what came since.
    fn block(&mut self, block: &Block<'_>, leaf: u64, bytes: &[u8]) {
        if block.entries().next().is_none() {
            return;
        }
        let whose = self.whose.get(&block.grant_id).copied().flatten();
        let opened = match &mut self.opener {
            _ if block.is_plain() => block.open(None, &self.origin).ok(),
            Some(opener) => opener.block(block, &mut nowhere),
            None => None,
        };
        if let Some((whose, opened)) = whose.zip(opened)
            && self.has_grant(whose)
        {
            return opened.into_iter().for_each(|(entry, part)| self.put(whose, entry, part));
        }
        self.parts += block.entries().count() as u64;
        let last = block.entries().next_back().map_or(leaf, |entry| entry.leaf);
        self.keep((leaf, last), block.grant_id, bytes);
    }

    fn keep(&mut self, (first, last): (u64, u64), grant: [u8; 16], bytes: &[u8]) {
        self.pieces.push(Piece { first, last, grant, bytes: bytes.to_vec() });
    }

    /// Takes a part into a block.
    fn put(&mut self, whose: Whose, entry: Entry, plaintext: Plaintext) {
        let bytes = plaintext.len() + 4;
        let is_full = self.new.get(&whose).is_some_and(|new| {
            new.waiting_bytes + bytes > BLOCK_BYTES_MAX
                || new.waiting.len() >= usize::from(BLOCK_PARTS_MAX)
        });
        if is_full {
            self.close(whose);
        }
        let Some(new) = self.new.get_mut(&whose) else { return };
        new.waiting_bytes += bytes;
        new.waiting.push((entry, plaintext));
        self.buffered += bytes;
        self.parts += 1;
        if self.buffered > PACK_BUFFERED_BYTES_MAX {
            self.close_all();
        }
    }

    /// Whether there is a grant for these parts; made when it is first needed.
    fn has_grant(&mut self, whose: Whose) -> bool {
        if !self.new.contains_key(&whose) {
            let Some(new) = self.grant(whose) else { return false };
            self.new.insert(whose, new);
        }
        true
    }

    /// A new grant; none if a key that it would be wrapped to is gone.
    fn grant(&self, whose: Whose) -> Option<New> {
        let (class, day) = (self.due.class, self.due.day);
        let id = random(&self.world);
        let made = |wrap: &[u8], kind, key: Option<Expander>| {
            let mut bytes = Vec::new();
            Grant { id, class, day, kind, wrap }.encode(&mut bytes);
            New { id, bytes, key, waiting: Vec::new(), waiting_bytes: 0 }
        };
        if whose == Whose::Open {
            return Some(made(b"", GrantKind::Open, None));
        }
        let ring = hold(self.ring?);
        let of_day = ring.day(&self.due.tenant, class, day)?;
        let (name, subject);
        let to = match whose {
            Whose::Person(of) => {
                (name, subject) = (of, ring.subject_key(&self.due.tenant, &of)?);
                To::DaySubject(&of_day, &name, &subject)
            }
            Whose::Open | Whose::Day => To::Day(&of_day),
        };
        let key = random_key(self.world);
        let header = Grant { id, class, day, kind: to.kind(), wrap: b"" }.header();
        let wrapped = wrap(&header, &self.origin, &key, to, self.world)?;
        Some(made(&wrapped, to.kind(), Some(Expander::new(&key))))
    }

    fn close_all(&mut self) {
        let all: Vec<Whose> = self.new.keys().copied().collect();
        all.into_iter().for_each(|whose| self.close(whose));
    }

    /// Makes a block of what waits under a grant.
    fn close(&mut self, whose: Whose) {
        let Some(new) = self.new.get_mut(&whose) else { return };
        let mut parts = std::mem::take(&mut new.waiting);
        self.buffered -= std::mem::take(&mut new.waiting_bytes);
        parts.sort_by_key(|(entry, _)| entry.leaf);
        let leaves = parts.first().zip(parts.last());
        let Some((first, last)) = leaves.map(|(first, last)| (first.0.leaf, last.0.leaf)) else {
            return;
        };
        let packing = Packing {
            grant_id: new.id,
            class: self.due.class,
            origin: &self.origin,
            key: new.key.as_ref(),
            world: self.world,
        };
        // A block that need not fit anywhere can always be made.
        if let Some(bytes) = pack_block(&packing, &parts, None) {
            self.pieces.push(Piece { first, last, grant: new.id, bytes });
        }
    }

    fn finish(mut self) -> Built {
        self.close_all();
        let new = self.new.into_values().map(|new| (new.id, new.bytes));
        self.old.extend(new);
        self.pieces.sort_by_key(|piece| piece.first);
        let (mut bytes, mut spans, mut grants) = (Vec::new(), Vec::new(), Vec::new());
        for piece in &self.pieces {
            if let Some(grant) = self.old.remove(&piece.grant) {
                grants.extend_from_slice(&piece.grant);
                grants.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
                bytes.extend_from_slice(&grant);
            }
            let offset = bytes.len() as u64;
            spans.push(Span { first: piece.first, last: piece.last, offset });
            bytes.extend_from_slice(&piece.first.to_be_bytes());
            bytes.extend_from_slice(&piece.bytes);
        }
        let spans = Spans { end: bytes.len() as u64, spans };
        Built {
            bytes,
            spans,
            grants,
            parts: self.parts,
            left: self.left,
            was_plain: self.was_plain,
        }
    }
}
