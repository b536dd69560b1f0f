//! Days that are over go whole, and no clock makes them go early.

use std::io::ErrorKind;
use std::sync::atomic::Ordering;

use tacho_event::privacy::{Class, Preset};
use tacho_testkit::sim::{Fault, Machine, On};
use tachograph::erase::{Due, Eraser, Keep};
use tachograph::tenant::date;
use tachograph::vault::VaultError;

use super::account::{found, verified};
use super::crash::{DAY_MICROS as DAY, drafts};
use super::erase::{alice, eraser, holders};
use super::safe::{Safe, call, policy};
use super::story::{start, told};

const DAY_MICROS: i64 = 86_400_000_000;
const KEEP: Keep = Keep { content_days: Some(30), identity_days: Some(10) };

fn pass(safe: &Safe, days: i64) {
    safe.yard.world.micros.fetch_add(days * DAY_MICROS, Ordering::Relaxed);
}

/// One event on each of four days, ten days apart; the clock looked at every day.
fn four_days(preset: Preset) -> (Safe, Eraser) {
    let safe = Safe::new();
    let mut watcher = eraser(&safe);
    for number in 0..4 {
        let server = safe.server(preset, "acme");
        server.record(call(number, "alice@example.com", &format!("errand {number}"))).unwrap();
        safe.integrate();
        for _ in 0..10 {
            pass(&safe, 1);
            watcher.due("acme", KEEP).unwrap();
        }
    }
    (safe, watcher)
}

#[test]
fn days_that_are_due_go_and_the_others_stay() {
    for preset in [Preset::Production, Preset::Development] {
        let (safe, mut eraser) = four_days(preset);
        let due = eraser.due("acme", KEEP).unwrap();
        // Forty days on: one day of content, three of identity.
        let of = |class| due.iter().filter(|due| due.class == class).count();
        assert_eq!((of(Class::Content), of(Class::Identity)), (1, 3));
        eraser.expire(&due).unwrap().unwrap();
        assert_eq!(holders(&safe, "errand 0"), [] as [std::path::PathBuf; 0]);
        let says = safe.says("acme");
        assert_eq!(says[..4], ["? ?", "? errand 1", "? errand 2", "alice@example.com errand 3"]);
        assert_eq!(eraser.due("acme", KEEP).unwrap(), []);
        // It is said what went.
        let log = safe.yard.log("acme");
        let named = |at| log.get(at).unwrap().unwrap().leaf;
        let said = (0..log.size()).map(named).filter(|leaf| {
            leaf.at("/action/name").and_then(|name| name.as_str()) == Some("tacho.expire")
        });
        assert_eq!(said.count(), 4);
        for _ in 0..2 {
            let report = verified(&safe, true);
            assert_eq!(found(&report), [], "{preset:?}");
            let disclosures = report.disclosures.unwrap();
            assert_eq!((disclosures.expired, disclosures.missing, disclosures.sealed), (4, 0, 0));
            safe.integrate();
        }
    }
}

#[test]
fn a_clock_that_jumped_destroys_nothing() {
    let (safe, mut eraser) = four_days(Preset::Production);
    pass(&safe, 400);
    assert!(matches!(eraser.due("acme", KEEP), Err(VaultError::Clock(_))));
    // Nor does one that jumped back, nor one of which nothing is known any more.
    pass(&safe, -400);
    assert!(matches!(eraser.due("acme", KEEP), Err(VaultError::Clock(_))));
    std::fs::remove_file(safe.yard.keys().join("clock")).unwrap();
    assert!(matches!(eraser.due("acme", KEEP), Err(VaultError::Clock(_))));
    assert_eq!(safe.says("acme")[0], "alice@example.com errand 0");
    // A day of steady going makes up for it; so does an operator.
    for _ in 0..25 {
        safe.yard.world.micros.fetch_add(DAY_MICROS / 24, Ordering::Relaxed);
        let _ = eraser.due("acme", KEEP);
    }
    assert!(!eraser.due("acme", KEEP).unwrap().is_empty());
    pass(&safe, 3);
    assert!(eraser.due("acme", KEEP).is_err());
    eraser.confirm_clock().unwrap();
    assert!(eraser.due("acme", KEEP).is_ok());
}

