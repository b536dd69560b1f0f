//! A sync of a segment fails, and the kernel tells it once, to somebody: nobody else is told that
//! what was lost with it is durable.

use std::io::ErrorKind;

use tacho_testkit::sim::{Fault, Keep, Machine, On};
use tachograph::integrate::{Budget, IntegrateError, Integrator};
use tachograph::wal::{Patience, Position};

use crate::harness::{Process, start};

/// Somebody else's sync of the segment fails, and the kernel tells him alone: what was appended and
/// not committed yet is durable after its commit, or that says no.
fn a_failing_sync_takes_no_frame_with_it(sync: fn(&Machine, &Process, Position)) {
    for seed in 0..40 {
        let machine = Machine::new(seed);
        let (writer, other) = (start(&machine), start(&machine));
        let first = writer.append_durably(&[1]);
        let second = writer.append(&[2]).unwrap();
        machine.fault(Fault::once(On::Sync, "00000001.wal", ErrorKind::Other));
        sync(&machine, &other, first.end);
        let committed = writer.wal.commit(second.end);
        machine.calm_down();
        machine.power_cut(Keep::Nothing);
        let numbers = start(&machine).contents().numbers();
        let durable: &[u64] = if committed.is_ok() { &[1, 2] } else { &[1] };
        assert!(numbers.starts_with(durable), "seed {seed}: {numbers:?}");
    }
}

#[test]
fn a_sync_of_zeros_that_fails_takes_no_frame_with_it() {
    a_failing_sync_takes_no_frame_with_it(|_, process, end| {
        let _ = process.wal.fill_ahead(end, 8 << 10, || true);
    });
}

#[test]
fn a_sync_that_fails_while_somebody_integrates_takes_no_frame_with_it() {
    a_failing_sync_takes_no_frame_with_it(|machine, process, _| {
        let mut integrator = Integrator::new(&process.store, machine.world());
        let failed = integrator.run(Budget::default());
        assert!(matches!(failed, Err(IntegrateError::Store(_))), "{failed:?}");
    });
}

#[test]
fn a_failing_sync_of_a_closed_segment_hides_no_frame() {
    for seed in 0..40 {
        let machine = Machine::new(seed);
        let (writer, other) = (start(&machine), start(&machine));
        writer.append_durably(&[1]);
        let second = writer.append(&[2]).unwrap();
        // The other one's sync is good, and this one's is not, or the other way round.
        let after = u32::from(seed % 2 == 0);
        let fault = Fault::once(On::Sync, "00000001.wal", ErrorKind::Other);
        machine.fault(Fault { after, ..fault });
        other.wal.rotate(Patience::Server).unwrap();
        other.append_durably(&[3]);
        let committed = writer.wal.commit(second.end);
        machine.calm_down();
        machine.power_cut(Keep::Nothing);
        let mut numbers = start(&machine).contents().numbers();
        if after == 0 && committed.is_err() {
            // It went with the sync that failed, and nobody was told that it is durable.
            numbers.retain(|number| *number != 2);
            numbers.insert(1, 2);
        }
        assert_eq!(numbers, [1, 2, 3], "seed {seed}: {committed:?}");
    }
}
