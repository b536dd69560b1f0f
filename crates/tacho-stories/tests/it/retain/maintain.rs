//! One call does all that is due, and may be made at any time.

use tacho_event::privacy::Preset;
use tachograph::maintain::{Maintainer, Report};
use tachograph::retain::Notice;

use super::{PER_FILE, Safe, age, eraser, log, terms, two_files};
use crate::vault::safe::call;

fn maintainer(safe: &Safe, settings: &[(&str, &str)]) -> Maintainer {
    let store = safe.yard.store();
    Maintainer::new(&store, safe.yard.world.clone(), safe.ring(), terms(settings))
}

/// A few events, signed.
fn few(safe: &Safe) {
    crate::yard::append_bare(&safe.yard, 0, 50);
    safe.integrate();
    super::sign(safe);
}

fn run(safe: &Safe) -> Report {
    let report = maintainer(safe, &[]).run().unwrap();
    assert_eq!(report.problems, []);
    report
}

#[test]
fn everything_due_is_done_once() {
    if tacho_testkit::spares("upkeep of two leaf files") {
        return;
    }
    let safe = Safe::new();
    two_files(&safe);
    eraser(&safe).confirm_clock().unwrap();
    safe.server(Preset::Production, "acme").record(call(1, "alice@example.com", "errand")).unwrap();
    let report = run(&safe);
    assert_eq!(report.integrated, 1);
    assert_eq!(report.beats, ["acme"]);
    assert_eq!(report.signed, ["acme", "default"]);
    assert!(report.applied.pruned.is_empty() && report.next.is_some());
    // Again, and nothing is left to do.
    let again = run(&safe);
    assert_eq!((again.integrated, again.beats.len()), (0, 0));
    age(&safe, 31);
    let report = run(&safe);
    assert_eq!(report.applied.pruned.len(), 1);
    assert_eq!(report.applied.expired.len(), 2);
    assert_eq!(log(&safe).first(), PER_FILE);
    let again = run(&safe);
    assert!(again.applied.pruned.is_empty() && again.applied.expired.is_empty());
    let verified = log(&safe).verify(&crate::verify::trusted(&safe.yard));
    assert_eq!(verified.report.findings, []);
}

#[test]
fn who_finds_the_lock_taken_leaves() {
    let safe = Safe::new();
    few(&safe);
    let store = safe.yard.store();
    let path = store.places().maintain_lock();
    let file = std::fs::File::create(&path).unwrap();
    file.lock().unwrap();
    let report = maintainer(&safe, &[]).run().unwrap();
    assert!(report.is_busy && !report.is_done());
    assert_eq!(report, Report { is_busy: true, ..Report::default() });
    file.unlock().unwrap();
    assert!(run(&safe).is_done());
}

#[test]
fn a_log_that_grows_large_is_told_once_a_day() {
    let safe = Safe::new();
    few(&safe);
    eraser(&safe).confirm_clock().unwrap();
    let settings = [("retention.size_max", "1kB"), ("retention.on_size", "warn")];
    let report = maintainer(&safe, &settings).run().unwrap();
    assert_eq!(report.warned, ["default"]);
    assert!(matches!(report.notices[..], [(_, Notice::Large { .. })]));
    let said = |safe: &Safe| {
        let log = log(safe);
        let name = |leaf: &tacho_event::json::Object| {
            leaf.at("/action/name").and_then(|name| name.as_str()) == Some("tacho.size")
        };
        let query = tachograph::log::Query { filter: Some(&name), ..Default::default() };
        log.query(query).unwrap().count()
    };
    assert_eq!(maintainer(&safe, &settings).run().unwrap().warned, [""; 0]);
    assert_eq!(said(&safe), 1);
    age(&safe, 1);
    assert_eq!(maintainer(&safe, &settings).run().unwrap().warned, ["default"]);
    assert_eq!(said(&safe), 2);
}

#[test]
fn what_fails_is_told_and_the_rest_goes_on() {
    let safe = Safe::new();
    few(&safe);
    // The clock was never confirmed: nothing goes, and everything else is done.
    let report = run(&safe);
    assert!(report.notices.iter().all(|(_, notice)| matches!(notice, Notice::Clock(_))));
    assert_eq!(report.signed, ["default"]);
    std::fs::remove_file(safe.yard.keys().join("highwater")).unwrap();
    let report = maintainer(&safe, &[]).run().unwrap();
    assert_eq!(report.problems.iter().map(|one| one.task).collect::<Vec<_>>(), ["sign"]);
}
