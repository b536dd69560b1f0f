//! `tacho anchor`: people outside vouch for the log; ask them, and see what they said.

use crate::anchoring::anchors;
use crate::failure::{Exit, Failure, Outcome};
use crate::given;
use crate::place::Place;
use crate::screen::{Column, Nature, Row, Screen, Width};
use std::path::PathBuf;
use tacho_event::Timestamp;
use tacho_event::json::{Object, Value};
use tacho_tree::audit::AnchorKind;
use tacho_tree::stamp::rfc3339;
use tachograph::Ack;
use tachograph::anchor::{KeptAnchor, Trouble, Which, kept, run as round};
use tachograph::sign::Demand;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Ask {
    /// Show the latest checkpoint to the witnesses, authorities and commands whose time it is
    #[command(after_help = "Settings: anchor.witnesses, anchor.witness.exec, anchor.tsa.exec,\n\
        anchor.exec (`tacho config explain NAME`).\n\
        Exit codes: 0 done, 1 a witness raised an alarm, 5 somebody did not answer.")]
    Run {
        /// Ask all of them, due or not
        #[arg(long)]
        all: bool,
    },
    /// List what was kept of their answers, the newest first
    Ls,
    /// Write one answer as files that other tools check
    Show {
        /// Its number, as `ls` prints it
        #[arg(value_name = "NUMBER")]
        number: u64,
        /// Write `note`, and `response.tsr`, `cosignatures` or `output`, to this directory
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
    },
}

const KEPT: &[Column] = &[
    Column { title: "number", width: Width::Number(8) },
    Column { title: "time", width: Width::Chars(23) },
    Column { title: "kind", width: Width::Chars(8) },
    Column { title: "size", width: Width::Number(12) },
    Column { title: "name", width: Width::Rest },
];

/// Anchors that are listed or looked through.
const LISTED_MAX: usize = 100_000;

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    match ask {
        Ask::Run { all } => anchor(place, screen, all),
        Ask::Ls => ls(place, screen),
        Ask::Show { number, output } => show(place, screen, number, &output),
    }
}

fn anchor(place: &Place, screen: &mut Screen, all: bool) -> Outcome {
    let anchors = anchors(place)?;
    if anchors.all.is_empty() {
        return Err(Failure::new(Exit::CannotTell, "no anchor is set up")
            .next("`tacho config set anchor.exec COMMAND`, or a witness: see the guide"));
    }
    let store = place.open()?;
    place.bring_in(&store, Demand::Now)?;
    let Some(note) = place.log()?.checkpoint()? else {
        return Err(Failure::new(Exit::CannotTell, "nothing is signed yet")
            .next("`tacho init` makes keys, `tacho keys ls` shows them"));
    };
    let recorder = place.recorder(&store)?;
    let mut tell = |drafts| recorder.record_all(drafts, Ack::Disk).iter().all(Result::is_ok);
    let which = if all { Which::All } else { Which::Due };
    let (tenant, world) = (place.tenant.as_str(), Place::world());
    let mut asking = round(&store, tenant, &note, &anchors, which, world.as_ref(), &mut tell)?;
    // Whoever answers first is told of in no other place than last time.
    asking.outcomes.sort_by(|a, b| (a.kind.as_str(), &a.name).cmp(&(b.kind.as_str(), &b.name)));
    let mut exit = Exit::Yes;
    for one in &asking.outcomes {
        let who = format!("{} {}", one.kind, one.name);
        let says = match &one.result {
            Ok(done) => {
                let time = done.time.map_or(String::new(), |time| format!(" at {}", rfc3339(time)));
                format!("{} {who}: {} leaves{time}", screen.paint.good("\u{2714}"), done.size)
            }
            Err(trouble) => {
                let is_alarm = matches!(trouble, Trouble::Alarm(_));
                if exit != Exit::No {
                    exit = if is_alarm { Exit::No } else { Exit::Unreachable };
                }
                let why = trouble.to_string();
                format!("{} {who}: {}", screen.paint.bad("\u{2718}"), screen.shown(&why))
            }
        };
        if screen.is_json() {
            let size = one.result.as_ref().ok().map(|done| done.size);
            let trouble = one.result.as_ref().err();
            screen.json(Object::from([
                ("v", Value::from(1)),
                ("kind", Value::from(one.kind.as_str())),
                ("name", Value::from(one.name.as_str())),
                ("size", size.map_or(Value::Null, Value::from)),
                ("code", trouble.map_or(Value::Null, |one| Value::from(one.code()))),
                ("why", trouble.map_or(Value::Null, |one| Value::from(one.to_string()))),
            ]))?;
        } else {
            screen.line(&says)?;
        }
    }
    if asking.outcomes.is_empty() {
        screen.note("no anchor is due");
    }
    Ok(exit)
}

fn all_kept(place: &Place) -> Result<Vec<KeptAnchor>, Failure> {
    let (store, log) = (place.open()?, place.log()?);
    Ok(kept(store.files().as_ref(), log.places(), LISTED_MAX)?)
}

fn ls(place: &Place, screen: &mut Screen) -> Outcome {
    let rows: Vec<_> = all_kept(place)?
        .into_iter()
        .rev()
        .map(|kept| {
            let size = kept.size().unwrap_or(0);
            let json = Object::from([
                ("v", Value::from(1)),
                ("number", Value::from(kept.number)),
                ("kind", Value::from(kept.kind.as_str())),
                ("name", Value::from(kept.name.as_str())),
                ("time", Value::from(kept.time.as_str())),
                ("size", Value::from(size)),
            ]);
            let time = Timestamp::parse(&kept.time).map(|time| screen.zone.show(time));
            let kind = kept.kind.as_str().to_owned();
            let (number, size) = (kept.number.to_string(), size.to_string());
            let cells = vec![number, time.unwrap_or(kept.time), kind, size, kept.name];
            Ok(Row { json, cells })
        })
        .collect();
    if screen.list(Nature::List, KEPT, rows.into_iter())? == 0 {
        screen.note("nobody outside vouches for this log; `docs/guides/anchors.md` says how");
    }
    Ok(Exit::Yes)
}

fn show(place: &Place, screen: &mut Screen, number: u64, dir: &std::path::Path) -> Outcome {
    let kept = all_kept(place)?.into_iter().find(|kept| kept.number == number);
    let Some(kept) = kept else {
        let failure = Failure::new(Exit::CannotTell, format!("no anchor has the number {number}"));
        return Err(failure.next("`tacho anchor ls` lists them"));
    };
    given::make_dir(Some(dir))?;
    let name = match kept.kind {
        AnchorKind::Witness => "cosignatures",
        AnchorKind::Stamp => "response.tsr",
        AnchorKind::Copy => "output",
    };
    given::write(&dir.join("note"), &kept.note)?;
    given::write(&dir.join(name), &kept.evidence)?;
    screen.note(&format!("{}, {}", dir.join("note").display(), dir.join(name).display()));
    Ok(Exit::Yes)
}