#[test]
fn tombstones_outlive_their_day_and_a_hold_stops_expiry() {
    let (safe, mut eraser) = four_days(Preset::Production);
    eraser.erase(&[alice()], "asked").unwrap();
    let hold = tachograph::erase::Hold {
        id: "case".to_owned(),
        tenant: "acme".to_owned(),
        scope: None,
        why: String::new(),
    };
    eraser.place_hold(hold).unwrap();
    assert!(matches!(eraser.due("acme", KEEP), Err(VaultError::Held { .. })));
    eraser.lift_hold("case").unwrap();
    let due = eraser.due("acme", KEEP).unwrap();
    assert_eq!(due.len(), 4);
    eraser.expire(&due).unwrap();
    let log = safe.yard.log("acme");
    let mut tombs = log.part_files().tombstones(Class::Identity).unwrap().unwrap();
    let mut count = 0;
    while tombs.next_record().unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 3);
}

/// Events of eight days; gives the machine and the first day. What hooks sealed on the day `waits`
/// waits for whoever holds the keys.
fn eight_days(waits: Option<u64>) -> (Machine, u32) {
    let machine = Machine::new(11);
    machine.make_dir("/data");
    let policy = policy(Preset::Production);
    let mut first = None;
    for day in 0..8 {
        let process = start(&machine).unwrap();
        first.get_or_insert(u32::try_from(process.world.now().day()).unwrap());
        process.record(Preset::Production, &policy, drafts(2 * day..2 * day + 1)).unwrap();
        process.hook(&policy, drafts(2 * day + 1..2 * day + 2)).unwrap();
        process.integrate(waits != Some(day)).unwrap();
        machine.pass(DAY);
    }
    (machine, first.unwrap())
}

/// Lets one day of content and identity go while no file of the days in between can be opened.
fn expire_alone(machine: &Machine, first: u32, at: u32) -> Result<(), String> {
    let twin = machine.twin(1);
    let others = (0..8).filter(|other| *other != at).map(|other| date(first + other));
    let others: Vec<String> = others.collect();
    let mut files = 0;
    for path in twin.paths() {
        let path = path.to_string_lossy().into_owned();
        if others.iter().any(|other| path.contains(other)) {
            let fault = Fault::for_ever(On::Open, path.leak(), ErrorKind::PermissionDenied);
            twin.fault(fault);
            files += 1;
        }
    }
    assert!(files >= 2 * 7, "{files}");
    let due = [Class::Content, Class::Identity];
    let due = due.map(|class| Due { tenant: "acme".to_owned(), class, day: first + at });
    start(&twin)?.eraser().expire(&due).map_err(told)?;
    Ok(())
}

#[test]
fn expiring_a_day_opens_no_file_of_another_day() {
    let (machine, first) = eight_days(None);
    for day in 0..8 {
        expire_alone(&machine, first, day).unwrap();
    }
}

#[test]
fn expiring_a_day_opens_the_files_where_something_waits_for_the_master() {
    let (machine, first) = eight_days(Some(5));
    let refused = expire_alone(&machine, first, 2).unwrap_err();
    assert!(refused.contains(&date(first + 5)), "{refused}");
    // What goes needs no new master.
    expire_alone(&machine, first, 5).unwrap();
}

#[test]
fn a_state_that_was_lost_learns_again_where_something_waits_for_the_master() {
    let (machine, first) = eight_days(Some(5));
    machine.unlink("/data/store/tenants/acme/state");
    let refused = expire_alone(&machine, first, 2).unwrap_err();
    assert!(refused.contains(&date(first)), "{refused}");
    let process = start(&machine).unwrap();
    let due = Due { tenant: "acme".to_owned(), class: Class::Content, day: first };
    process.eraser().expire(&[due]).unwrap();
    let refused = expire_alone(&machine, first, 2).unwrap_err();
    assert!(refused.contains(&date(first + 5)), "{refused}");
    expire_alone(&machine, first, 5).unwrap();
}
