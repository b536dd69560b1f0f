//! Given an event's place in the log, proves it on the spot, and says what that rests on.

use crate::failure::{Exit, Failure};
use crate::place::Place;
use crate::screen::Screen;
use tacho_event::json::{Object, Value};
use tacho_tree::Checkpoint;
use tachograph::Log;
use tachograph::prove::ProveError;
use tachograph::sign::{kept, vkeys};

/// How far a proof reaches.
pub(super) enum Proven {
    /// It was computed here, from the stored bytes to a signed root.
    Checked(Box<Checked>),
    /// No signature covers the event yet: only this store's word.
    Unsigned { index: u64, signed: u64 },
}

pub(super) struct Checked {
    leaf: String,
    /// Hashes from the leaf to the root.
    steps: u64,
    root: String,
    size: u64,
    /// The key whose signature holds.
    key: String,
    /// Notes that were kept of this log, and how many the log still contains.
    notes: (u64, u64),
}

pub(super) fn prove(place: &Place, log: &Log, index: u64) -> Result<Proven, Failure> {
    let unproven = crate::verb::prove::unproven;
    let proof = match log.prove(index) {
        Err(ProveError::NotSigned { index, signed }) => {
            return Ok(Proven::Unsigned { index, signed });
        }
        Err(ProveError::NoCheckpoint) => return Ok(Proven::Unsigned { index, signed: 0 }),
        outcome => outcome.map_err(unproven)?,
    };
    let store = place.open()?;
    let keys = vkeys(store.files().as_ref(), log.places())?;
    // The keys that the log names, one at a time: whose signature holds is said.
    let held =
        keys.iter().find_map(|key| Some((key, proof.check(std::slice::from_ref(key)).ok()?)));
    let Some((key, head)) = held else {
        return Err(Failure::new(Exit::No, "the proof does not hold under any key of this log")
            .next("`tacho verify` says what was changed"));
    };
    Ok(Proven::Checked(Box::new(Checked {
        leaf: tacho_tree::leaf_hash(&proof.leaf).to_string(),
        steps: proof.proof.path.len() as u64,
        root: head.root.to_string(),
        size: head.size,
        key: key.to_string(),
        notes: notes(&store, log, &head)?,
    })))
}

/// How many notes were kept, and how many of them the signed log contains.
fn notes(
    store: &tachograph::Store,
    log: &Log,
    head: &tacho_tree::Head,
) -> Result<(u64, u64), Failure> {
    let (mut all, mut held) = (0, 0);
    for kept in kept(store.files().as_ref(), log.places())? {
        let Ok(old) = Checkpoint::parse(kept.note.text()) else { continue };
        all += 1;
        let path = log.prove_consistency(old.head.size, head.size);
        let path = path.map_err(crate::verb::prove::unproven)?;
        held += u64::from(tacho_tree::check::consistency(&old.head, head, &path).is_ok());
    }
    Ok((all, held))
}

impl Proven {
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Checked(checked) if checked.notes.0 == checked.notes.1 => Exit::Yes,
            Self::Checked(_) => Exit::No,
            Self::Unsigned { .. } => Exit::CannotTell,
        }
    }

    pub(super) fn json(&self) -> Value {
        match self {
            Self::Unsigned { index, signed } => Object::from([
                ("grade", Value::from("server_assertion")),
                ("index", Value::from(*index)),
                ("signed", Value::from(*signed)),
            ]),
            Self::Checked(checked) => Object::from([
                ("grade", Value::from("rechecked")),
                ("leaf_hash", Value::from(checked.leaf.as_str())),
                ("path", Value::from(checked.steps)),
                ("root", Value::from(checked.root.as_str())),
                ("size", Value::from(checked.size)),
                ("vkey", Value::from(checked.key.as_str())),
                ("notes_kept", Value::from(checked.notes.0)),
                ("notes_consistent", Value::from(checked.notes.1)),
                ("rests_on", Value::from(RESTS_ON.to_vec())),
            ]),
        }
        .into()
    }

    pub(super) fn show(&self, screen: &mut Screen) -> Result<(), Failure> {
        screen.line("")?;
        match self {
            Self::Unsigned { index, signed } => {
                let text = format!("? event {index} is not signed yet: {signed} events are");
                let text = screen.paint.odd(&text);
                screen.line(&text)?;
                screen.line("  it rests on this store's word alone; `tacho checkpoint publish`")
            }
            Self::Checked(checked) => checked.show(screen),
        }
    }
}

impl Checked {
    fn show(&self, screen: &mut Screen) -> Result<(), Failure> {
        let Self { leaf, steps, root, size, key, notes: (kept, held) } = self;
        let good = screen.paint.good("\u{2714}");
        screen.line(&format!("{good} re-checked here, from the stored bytes"))?;
        screen.line(&format!("  leaf    {leaf} = SHA-256 of the leaf's bytes"))?;
        screen.line(&format!("  path    {steps} hashes to {root}"))?;
        screen.line(&format!("  root    in the checkpoint of {size} events"))?;
        screen.line(&format!("  signed  by {key}"))?;
        let mark = if kept == held { good } else { screen.paint.bad("\u{2718}") };
        screen
            .line(&format!("{mark} append  {held} of {kept} kept notes lie in this log's past"))?;
        for rest in RESTS_ON {
            let dim = screen.paint.dim(&format!("  rests on {rest}"));
            screen.line(&dim)?;
        }
        Ok(())
    }
}

/// What must be true besides, for the proof to mean what it says.
const RESTS_ON: &[&str] = &[
    "the key above being the log's own: compare it with a copy you were given",
    "no other history being shown to others: compare checkpoints, or ask a witness",
    "the recorder having been told the truth",
];
