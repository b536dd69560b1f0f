//! `tacho backup` and `tacho restore`: the store whole, copied while others write, and put back.

use crate::failure::{Exit, Failure, Outcome};
use crate::given::must_be_free;
use crate::place::Place;
use crate::reader::{record_access, record_change};
use crate::screen::{Screen, Waiting};
use crate::vault::{keys, ring_restored};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tacho_event::json::{Object, Value};
use tachograph::Log;
use tachograph::backup::{Copied, backup_telling, restore_telling};
use tachograph::erase::Eraser;
use tachograph::files::OsFiles;
use tachograph::sign::Demand;
use tachograph::store::{Remote, Store};

#[derive(Debug, clap::Args)]
#[command(after_help = "Agents go on recording meanwhile. The keys are not in the copy: kept \
    apart, what is erased\nlater is gone from the copy too. Keep a copy of them where it burns in \
    another fire.")]
pub(crate) struct Ask {
    /// The new directory
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "The store is put where --store says; nothing may be there. What was \
    erased since the copy was\nmade is erased from it again, with the keys that know of it.")]
pub(crate) struct Restore {
    /// The copy, as `tacho backup` made it
    #[arg(value_name = "DIR", required_unless_present = "apply")]
    dir: Option<PathBuf>,
    /// The copy is in its place already: erase from it what was erased since
    #[arg(long, conflicts_with = "dir")]
    apply: bool,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: &Ask) -> Outcome {
    must_be_free(&ask.dir)?;
    let store = place.open()?;
    let waiting = Waiting::new(screen);
    let tell = &mut |done, of| waiting.tell("copying", done, of);
    let copied = backup_telling(&store, Place::world(), &ask.dir, tell);
    waiting.end();
    let copied = copied?;
    let events = Log::of(&store, place.tenant.as_str())?.size();
    show(screen, &ask.dir, copied, None)?;
    let keys = place.keys_dir(&store);
    screen.note(&format!("note: the keys are not in it: {}", keys.display()));
    record_access(place, screen, "export", "backup", usize::try_from(events).unwrap_or(usize::MAX));
    Ok(Exit::Yes)
}

pub(crate) fn put_back(place: &Place, screen: &mut Screen, ask: &Restore) -> Outcome {
    if place.read_only {
        return Err(Failure::usage("--read-only changes nothing, and this would").next("without"));
    }
    let copied = match &ask.dir {
        None => Copied::default(),
        Some(from) => {
            // A directory that is no store is refused before anything is written.
            Store::open(Arc::new(OsFiles), from, Remote::Refused)?;
            must_be_free(&place.store_dir)?;
            let waiting = Waiting::new(screen);
            let tell = &mut |done, of| waiting.tell("putting back", done, of);
            let copied = restore_telling(&OsFiles, from, &place.store_dir, tell);
            waiting.end();
            copied?
        }
    };
    let store = place.open()?;
    let applied = apply(place, screen, &store)?;
    show(screen, &place.store_dir, copied, Some(applied))?;
    if let Err(failure) = place.bring_in(&store, Demand::Due) {
        screen.note(&format!("note: the log is not signed on: {failure}"));
        screen.note("`tacho keys new-origin` goes on under a new name, if the copy is the newest");
    }
    record_change(
        place,
        screen,
        "restore",
        &Object::from([
            ("files", Value::from(copied.files)),
            ("erasures_applied", Value::from(applied as u64)),
        ]),
    );
    Ok(Exit::Yes)
}

/// Erases again what the keys know as erased; gives how often.
fn apply(place: &Place, screen: &mut Screen, store: &Store) -> Result<usize, Failure> {
    if keys(place, store).is_err() {
        screen.note("note: no keys here: what was erased since the copy may be in it again");
        screen.note("`tacho restore --apply` with the keys erases it");
        return Ok(0);
    }
    if !place.keys_dir(store).join("vault.msk").exists() {
        // Nothing was ever sealed or erased.
        return Ok(0);
    }
    Ok(Eraser::new(store, Place::world(), ring_restored(place, store)?).apply()?)
}

fn show(
    screen: &mut Screen,
    dir: &Path,
    copied: Copied,
    applied: Option<usize>,
) -> Result<(), Failure> {
    if screen.is_json() {
        let mut object = Object::from([
            ("v", Value::from(1)),
            ("dir", Value::from(dir.display().to_string())),
            ("files", Value::from(copied.files)),
            ("bytes", Value::from(copied.bytes)),
        ]);
        if let Some(applied) = applied {
            object.insert("erasures_applied", applied as u64);
        }
        return screen.json(object);
    }
    screen.line(&format!("{}: {} files, {} bytes", dir.display(), copied.files, copied.bytes))?;
    match applied {
        Some(applied) if applied > 0 => screen.line(&format!("{applied} erasures applied again")),
        _ => Ok(()),
    }
}
