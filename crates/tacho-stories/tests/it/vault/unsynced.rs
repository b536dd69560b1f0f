//! Who is killed while making keys leaves some that look like any other and that no sync made
//! durable: what others seal to them opens after a power cut all the same.

use tacho_event::Draft;
use tacho_event::privacy::Preset;
use tacho_testkit::sim::{Keep, Machine, Stop};

use super::safe::{call, policy};
use super::story::start;
use crate::guards::Told;

const PRESET: Preset = Preset::Production;

fn bobs(number: u64, what: &str) -> Vec<Draft> {
    vec![call(number, "bob@example.com", what)]
}

fn record(machine: &Machine, drafts: Vec<Draft>) -> Told {
    start(machine)?.record(PRESET, &policy(PRESET), drafts)
}

/// Another process goes on, and then the power goes.
fn goes_on(machine: &Machine) -> Told {
    record(machine, bobs(2, "bobs second errand"))?;
    machine.power_cut(Keep::Nothing);
    let process = start(machine)?;
    process.integrate(true)?;
    let says = process.says(&policy(PRESET))?;
    match says.iter().any(|said| said.contains("bobs second errand")) {
        true => Ok(()),
        false => Err(format!("it is lost: {says:?}")),
    }
}

fn killed_anywhere(base: &Machine) {
    let whole = base.twin(0);
    let before = whole.ops();
    record(&whole, bobs(1, "bobs first errand")).unwrap();
    let took = whole.ops() - before;
    for at in (1..=took).step_by(tacho_testkit::stride()) {
        let machine = base.twin(at);
        machine.stop_at(machine.ops() + at, Stop::Kill);
        let _ = record(&machine, bobs(1, "bobs first errand"));
        assert!(machine.is_stopped(), "at {at} of {took}");
        machine.calm_down();
        goes_on(&machine).unwrap_or_else(|what| panic!("killed at {at} of {took}: {what}"));
    }
}

#[test]
fn what_is_sealed_to_the_keys_of_a_killed_process_opens() {
    let base = Machine::new(1);
    base.make_dir("/data");
    killed_anywhere(&base);
    record(&base, vec![call(0, "alice@example.com", "alices errand")]).unwrap();
    base.power_cut(Keep::Everything);
    killed_anywhere(&base);
}
