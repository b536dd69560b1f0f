//! Plain parts: detached and erasable by deletion, but not sealed.

use super::codec::{FLAG_PLAIN, Grant, GrantKind, Item, Part, items};
use std::collections::HashMap;
use tacho_event::privacy::{Class, Disclosure, Entry};
use tacho_event::{Problem, World, random};

/// The open grants of one writer: one for each class and day, written once in each batch, so that
/// every segment that holds a part holds its grant.
#[derive(Debug, Default)]
pub struct OpenGrants {
    /// Grant ids by class and day, with the batch that last held the grant.
    grants: HashMap<(Class, u32), ([u8; 16], u64)>,
}

impl OpenGrants {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the grants and parts of `entry` to `out` and gives their number. A grant stands
    /// before the first part that uses it in the batch numbered `batch`.
    pub fn encode(
        &mut self,
        entry: &Entry,
        record_id: [u8; 16],
        batch: u64,
        world: &dyn World,
        out: &mut Vec<u8>,
    ) -> u16 {
        let day = u32::try_from(world.now().day()).unwrap_or(0);
        // Yesterday's grants are not used again.
        self.grants.retain(|(_, of), _| *of == day);
        let mut count = 0;
        for part in entry.parts() {
            let class = part.class();
            let slot = self.grants.entry((class, day)).or_insert_with(|| (random(world), u64::MAX));
            if slot.1 != batch {
                slot.1 = batch;
                Grant { id: slot.0, class, day, kind: GrantKind::Open, wrap: b"" }.encode(out);
                count += 1;
            }
            Part {
                record_id,
                grant_id: slot.0,
                class,
                flags: FLAG_PLAIN,
                pairs: u16::try_from(part.digests().len()).unwrap_or(u16::MAX),
                nonce: [0; 12],
                body: part.plaintext(),
            }
            .encode(out);
            count += 1;
        }
        count
    }
}

/// What opening the parts of an event gave.
#[derive(Debug, Default)]
pub struct Opened {
    /// What could be opened.
    pub disclosures: Vec<Disclosure>,
    /// Classes of parts that are there and sealed.
    pub sealed: Vec<Class>,
    /// Classes of parts that were erased, and the ticket.
    pub erased: Vec<(Class, [u8; 16])>,
    /// What is wrong with the rest.
    pub problems: Vec<Problem>,
}

/// Opens the plain ones among the grants and parts of one event.
pub fn open(parts: &[u8]) -> Opened {
    open_of(None, parts)
}

/// Opens the plain ones among what is stored for a leaf; in blocks, those of the leaf.
pub(crate) fn open_of(leaf: Option<u64>, parts: &[u8]) -> Opened {
    let mut opened = Opened::default();
    for item in items(parts) {
        match item {
            Ok(Item::Part(part)) if part.is_plain() => {
                match Disclosure::of_part(part.class, part.body) {
                    Ok(disclosures) if disclosures.len() == usize::from(part.pairs) => {
                        opened.disclosures.extend(disclosures);
                    }
                    Ok(_) => opened.problems.push(broken("a part does not hold its pairs")),
                    Err(problem) => opened.problems.push(problem),
                }
            }
            Ok(Item::Part(part)) => opened.sealed.push(part.class),
            Ok(Item::Block(block)) if block.is_plain() => match block.open(None, "") {
                Ok(parts) => opened.take_block(&block, leaf, &parts),
                Err(_) => opened.problems.push(broken("a block does not hold its parts")),
            },
            Ok(Item::Block(block)) => opened.sealed.push(block.class),
            Ok(Item::Tomb(tomb)) => opened.erased.push((tomb.class, tomb.ticket)),
            Ok(Item::Grant(_)) => {}
            Err(flaw) => opened.problems.push(broken(&flaw.to_string())),
        }
    }
    opened
}

pub(super) fn broken(what: &str) -> Problem {
    Problem::new("", what, "the bytes were changed; `verify` tells where")
}
