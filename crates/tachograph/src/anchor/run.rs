//! Given a signed note and the anchors of a log, asks those that are due and keeps what they say.
//!
//! ```text
//! 1 read what is known of each anchor; who is due?
//! 2 send out all requests at once; hear answers as they come; a witness may want another request
//! 3 each answer that holds: under the lock, append the anchor durably, then what is known of it
//! 4 tell the log, durably; then note that it was told
//! ```
//! A crash anywhere asks an anchor twice, or tells twice, and loses nothing that was told. Nothing
//! of the store is locked while somebody outside is waited for.

use std::fmt;

use tacho_event::{Draft, Timestamp};
use tacho_tree::audit::{AnchorEntry, AnchorKind};
use tacho_tree::stamp::{Stamp, imprint, request};
use tacho_tree::witness::{Alarm, Ask, AskError, Heard};
use tacho_tree::{Checkpoint, Head, Note, Policy};

use super::errand::{Answer, CarryError, Errands};
use super::keep::{append, lock};
use super::state::{AnchorState, Row};
use super::tell::draft;
use super::{Anchor, Anchors, Asked};
use crate::error::Error;
use crate::store::Store;
use crate::tenant::TenantPlaces;
use crate::tree::NodeFiles;
use crate::world::World;

/// Which anchors to ask.
#[derive(Debug, Clone, Copy)]
pub enum Which<'w> {
    /// Those whose time it is.
    Due,
    /// All of them.
    All,
    /// The witnesses, and only until so many cosigned that this policy is content.
    Until(&'w Policy),
}

/// What became of one anchor.
#[derive(Debug)]
pub struct Outcome {
    /// Who was asked: the kind,
    pub kind: AnchorKind,
    /// and the name.
    pub name: String,
    /// What came of it.
    pub result: Result<Done, Trouble>,
}

/// An answer that holds and is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Leaves of the log that are anchored.
    pub size: u64,
    /// When, in the words of who was asked, in seconds since 1970; none if it says no time.
    pub time: Option<u64>,
}

/// Why an anchor holds nothing.
#[derive(Debug)]
#[non_exhaustive]
pub enum Trouble {
    /// A witness saw what this log does not hold.
    Alarm(Alarm),
    /// Whoever was asked does not do it, or says what makes no sense.
    Refused(String),
    /// Nobody answered.
    Silent(CarryError),
    /// The log's own tree is not the one that was signed, or cannot be read.
    Tree(String),
    /// The answer could not be kept.
    Store(Error),
}

