//! Who records after somebody was killed, and before anybody goes on with what was killed, loses
//! nothing: not when the power goes, and not when it is gone on with.

use tacho_testkit::sim::{Keep, Machine, Stop};

use super::crash::{Scene, TALES, Tale};
use super::safe::{call, policy};
use super::story::{start, told};
use crate::guards::ensure;

/// Somebody who holds the keys comes by, and a hook; and who integrates, with the keys or without.
/// Gives how often something was acknowledged.
fn comes_by(machine: &Machine, scene: &Scene, seed: u64) -> Result<u64, String> {
    let process = start(machine)?;
    let errand = |number| vec![call(number, "bob@example.com", "meanwhile")];
    let held = process.record(scene.preset, &scene.policy, errand(40));
    let hooked = process.hook(&scene.policy, errand(41));
    // What was acknowledged is, whoever cannot integrate.
    let with_keys = [None, Some(true), Some(false)][(seed % 3) as usize];
    let _integrated = with_keys.map(|with_keys| process.integrate(with_keys));
    Ok(u64::from(held.is_ok()) + u64::from(hooked.is_ok()))
}

/// Gives how often somebody was told that what was recorded is safe.
fn tell(tale: &Tale, base: &Machine, at: u64, seed: u64) -> Result<u64, String> {
    let machine = base.twin(seed);
    machine.stop_in_change(machine.changes() + 1 + at, Stop::Kill);
    let outcome = tale.act(&machine);
    if !machine.is_stopped() {
        return Err(format!("nobody died: {outcome:?}"));
    }
    machine.calm_down();
    let scene = Scene { policy: policy(tale.preset), preset: tale.preset };
    // Who is refused was told so.
    let acknowledged = comes_by(&machine, &scene, seed).unwrap_or_default();
    let keep = if seed.is_multiple_of(2) { Keep::Nothing } else { Keep::Some };
    machine.power_cut(keep);
    tale.end(&machine, false)?;
    let process = start(&machine)?;
    process.integrate(true)?;
    let says = process.says(&scene.policy)?;
    let found = says.iter().filter(|said| *said == "meanwhile").count() as u64;
    ensure(found >= acknowledged, format!("{found} of {acknowledged}: {says:?}"))?;
    Ok(acknowledged)
}

/// In every twelfth change; the shift chooses which.
#[test]
fn who_records_after_a_kill_loses_nothing_when_the_power_goes() {
    let shift = tacho_testkit::shift();
    let step = if tacho_testkit::stride() == 1 { 12 } else { 81 };
    let names = ["erase", "match plain", "expire", "expire plain", "pack", "seal", "open"];
    for tale in TALES.iter().filter(|tale| names.contains(&tale.name)) {
        let base = tale.prepared(7).unwrap();
        let took = tale.whole(&base).map_err(told).unwrap();
        let mut acknowledged = 0;
        for at in (shift % step..took).step_by(usize::try_from(step).unwrap()) {
            acknowledged += tell(tale, &base, at, shift + at / step).unwrap_or_else(|what| {
                let place = format!("killed in change {at} of {took}");
                panic!("{}, {place} (TACHO_SHIFT={shift}): {what}", tale.name);
            });
        }
        assert!(acknowledged > 0, "{}: everybody was refused", tale.name);
    }
}
