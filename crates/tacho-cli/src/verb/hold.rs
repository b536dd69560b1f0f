//! `tacho hold`: what must be neither erased nor expire until somebody lifts it.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::reader::record_change;
use crate::screen::{Column, Nature, Row, Screen, Width};
use crate::vault::{About, called, eraser};
use tacho_event::json::{Object, Value};
use tachograph::erase::Hold;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Ask {
    /// Hold something: nothing of it is erased or expires
    #[command(visible_alias = "add")]
    Set(Set),
    /// List the holds that stand
    Ls,
    /// Lift a hold
    #[command(visible_alias = "release")]
    Lift(Lift),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Without --subject, --event, --session or --match it holds the whole log \
    of the tenant.\nA hold of a name that stands already is replaced.\n\n  \
    tacho hold set case-7 --session s-1 --reason 'asked for by the court'")]
pub(crate) struct Set {
    /// Its name, such as the case it belongs to
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    about: About,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Lift {
    /// The hold, as `tacho hold ls` names it
    #[arg(value_name = "ID")]
    id: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

const HOLDS: &[Column] = &[
    Column { title: "hold", width: Width::Chars(16) },
    Column { title: "what", width: Width::Chars(32) },
    Column { title: "reason", width: Width::Rest },
];

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let store = place.open()?;
    let eraser = eraser(place, &store)?;
    let tenant = place.tenant.as_str();
    let standing = || -> Result<Vec<Hold>, Failure> {
        Ok(eraser.holds()?.into_iter().filter(|hold| hold.tenant == tenant).collect())
    };
    match ask {
        Ask::Ls => {
            let rows: Vec<_> = standing()?.iter().map(|hold| Ok(row(hold))).collect();
            if screen.list(Nature::List, HOLDS, rows.into_iter())? == 0 {
                screen.note("nothing is held");
            }
        }
        Ask::Set(ask) => {
            let id = named(&ask.id)?;
            let scope = ask.about.scope();
            let hold = Hold { id, tenant: tenant.to_owned(), scope, why: ask.reason };
            eraser.place_hold(hold.clone())?;
            record_change(
                place,
                screen,
                "hold.set",
                &Object::from([
                    ("hold", Value::from(hold.id.as_str())),
                    ("what", Value::from(what(&hold))),
                    ("reason", Value::from(hold.why.as_str())),
                ]),
            );
            tell(screen, &hold, "holds")?;
        }
        Ask::Lift(ask) => {
            let Some(hold) = standing()?.into_iter().find(|hold| hold.id == ask.id) else {
                let what = format!("no hold `{}` stands", ask.id);
                let failure = Failure::new(Exit::CannotTell, what);
                return Err(failure.next("`tacho hold ls` lists them"));
            };
            eraser.lift_hold(&hold.id)?;
            record_change(
                place,
                screen,
                "hold.lift",
                &Object::from([
                    ("hold", Value::from(hold.id.as_str())),
                    ("reason", Value::from(ask.reason.as_str())),
                ]),
            );
            tell(screen, &hold, "no longer holds")?;
        }
    }
    Ok(Exit::Yes)
}

/// A name that a person can type again.
fn named(id: &str) -> Result<String, Failure> {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if id.is_empty() || id.len() > 64 || !id.chars().all(is_fit) {
        return Err(Failure::usage(format!("`{id}` is no name of a hold"))
            .next("up to 64 letters, digits, `.`, `_`, `-`, `/`, as in case-7"));
    }
    Ok(id.to_owned())
}

fn what(hold: &Hold) -> String {
    hold.scope.as_ref().map_or_else(|| format!("all of {}", hold.tenant), called)
}

fn tell(screen: &mut Screen, hold: &Hold, does: &str) -> Result<(), Failure> {
    if screen.is_json() {
        return screen.json(row(hold).json);
    }
    let line = format!("{} {does} {}", hold.id, what(hold));
    let line = screen.shown(&line).into_owned();
    screen.line(&line)
}

fn row(hold: &Hold) -> Row {
    let what = what(hold);
    let json = Object::from([
        ("v", Value::from(1)),
        ("hold", Value::from(hold.id.as_str())),
        ("tenant", Value::from(hold.tenant.as_str())),
        ("what", Value::from(what.as_str())),
        ("reason", Value::from(hold.why.as_str())),
    ]);
    Row { json, cells: vec![hold.id.clone(), what, hold.why.clone()] }
}