impl Trouble {
    /// The stable code of events.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Alarm(alarm) => alarm.code(),
            Self::Refused(_) => "anchor-refused",
            Self::Silent(_) => "anchor-silent",
            Self::Tree(_) => "anchor-tree",
            Self::Store(_) => "anchor-store",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alarm(alarm) => alarm.fmt(f),
            Self::Refused(why) | Self::Tree(why) => f.write_str(why),
            Self::Silent(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

/// What came of asking.
#[derive(Debug, Default)]
pub struct Asking {
    /// One outcome for each anchor that was asked.
    pub outcomes: Vec<Outcome>,
    /// The note, with every cosignature that was got now.
    pub cosigned: Option<Note>,
}

/// Shows a tenant's latest note to its anchors. `tell` records events durably and says whether it
/// could.
///
/// # Errors
/// The note is no checkpoint, or what is known of the anchors cannot be read or written.
pub fn run(
    store: &Store,
    tenant: &str,
    note: &Note,
    anchors: &Anchors,
    which: Which<'_>,
    world: &dyn World,
    tell: &mut dyn FnMut(Vec<Draft>) -> bool,
) -> Result<Asking, Error> {
    let places = TenantPlaces::new(store.places(), tenant);
    let Ok(Checkpoint { head, .. }) = Checkpoint::parse(note.text()) else {
        let what = "it is no checkpoint";
        return Err(Error::Damaged { path: places.checkpoint(), what });
    };
    let state = AnchorState::read(store.files().as_ref(), &places)?;
    let now = world.now();
    let is_asked = |anchor: &&Anchor| match which {
        Which::Due => {
            let seen = state.get(anchor.asked.kind(), anchor.name.as_str()).seen;
            head.size > 0 && seen.is_due(head.size, now, anchor.cadence)
        }
        Which::All => head.size > 0,
        Which::Until(_) => matches!(anchor.asked, Asked::Witness(_)),
    };
    let asked: Vec<&Anchor> = anchors.all.iter().filter(is_asked).collect();
    if asked.is_empty() {
        return Ok(Asking::default());
    }
    let nodes = NodeFiles::new(store.files().clone(), places.clone());
    let mut round = Round { store, places, note, head, nodes, world, state };
    let asking = round.ask(&asked, anchors, which);
    round.conclude(&asking.outcomes, tell)?;
    Ok(asking)
}

/// One note on its way to several anchors.
struct Round<'r> {
    store: &'r Store,
    places: TenantPlaces,
    note: &'r Note,
    head: Head,
    nodes: NodeFiles,
    world: &'r dyn World,
    state: AnchorState,
}

/// What is being talked about with one anchor.
enum Talk {
    Witness(Box<Ask>),
    Stamp { nonce: [u8; 8] },
    Copy,
}

/// What an answer leads to.
enum Turn {
    Again(Box<Ask>),
    Keep { evidence: Vec<u8>, time: Option<u64> },
    End(Trouble),
}

impl Round<'_> {
    fn ask(&mut self, asked: &[&Anchor], anchors: &Anchors, which: Which<'_>) -> Asking {
        let mut errands = Errands::new(anchors.patience);
        let mut asking = Asking { outcomes: Vec::new(), cosigned: Some(self.note.clone()) };
        let mut talks: Vec<Option<Talk>> = Vec::new();
        for (number, anchor) in asked.iter().enumerate() {
            match self.begin(anchor) {
                Ok((talk, request)) => {
                    errands.send(number, &anchor.carrier, request);
                    talks.push(Some(talk));
                }
                Err(trouble) => {
                    asking.outcomes.push(anchor.outcome(Err(trouble)));
                    talks.push(None);
                }
            }
        }
        while let Some((number, answer)) = errands.next() {
            let talk = talks.get_mut(number).and_then(Option::take);
            let (Some(anchor), Some(talk)) = (asked.get(number), talk) else { continue };
            let result = match self.hear(anchor, talk, answer) {
                Turn::Again(ask) => match self.request(&ask) {
                    Ok(request) => {
                        errands.send(number, &anchor.carrier, request);
                        if let Some(slot) = talks.get_mut(number) {
                            *slot = Some(Talk::Witness(ask));
                        }
                        continue;
                    }
                    Err(trouble) => Err(trouble),
                },
                Turn::Keep { evidence, time } => {
                    self.cosign(&evidence, anchor, &mut asking);
                    self.keep(anchor, &evidence, time)
                }
                Turn::End(trouble) => Err(trouble),
            };
            asking.outcomes.push(anchor.outcome(result));
            if let (Which::Until(policy), Some(note)) = (which, &asking.cosigned)
                && policy.open(note).is_ok()
            {
                return asking;
            }
        }
        for (anchor, talk) in asked.iter().zip(talks) {
            if talk.is_some() {
                let silent = Trouble::Silent(CarryError::TimedOut);
                asking.outcomes.push(anchor.outcome(Err(silent)));
            }
        }
        asking
    }

    fn begin(&self, anchor: &Anchor) -> Result<(Talk, Vec<u8>), Trouble> {
        match &anchor.asked {
            Asked::Witness(key) => {
                let known = self.state.get(AnchorKind::Witness, anchor.name.as_str()).seen.size;
                let ask = Ask::new(self.note, key, known);
                let ask = ask.map_err(|error| Trouble::Tree(error.to_string()))?;
                let request = self.request(&ask)?;
                Ok((Talk::Witness(Box::new(ask)), request))
            }
            Asked::Stamp => {
                let mut nonce = [0; 8];
                self.world.fill(&mut nonce);
                let imprint = imprint(self.note.to_string().as_bytes());
                Ok((Talk::Stamp { nonce }, request(&imprint, nonce)))
            }
            Asked::Copy => Ok((Talk::Copy, self.note.to_string().into_bytes())),
        }
    }

    fn request(&self, ask: &Ask) -> Result<Vec<u8>, Trouble> {
        let request = ask.request(&self.nodes).map_err(|error| match error {
            AskError::Tree(error) => Trouble::Tree(error.to_string()),
            other => Trouble::Tree(other.to_string()),
        })?;
        Ok(request.to_string().into_bytes())
    }

    fn hear(&self, anchor: &Anchor, talk: Talk, answer: Result<Answer, CarryError>) -> Turn {
        let Answer { status, body } = match answer {
            Ok(answer) => answer,
            Err(error) => return Turn::End(Trouble::Silent(error)),
        };
        match talk {
            Talk::Witness(ask) => match ask.hear(status, &body) {
                Heard::Cosigned(cosigned) => {
                    let evidence = format!("{}\n", cosigned.signature).into_bytes();
                    Turn::Keep { evidence, time: Some(cosigned.time) }
                }
                Heard::Again(ask) => Turn::Again(ask),
                Heard::Alarm(alarm) => Turn::End(Trouble::Alarm(alarm)),
                Heard::Refused(refused) => Turn::End(Trouble::Refused(refused.to_string())),
            },
            _ if status != 200 => {
                let why = format!("{} answered with status {status}", anchor.name);
                Turn::End(Trouble::Refused(why))
            }
            Talk::Stamp { nonce } => self.stamped(nonce, body),
            Talk::Copy => Turn::Keep { evidence: body, time: None },
        }
    }

