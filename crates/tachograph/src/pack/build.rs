//! Given a day file, gives the bytes of the file that takes its place.

use std::collections::HashMap;

use tacho_event::privacy::Class;
use tacho_event::random;
use zeroize::Zeroizing;

use super::Due;
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_PARTS_MAX, FRAME_BYTES_MAX, PACK_BUFFERED_BYTES_MAX};
use crate::log::Log;
use crate::parts::{PartFiles, Span, Spans};
use crate::sign::is_of_keys;
use crate::store::Store;
use crate::tenant::TenantPlaces;
use crate::vault::cipher::{Expander, random_key};
use crate::vault::grant::{To, open_outer, wrap};
use crate::vault::open::Opener;
use crate::vault::part::{self, Envelope};
use crate::vault::rows::Name;
use crate::vault::subject::subject_of;
use crate::vault::{
    Block, Entry, FLAG_PADDED, FLAG_PLAIN, Grant, GrantKind, Item, Packing, Part, SharedRing,
    VaultError, hold, nowhere, pack_block,
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
    /// Whether something is wrapped to the master in the new one that was not in the old.
    pub(super) has_master: bool,
}

/// How parts are kept in the new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Custom {
    /// As they are.
    Kept,
    /// Sealed.
    Sealed,
    /// Plain.
    Open,
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
    /// Of a day that has no key: whoever holds the master opens them.
    Master,
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
    custom: Custom,
    log: Log,
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
    custom: Custom,
) -> Result<Built, VaultError> {
    let places = TenantPlaces::new(store.places(), &due.tenant);
    let files = PartFiles::new(store.files().clone(), places);
    let log = Log::of(store, &due.tenant)?;
    let opener = ring.map(|ring| Opener::new(ring.clone(), &due.tenant)).transpose()?;
    let origin = match ring {
        Some(ring) => hold(ring).origin(&due.tenant)?.as_str().to_owned(),
        None => String::new(),
    };
    let mut builder = Builder {
        due,
        world,
        ring,
        custom,
        log,
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
                (Item::Part(part), Some(leaf)) => builder.part(&part, leaf, record.bytes)?,
                (Item::Block(block), Some(leaf)) => builder.block(&block, leaf, record.bytes)?,
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
        self.whose.insert(grant.id, whose);
        self.old.insert(grant.id, bytes.to_vec());
    }

    /// Whose the parts of a grant are; none if they are to stay.
    fn whose_of(&self, grant: &Grant<'_>) -> Option<Whose> {
        match grant.kind {
            GrantKind::Open => Some(Whose::Open),
            GrantKind::Day => self.ring.map(|_| Whose::Day),
            GrantKind::Master if self.custom == Custom::Open => self.ring.map(|_| Whose::Master),
            // Whoever integrates with the keys seals them to their people first.
            GrantKind::Master => None,
            // Whose it was is all the same where it is to be open.
            GrantKind::DaySubject if self.custom == Custom::Open => self.ring.map(|_| Whose::Day),
            GrantKind::DaySubject => {
                let mut ring = hold(self.ring?);
                let days = ring.secrets(&self.due.tenant, Name::Day(grant.class, grant.day));
                let mut days = days.iter();
                let inner = days.find_map(|day| open_outer(grant, &self.origin, day).ok())?;
                Some(Whose::Person(inner.name))
            }
        }
    }

    /// Whose what was `whose` is to be in the new file.
    fn whose_now(&mut self, whose: Whose, leaf: u64) -> Result<Whose, VaultError> {
        Ok(match (self.custom, whose) {
            (Custom::Open, _) => Whose::Open,
            (Custom::Sealed, Whose::Open) if self.is_for_all(leaf)? => Whose::Open,
            (Custom::Sealed, Whose::Open) => self.person(leaf)?.map_or(Whose::Day, Whose::Person),
            _ => whose,
        })
    }

    /// Whether this is what the log says of its own keys, which is never sealed.
    fn is_for_all(&self, leaf: u64) -> Result<bool, VaultError> {
        if self.due.class != Class::Evidence {
            return Ok(false);
        }
        Ok(self.log.get(leaf)?.is_some_and(|entry| is_of_keys(&entry.leaf)))
    }

    /// The person that an event is about, by the random name.
    fn person(&mut self, leaf: u64) -> Result<Option<[u8; 16]>, VaultError> {
        let Some((ring, opener)) = self.ring.zip(self.opener.as_mut()) else { return Ok(None) };
        let Some(entry) = self.log.get(leaf)? else { return Ok(None) };
        let event = self.log.reveal_with(&entry, opener)?.event;
        let Some(id) = subject_of(&event) else { return Ok(None) };
        Ok(hold(ring).subject(&self.due.tenant, id)?.map(|(name, _)| name))
    }

    fn part(&mut self, part: &Part<'_>, leaf: u64, bytes: &[u8]) -> Result<(), VaultError> {
        let entry = Entry { leaf, record_id: part.record_id, pairs: part.pairs };
        let whose = self.whose_is(&part.grant_id, part.is_plain());
        let opened = match (whose, part.is_plain()) {
            (Some(Whose::Open), true) => Some(Zeroizing::new(part.body.to_vec())),
            (Some(Whose::Day | Whose::Person(_) | Whose::Master), false) => {
                self.opener.as_mut().and_then(|opener| opener.plaintext(part, &mut nowhere))
            }
            _ => None,
        };
        if let Some((whose, plaintext)) = whose.zip(opened) {
            let now = self.whose_now(whose, leaf)?;
            let fits = plaintext.len() + 4 <= BLOCK_BYTES_MAX;
            if fits && let Some(now) = self.granted(now) {
                self.put(now, entry, plaintext);
                return Ok(());
            }
            if now != whose && self.put_alone(now, part, leaf, &plaintext) {
                return Ok(());
            }
        }
        self.left += u64::from(!self.is_right(part.is_plain()));
        self.keep((leaf, leaf), part.grant_id, bytes);
        Ok(())
    }

    /// Whose the parts of a grant are; what is plain needs none.
    fn whose_is(&mut self, grant: &[u8; 16], is_plain: bool) -> Option<Whose> {
        self.was_plain |= is_plain;
        if is_plain { Some(Whose::Open) } else { self.whose.get(grant).copied().flatten() }
    }

    /// Whether what stays as it is, is as it was asked for.
    fn is_right(&self, is_plain: bool) -> bool {
        match self.custom {
            Custom::Kept => false,
            Custom::Sealed => !is_plain,
            Custom::Open => is_plain,
        }
    }

    /// Keeps a part that no block has room for in the new way; false if it cannot be.
    fn put_alone(&mut self, whose: Whose, part: &Part<'_>, leaf: u64, plaintext: &[u8]) -> bool {
        let Some(whose) = self.granted(whose) else { return false };
        let Some(new) = self.new.get(&whose) else { return false };
        let (grant_id, mut bytes) = (new.id, Vec::new());
        match &new.key {
            Some(key) => {
                let Part { record_id, class, pairs, flags, .. } = *part;
                let padded = flags & FLAG_PADDED != 0;
                let (nonce, origin) = (random(&self.world), &*self.origin);
                let envelope =
                    Envelope { record_id, grant_id, class, pairs, nonce, origin, padded };
                part::seal(key, &envelope, plaintext, &mut bytes);
            }
            None => {
                let (flags, nonce, body) = (FLAG_PLAIN, [0; 12], plaintext);
                Part { grant_id, flags, nonce, body, ..*part }.encode(&mut bytes);
            }
        }
        let fits = bytes.len() <= FRAME_BYTES_MAX;
        if fits {
            self.parts += 1;
            self.keep((leaf, leaf), grant_id, &bytes);
        }
        fits
    }

    /// A block of before is packed again with what came since.
    fn block(&mut self, block: &Block<'_>, leaf: u64, bytes: &[u8]) -> Result<(), VaultError> {
        if block.entries().next().is_none() {
            return Ok(());
        }
        let whose = self.whose_is(&block.grant_id, block.is_plain());
        let opened = match &mut self.opener {
            _ if block.is_plain() => block.open(None, &self.origin).ok(),
            Some(opener) => opener.block(block, &mut nowhere),
            None => None,
        };
        let count = block.entries().count();
        if let Some((whose, opened)) = whose.zip(opened) {
            let mut into = Vec::new();
            for (entry, part) in opened {
                let now = self.whose_now(whose, entry.leaf)?;
                into.extend(self.granted(now).map(|now| (now, entry, part)));
            }
            if into.len() == count {
                into.into_iter().for_each(|(now, entry, part)| self.put(now, entry, part));
                return Ok(());
            }
        }
        if self.custom == Custom::Kept {
            self.parts += count as u64;
        } else if !self.is_right(block.is_plain()) {
            self.left += count as u64;
        }
        let last = block.entries().next_back().map_or(leaf, |entry| entry.leaf);
        self.keep((leaf, last), block.grant_id, bytes);
        Ok(())
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

    /// Who has a grant for these parts, made when it is first needed: themselves, or the master
    /// where a key is missing to which they are to be sealed.
    fn granted(&mut self, whose: Whose) -> Option<Whose> {
        let master = (self.custom == Custom::Sealed).then_some(Whose::Master);
        for whose in [Some(whose), master].into_iter().flatten() {
            if self.new.contains_key(&whose) {
                return Some(whose);
            }
            if let Some(new) = self.grant(whose) {
                self.new.insert(whose, new);
                return Some(whose);
            }
        }
        None
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
        let of_day = ring.day(&self.due.tenant, class, day);
        let (name, subject, master);
        let to = match whose {
            Whose::Person(of) => {
                (name, subject) = (of, ring.subject_key(&self.due.tenant, &of)?);
                To::DaySubject(of_day.as_ref()?, &name, &subject)
            }
            Whose::Open | Whose::Day => To::Day(of_day.as_ref()?),
            Whose::Master => {
                master = ring.master_public().ok()?;
                To::Master(&master)
            }
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
        let has_master = self.new.contains_key(&Whose::Master);
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
            has_master,
        }
    }
}
