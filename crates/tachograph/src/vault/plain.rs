//! Plain parts: detached and erasable by deletion, but not sealed.

use super::codec::{FLAG_PLAIN, Grant, GrantKind, Item, Part, items};
use tacho_event::privacy::{Class, Disclosure, Entry};
use tacho_event::{Problem, World, random};

/// The open grants of one writer: one for each class and day, written once in each batch, so that
/// every segment that holds a part holds its grant.
#[derive(Debug, Default)]
pub struct OpenGrants {
    /// Of the day that it is: a few, one for each class.
    grants: Vec<OpenGrant>,
}

#[derive(Debug, Clone, Copy)]
struct OpenGrant {
    class: Class,
    day: u32,
    id: [u8; 16],
    /// The batch that last held it.
    batch: Option<u64>,
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
        self.grants.retain(|grant| grant.day == day);
        let mut count = 0;
        for part in entry.parts() {
            let class = part.class();
            let (id, is_new) = self.grant(class, day, batch, world);
            if is_new {
                Grant { id, class, day, kind: GrantKind::Open, wrap: b"" }.encode(out);
                count += 1;
            }
            Part {
                record_id,
                grant_id: id,
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

    /// The id of the grant of a class, and whether the batch does not hold it yet.
    fn grant(&mut self, class: Class, day: u32, batch: u64, world: &dyn World) -> ([u8; 16], bool) {
        if let Some(grant) = self.grants.iter_mut().find(|grant| grant.class == class) {
            return (grant.id, grant.batch.replace(batch) != Some(batch));
        }
        let id = random(world);
        self.grants.push(OpenGrant { class, day, id, batch: Some(batch) });
        (id, true)
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