    fn stamped(&self, nonce: [u8; 8], body: Vec<u8>) -> Turn {
        let refused = |why: &str| Turn::End(Trouble::Refused(why.to_owned()));
        match Stamp::parse(&body) {
            Err(error) => refused(&error.to_string()),
            Ok(stamp) if !stamp.is_over(self.note.to_string().as_bytes()) => {
                refused("the authority stamped other bytes")
            }
            Ok(stamp) if !stamp.answers(nonce) => refused("the authority answered another request"),
            Ok(stamp) => Turn::Keep { evidence: body, time: Some(stamp.time) },
        }
    }

    fn cosign(&self, evidence: &[u8], anchor: &Anchor, asking: &mut Asking) {
        let is_witness = matches!(anchor.asked, Asked::Witness(_));
        let lines = tacho_tree::witness::parse_cosignatures(evidence);
        if let (true, Ok(lines), Some(note)) = (is_witness, lines, &mut asking.cosigned) {
            for line in lines {
                // The note may have come with it.
                let _ = note.add(line);
            }
        }
    }

    fn keep(&self, anchor: &Anchor, evidence: &[u8], time: Option<u64>) -> Result<Done, Trouble> {
        let (files, note) = (self.store.files().as_ref(), self.note.to_string());
        let now = self.world.now().to_string();
        let entry = AnchorEntry {
            number: 0,
            kind: anchor.asked.kind(),
            name: anchor.name.as_str(),
            time: &now,
            note: note.as_bytes(),
            evidence,
        };
        let Some(lock) = lock(files, &self.places).map_err(Trouble::Store)? else {
            return Err(Trouble::Store(busy(&self.places)));
        };
        let kept = append(files, &self.places, entry);
        lock.give_back();
        kept.map_err(Trouble::Store)?;
        Ok(Done { size: self.head.size, time })
    }

    /// Writes down what is known now, tells the log, and writes down that it was told.
    fn conclude(
        &mut self,
        outcomes: &[Outcome],
        tell: &mut dyn FnMut(Vec<Draft>) -> bool,
    ) -> Result<(), Error> {
        let now = self.world.now();
        self.update(outcomes, |row, outcome| learn(row, outcome, now))?;
        let drafts: Vec<(usize, Draft)> = (0..)
            .zip(outcomes)
            .filter_map(|(number, outcome)| {
                let row = self.state.get(outcome.kind, &outcome.name);
                Some((number, draft(outcome, &row, now)?))
            })
            .collect();
        if drafts.is_empty() {
            return Ok(());
        }
        let (numbers, drafts): (Vec<usize>, Vec<Draft>) = drafts.into_iter().unzip();
        let own = drafts.len() as u64;
        if !tell(drafts) {
            return Ok(());
        }
        let mut number = 0;
        self.update(outcomes, |row, outcome| {
            if numbers.contains(&number) {
                row.told = now;
                row.trouble = outcome.result.as_ref().err().map(|one| one.code().to_owned());
            }
            if outcome.result.is_ok() {
                row.seen.own = own;
            }
            number += 1;
        })
    }

    /// Changes what is known of the anchors that were asked; of others, somebody else may have
    /// learnt meanwhile.
    fn update(
        &mut self,
        outcomes: &[Outcome],
        mut change: impl FnMut(&mut Row, &Outcome),
    ) -> Result<(), Error> {
        let files = self.store.files().as_ref();
        let Some(lock) = lock(files, &self.places)? else { return Err(busy(&self.places)) };
        let outcome = AnchorState::read(files, &self.places).and_then(|mut state| {
            for outcome in outcomes {
                let key = (outcome.kind, outcome.name.clone());
                change(state.rows.entry(key).or_default(), outcome);
            }
            state.write(files, &self.places)?;
            Ok(state)
        });
        lock.give_back();
        self.state = outcome?;
        Ok(())
    }
}

/// What an outcome teaches about an anchor.
fn learn(row: &mut Row, outcome: &Outcome, now: Timestamp) {
    row.seen.tried = now;
    match &outcome.result {
        Ok(done) => {
            row.seen.size = done.size;
            row.seen.own = 0;
            row.seen.anchored = now;
            row.seen.failures = 0;
        }
        Err(_) => row.seen.failures = row.seen.failures.saturating_add(1),
    }
}

fn busy(places: &TenantPlaces) -> Error {
    Error::Io {
        doing: "lock",
        path: places.anchor_lock(),
        source: std::io::ErrorKind::WouldBlock.into(),
    }
}
