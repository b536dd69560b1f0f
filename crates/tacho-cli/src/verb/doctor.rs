//! `tacho doctor`: every check of what must be in order, each with what mends it.
//!
//! A check is a row of [`CHECKS`]: it looks, and what it finds is odd or bad. With `--fix` a row's
//! mend is carried out, and it looks again.

mod agents;
mod state;
mod upkeep;
mod vault;

pub(crate) use agents::HOMES;

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::reader::record_change;
use crate::screen::{Column, Nature, Row, Screen, Width};
use tacho_event::json::{Object, Value};

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 nothing is bad, 1 something is. `docs/reference/doctor.md` \
    has every check.\nWhat a program cannot mend comes with the exact next step.")]
pub(crate) struct Ask {
    /// Mend what can be mended; what is changed is recorded
    #[arg(long)]
    fix: bool,
    /// List the checks, and what --fix does for each
    #[arg(long, conflicts_with = "fix")]
    list: bool,
    /// The clock is right as it stands, although it jumped: parts may expire again
    #[arg(long)]
    clock_is_right: bool,
    /// A call of a hook may take so long
    #[arg(long, value_name = "MS", default_value_t = 250)]
    hook_ms_max: u64,
    /// So much of the disk must be free
    #[arg(long, value_name = "MB", default_value_t = 512)]
    free_mb_min: u64,
}

/// What checks look at.
struct Scene<'s> {
    place: &'s Place,
    ask: &'s Ask,
}

/// What a check found.
enum Found {
    Good(String),
    /// To be looked at; nothing is lost by it.
    Odd(String, String),
    /// What is recorded, provable or private is in danger; and what to do.
    Bad(String, String),
}

