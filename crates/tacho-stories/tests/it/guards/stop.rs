//! Guards of the stop leases.

use std::sync::{Arc, Mutex};

use tacho_event::TenantId;
use tacho_event::privacy::Policy;
use tacho_testkit::sim::{Keep, Machine, Stop};
use tachograph::files::Point;
use tachograph::record::{Ack, Recorder, Settings};
use tachograph::stop::{Lease, NewStop, Scope, StopError, Stops};

use super::{Guard, Scene, Told};
use crate::harness::{Process, start, try_start};

pub(super) fn guards() -> Vec<Guard> {
    let guard = |point, name, tell| Guard { point, name, tell };
    vec![
        guard(Point::StopLock, "two_who_engage_at_once", two_who_engage_at_once),
        guard(Point::StopSync, "engaged_stops_survive", engaged_stops_survive),
        guard(Point::StopRename, "engaged_stops_survive", engaged_stops_survive),
        guard(Point::StopDirSync, "engaged_stops_survive", engaged_stops_survive),
    ]
}

fn stops(process: &Process, machine: &Machine) -> Stops {
    Stops::new(&process.store, machine.world())
}

fn recorder(machine: &Machine) -> Result<Recorder, String> {
    let process = try_start(machine).map_err(|error| error.to_string())?;
    let tenant = TenantId::new("default").ok_or("no tenant")?;
    let settings = Settings { tenant, beat: false, ack: Ack::Os, ..Settings::default() };
    let Process { store, wal, .. } = process;
    Recorder::new(store, wal, machine.world(), Policy::default(), settings)
        .map_err(|error| error.to_string())
}

fn engage(machine: &Machine, session: &str) -> Result<Lease, StopError> {
    let scope = Scope::Session { tenant: "default".to_owned(), session: session.to_owned() };
    let (who, reason) = ("alice".to_owned(), "runaway".to_owned());
    let recorder = recorder(machine).map_err(|_| StopError::Unfit("no recorder"))?;
    let process = try_start(machine).map_err(|_| StopError::Unfit("no store"))?;
    let wish = NewStop { scope, who, reason, expires: None };
    stops(&process, machine).engage(&recorder, wish).map(|engaged| engaged.lease)
}

fn in_force(machine: &Machine, leases: &[Lease]) -> Told {
    let there = stops(&start(machine), machine).status().map_err(|error| error.to_string())?;
    let missing = leases.iter().find(|lease| !there.iter().any(|one| one.id == lease.id));
    missing.map_or(Ok(()), |lease| Err(format!("{lease} is not in force")))
}

/// The power goes at any moment of engaging: a stop that somebody was told of, is in force.
fn engaged_stops_survive(scene: Scene) -> Told {
    for at in (1..).step_by(4) {
        let machine = scene.machine();
        let mut told = vec![engage(&machine, "s-0").map_err(|error| error.to_string())?];
        machine.power_cut(Keep::Nothing);
        in_force(&machine, &told)?;
        machine.stop_at(machine.ops() + at, Stop::PowerCut);
        let engaged = engage(&machine, "s-1");
        let stopped = machine.is_stopped();
        machine.calm_down();
        machine.power_cut(Keep::Some);
        match engaged {
            Ok(lease) => told.push(lease),
            Err(error) if !stopped => return Err(error.to_string()),
            Err(_) => {}
        }
        in_force(&machine, &told)?;
        if !stopped {
            break;
        }
    }
    Ok(())
}

/// While one process engages a stop, another does, at any moment.
fn two_who_engage_at_once(scene: Scene) -> Told {
    for at in 1.. {
        let machine = scene.machine();
        engage(&machine, "s-0").map_err(|error| error.to_string())?;
        let other = Arc::new(Mutex::new(None));
        let (tell, theirs) = (other.clone(), machine.clone());
        let op = machine.ops() + at;
        machine.interrupt_at(op, move || {
            *tell.lock().unwrap() = engage(&theirs, "s-2").ok();
        });
        let ours = engage(&machine, "s-1");
        let interrupted = machine.ops() > op;
        machine.interrupt_at(u64::MAX, || {});
        let mut told: Vec<Lease> = other.lock().unwrap().take().into_iter().collect();
        match ours {
            Ok(lease) => told.push(lease),
            Err(StopError::Busy) => {}
            Err(error) => return Err(error.to_string()),
        }
        in_force(&machine, &told)?;
        if !interrupted {
            break;
        }
    }
    Ok(())
}
