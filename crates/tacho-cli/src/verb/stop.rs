//! `tacho stop` and `tacho resume`: the emergency stop that every recorder heeds.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::reader::user;
use crate::screen::{Column, Nature, Row, Screen, Width};
use tacho_event::json::{Object, Value};
use tacho_event::{Span, uuid_text};
use tachograph::stop::{Lease, NewStop, Scope, StopError, Stops};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(
    after_help = "A stop denies what an agent is about to do, wherever a hook, a proxy or a \
    library asks before.\nWhat runs already, or asks nobody, is not stopped. Under the agent's own \
    user a stop is advice."
)]
pub(crate) struct Ask {
    #[command(subcommand)]
    show: Option<Show>,
    #[command(flatten)]
    whom: Whom,
    /// Why; it is recorded, and the agent is told
    #[arg(long, value_name = "TEXT", required = true)]
    reason: Option<String>,
    /// End by itself after that long, as in 30m or 2h
    #[arg(long = "for", value_name = "SPAN")]
    span: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::Subcommand)]
pub(crate) enum Show {
    /// List the stops in force
    Status,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// Stop everybody
    #[arg(long)]
    all: bool,
    /// Stop everybody of this log (--tenant)
    #[arg(long)]
    whole_tenant: bool,
    /// Stop this agent and those who work for it
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Stop this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// The stop, as `tacho stop status` names it
    #[arg(value_name = "ID", required_unless_present_any = ["all", "damaged"])]
    id: Option<String>,
    /// Lift every stop
    #[arg(long, conflicts_with = "id")]
    all: bool,
    /// Begin anew where the leases are damaged, which stops everybody
    #[arg(long, conflicts_with_all = ["id", "all"])]
    damaged: bool,
    /// Why; it is recorded
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

const LEASES: &[Column] = &[
    Column { title: "stop", width: Width::Chars(36) },
    Column { title: "whom", width: Width::Chars(24) },
    Column { title: "by", width: Width::Chars(12) },
    Column { title: "since", width: Width::Chars(23) },
    Column { title: "reason", width: Width::Rest },
];

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let store = place.open()?;
    let stops = Stops::new(&store, Place::world());
    if ask.show.is_some() {
        let leases = stops.status()?;
        let rows: Vec<_> = leases.iter().map(|lease| Ok(row(lease, screen))).collect();
        if screen.list(Nature::List, LEASES, rows.into_iter())? == 0 {
            screen.note("nobody is stopped");
        }
        return Ok(Exit::Yes);
    }
    let expires = match &ask.span {
        None => None,
        Some(text) => {
            let span = Span::parse(text).ok_or_else(|| {
                Failure::usage(format!("`{text}` is no span")).next("as in 90s, 30m, 2h or 1d")
            })?;
            Some(Place::world().now().plus(span))
        }
    };
    let reason = ask.reason.unwrap_or_default();
    let wish = NewStop { scope: ask.whom.scope(place), who: user(), reason, expires };
    let engaged = stops.engage(&place.recorder(&store)?, wish).map_err(refused)?;
    if screen.is_json() {
        screen.json(json(&engaged.lease))?;
        return Ok(Exit::Yes);
    }
    screen.line(&uuid_text(engaged.lease.id))?;
    let id = uuid_text(engaged.lease.id);
    screen.note(&format!("stopped; `tacho resume {id} --reason ...` lifts it"));
    Ok(Exit::Yes)
}

pub(crate) fn resume(place: &Place, screen: &mut Screen, ask: Resume) -> Outcome {
    let store = place.open()?;
    let stops = Stops::new(&store, Place::world());
    let recorder = place.recorder(&store)?;
    if ask.damaged {
        stops.reset(&recorder, &user(), &ask.reason).map_err(refused)?;
        screen.note("the leases begin anew: nobody is stopped");
        return Ok(Exit::Yes);
    }
    let mut lifted = 0;
    for lease in stops.status()? {
        let id = uuid_text(lease.id);
        if ask.all || ask.id.as_deref() == Some(&id) {
            stops.lift(&recorder, lease.id, &user(), &ask.reason).map_err(refused)?;
            if screen.is_json() {
                screen.json(json(&lease))?;
            } else {
                screen.line(&id)?;
            }
            lifted += 1;
        }
    }
    if lifted == 0 && !ask.all {
        let id = ask.id.unwrap_or_default();
        return Err(Failure::new(Exit::CannotTell, format!("no stop `{id}` is in force"))
            .next("`tacho stop status` lists them"));
    }
    screen.note(&format!("{lifted} lifted"));
    Ok(Exit::Yes)
}

impl Whom {
    fn scope(self, place: &Place) -> Scope {
        let tenant = place.tenant.as_str().to_owned();
        match (self.agent, self.session, self.whole_tenant) {
            (Some(agent), ..) => Scope::Agent { tenant, agent },
            (None, Some(session), _) => Scope::Session { tenant, session },
            (None, None, true) => Scope::Tenant(tenant),
            (None, None, false) => Scope::All,
        }
    }
}

fn refused(error: StopError) -> Failure {
    let what = error.to_string();
    match error {
        StopError::Busy => Failure::new(Exit::Unreachable, what).next("again in a moment"),
        StopError::Unfit(_) => Failure::usage(what),
        StopError::Damaged => Failure::new(Exit::No, what)
            .next("`tacho resume --damaged --reason ...` begins anew, once you know why"),
        StopError::NotTold { .. } => Failure::new(Exit::Unreachable, what)
            .next("nothing: it is in force; the next stop or resume records it"),
        StopError::Store(error) => error.into(),
        _ => Failure::new(Exit::CannotTell, what),
    }
}

fn whom(lease: &Lease) -> String {
    match lease.scope.target() {
        None => "everybody".to_owned(),
        Some(target) => format!("{} {target}", lease.scope.as_str()),
    }
}

fn json(lease: &Lease) -> Object {
    Object::from([
        ("v", Value::from(1)),
        ("id", Value::from(uuid_text(lease.id))),
        ("scope", Value::from(lease.scope.as_str())),
        ("target", Value::from(lease.scope.target())),
        ("by", Value::from(lease.who.as_str())),
        ("since", Value::from(lease.engaged.to_string())),
        ("expires", Value::from(lease.expires.map(|time| time.to_string()))),
        ("reason", Value::from(lease.reason.as_str())),
    ])
}

fn row(lease: &Lease, screen: &Screen) -> Row {
    let since = screen.zone.show(lease.engaged);
    let cells =
        vec![uuid_text(lease.id), whom(lease), lease.who.clone(), since, lease.reason.clone()];
    Row { json: json(lease), cells }
}