/// What a check finds; none where there is nothing to look at.
type Look = fn(&Scene<'_>) -> Result<Vec<Found>, Failure>;
/// Mends, and says what was done.
type Mend = fn(&Scene<'_>) -> Result<String, Failure>;

struct Check {
    name: &'static str,
    /// What is in order when it is good.
    about: &'static str,
    look: Look,
    mend: Option<Mend>,
    /// What `--fix` does, or why a person must.
    mends: &'static str,
}

const CHECKS: &[Check] = &[
    Check {
        name: "store",
        about: "A store is there, of a version this program reads.",
        look: state::store,
        mend: Some(state::make_store),
        mends: "makes one where there is none",
    },
    Check {
        name: "private",
        about: "Nobody else may read the store or the keys.",
        look: state::private,
        mend: Some(state::make_private),
        mends: "takes the others' permissions away",
    },
    Check {
        name: "disk",
        about: "There is room for what comes.",
        look: state::disk,
        mend: None,
        mends: "nothing: free some room, or move the store",
    },
    Check {
        name: "log",
        about: "What is recorded can be read, and the recovery of damage was told.",
        look: state::log,
        mend: Some(state::tell_findings),
        mends: "records what recovery found; damage itself is for `tacho verify`",
    },
    Check {
        name: "clock",
        about: "The clock goes on, and nothing was recorded in its future.",
        look: state::clock,
        mend: None,
        mends: "nothing: set the clock, or say --clock-is-right",
    },
    Check {
        name: "keys",
        about: "The keys that sign are there, outside the store.",
        look: vault::keys,
        mend: Some(vault::make_keys),
        mends: "makes keys where nothing was ever signed",
    },
    Check {
        name: "signed",
        about: "What was recorded an hour ago is signed.",
        look: vault::signed,
        mend: Some(vault::sign),
        mends: "integrates and signs",
    },
    Check {
        name: "erasures",
        about: "What was erased is erased here too, and no erasure is half done.",
        look: vault::erasures,
        mend: Some(vault::apply),
        mends: "goes on with them",
    },
    Check {
        name: "kept",
        about: "What is kept is sealed, or plain, as the preset says.",
        look: vault::kept,
        mend: None,
        mends: "nothing: `tacho reseal` shows what it would do, and does it",
    },
    Check {
        name: "anchors",
        about: "Where the preset expects it, a checkpoint is kept outside.",
        look: vault::anchors,
        mend: None,
        mends: "nothing: another machine must keep it",
    },
    Check {
        name: "stops",
        about: "The leases of emergency stops can be read.",
        look: state::stops,
        mend: None,
        mends: "nothing: whoever knows why they are damaged begins anew",
    },
    Check {
        name: "config",
        about: "Every line of tacho.toml is understood, and a project's only tightens.",
        look: state::config,
        mend: Some(state::mend_config),
        mends: "turns what your file says in vain into comments; a project's file is its owner's",
    },
    Check {
        name: "redaction",
        about: "The scanner finds the secrets it must find.",
        look: state::redaction,
        mend: None,
        mends: "nothing: such a program must not record",
    },
    Check {
        name: "tap",
        about: "The program that hosts call is there, and of this version.",
        look: agents::tap,
        mend: None,
        mends: "nothing: install it",
    },
    Check {
        name: "hooks",
        about: "The hosts on this machine call the recorder, for every event, with a program that \
                runs.",
        look: agents::hooks,
        mend: Some(agents::install),
        mends: "installs again what is installed and broken; a host is hooked by its user alone",
    },
    Check {
        name: "settings",
        about: "No hook of anybody has an event name or a timeout that cannot be meant.",
        look: agents::settings,
        mend: None,
        mends: "nothing: it is somebody else's entry",
    },
    Check {
        name: "called",
        about: "Hooks that are installed were called.",
        look: agents::called,
        mend: None,
        mends: "nothing: start the agent anew",
    },
    Check {
        name: "latency",
        about: "A call of a hook is short.",
        look: agents::latency,
        mend: None,
        mends: "nothing: the disk or the machine is slow",
    },
    Check {
        name: "timer",
        about: "Somebody calls `tacho maintain`: a timer that works, or the end of sessions.",
        look: upkeep::timer,
        mend: Some(upkeep::install),
        mends: "installs a timer again that is installed and broken; none is installed unasked",
    },
    Check {
        name: "failures",
        about: "No hook failed unnoticed within a day.",
        look: agents::failures,
        mend: Some(agents::note_failures),
        mends: "puts them into the log as a gap; each names its own cause",
    },
];

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    if ask.fix && place.read_only {
        return Err(Failure::usage("--read-only changes nothing, and --fix would").next("one"));
    }
    if ask.list {
        let rows = CHECKS.iter().map(|check| Ok(check.row()));
        screen.list(Nature::List, LISTED, rows)?;
        return Ok(Exit::Yes);
    }
    if ask.clock_is_right {
        vault::confirm_clock(place)?;
        record_change(place, screen, "doctor.clock_is_right", &Object::new());
    }
    let scene = Scene { place, ask: &ask };
    let (mut bad, mut odd) = (0, 0);
    for check in CHECKS {
        let mut found = check.look(&scene);
        let mut mended = None;
        if ask.fix && found.iter().any(|one| !matches!(one, Found::Good(_))) {
            mended = check.mend(&scene).transpose();
            found = check.look(&scene);
        }
        match mended {
            Some(Ok(done)) => {
                let after = Object::from([("check", check.name), ("done", done.as_str())]);
                record_change(place, screen, "doctor.fix", &after);
                show(screen, check, &Found::Good(done), true)?;
            }
            Some(Err(failure)) => screen.note(&failure.to_string()),
            None => {}
        }
        for one in &found {
            bad += u64::from(matches!(one, Found::Bad(..)));
            odd += u64::from(matches!(one, Found::Odd(..)));
            show(screen, check, one, false)?;
        }
    }
    if !screen.is_json() {
        screen.note(&match (bad, odd) {
            (0, 0) => "all is well".to_owned(),
            (bad, odd) if ask.fix => format!("{bad} bad, {odd} odd are left"),
            (bad, odd) => format!("{bad} bad, {odd} odd; --fix mends what can be mended"),
        });
    }
    Ok(if bad > 0 { Exit::No } else { Exit::Yes })
}

const LISTED: &[Column] = &[
    Column { title: "check", width: Width::Chars(10) },
    Column { title: "in order when", width: Width::Rest },
    Column { title: "--fix", width: Width::Chars(48) },
];

impl Check {
    fn row(&self) -> Row {
        let json = Object::from([
            ("v", Value::from(1)),
            ("check", Value::from(self.name)),
            ("about", Value::from(self.about)),
            ("fix", Value::from(self.mends)),
        ]);
        Row { json, cells: [self.name, self.about, self.mends].map(str::to_owned).to_vec() }
    }

    /// What it finds; a look that fails has found something, too.
    fn look(&self, scene: &Scene<'_>) -> Vec<Found> {
        (self.look)(scene).unwrap_or_else(|failure| {
            let (what, next) = failure.told();
            vec![Found::Bad(what, next)]
        })
    }

    fn mend(&self, scene: &Scene<'_>) -> Result<Option<String>, Failure> {
        let Some(mend) = self.mend else { return Ok(None) };
        Ok(Some(mend(scene)?).filter(|done| !done.is_empty()))
    }
}

fn show(screen: &mut Screen, check: &Check, found: &Found, is_mended: bool) -> Result<(), Failure> {
    let (state, what, next) = match found {
        Found::Good(what) if is_mended => ("mended", what, None),
        Found::Good(what) => ("good", what, None),
        Found::Odd(what, next) => ("odd", what, Some(next)),
        Found::Bad(what, next) => ("bad", what, Some(next)),
    };
    if screen.is_json() {
        return screen.json(Object::from([
            ("v", Value::from(1)),
            ("check", Value::from(check.name)),
            ("state", Value::from(state)),
            ("what", Value::from(what.as_str())),
            ("next", Value::from(next.map(String::as_str))),
        ]));
    }
    let mark = match state {
        "mended" => screen.paint.good("+"),
        "good" => screen.paint.good("\u{2714}"),
        "odd" => screen.paint.odd("?"),
        _ => screen.paint.bad("\u{2718}"),
    };
    let what = screen.shown(what).into_owned();
    screen.line(&format!("{mark} {:10} {what}", check.name))?;
    match next {
        Some(next) => {
            let next = screen.shown(next).into_owned();
            screen.line(&format!("  {:10} try: {next}", ""))
        }
        None => Ok(()),
    }
}

/// The reference, as Markdown.
#[cfg(test)]
fn reference() -> String {
    let mut text = "# What the doctor looks at\n\nGenerated from the table that the program \
        reads; do not edit.\n\n`tacho doctor` says of each whether it is good, odd or bad, and \
        what to do; `--fix` does\nwhat a program can do, and records it.\n"
        .to_owned();
    for check in CHECKS {
        text += &format!("\n## `{}`\n\n{}\n\n`--fix` {}.\n", check.name, check.about, check.mends);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "UPDATE is how a person asks for a new page")]
    fn the_page_is_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/doctor.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(page, reference(), "`UPDATE=1 cargo test -p tacho-cli` writes it anew");
    }

    #[test]
    fn who_mends_nothing_says_so() {
        for check in CHECKS {
            assert_eq!(check.mend.is_none(), check.mends.starts_with("nothing"), "{}", check.name);
        }
    }
}
