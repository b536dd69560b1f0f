//! Days that are over are packed: smaller, and everything is read, erased and expires as before.

use std::sync::atomic::Ordering;

use tacho_event::privacy::{Class, Preset};
use tacho_tree::audit::Code;
use tachograph::erase::{Eraser, Keep, Scope, Target};
use tachograph::pack::{self, Due, Packed};
use tachograph::verify::{Options, Verified, verify};

use crate::vault::safe::{Safe, call};

const DAY_MICROS: i64 = 86_400_000_000;
const EACH: u64 = 40;

/// Two people's errands of one day, by a server and by hooks; the day is over.
fn yesterday(preset: Preset) -> Safe {
    let safe = Safe::new();
    let server = safe.server(preset, "acme");
    for number in 0..EACH {
        let (who, what) =
            [("alice@example.com", "alices"), ("bob@example.com", "bobs")][number as usize % 2];
        server.record(call(number, who, &format!("{what} errand {number}"))).unwrap();
    }
    server.record(call(EACH, "", "the robots errand")).unwrap();
    safe.integrate();
    pass(&safe, 1);
    safe
}

fn pass(safe: &Safe, days: i64) {
    safe.yard.world.micros.fetch_add(days * DAY_MICROS, Ordering::Relaxed);
}

fn due(safe: &Safe) -> Vec<Due> {
    pack::plan(&safe.yard.store(), safe.yard.world.as_ref(), "acme").unwrap()
}

fn pack(safe: &Safe, preset: Preset) -> Vec<Packed> {
    let world: std::sync::Arc<dyn tachograph::world::World> = safe.yard.world.clone();
    let ring = (preset == Preset::Production).then(|| safe.ring());
    pack::apply(&safe.yard.store(), &world, ring.as_ref(), &due(safe)).unwrap()
}

fn eraser(safe: &Safe) -> Eraser {
    Eraser::new(&safe.yard.store(), safe.yard.world.clone(), safe.ring())
}

/// Whether a file below the directory holds the text, in the clear.
fn holds(dir: &std::path::Path, text: &str) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, text);
        }
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

/// What `verify` says, with the keys at hand.
fn asked(safe: &Safe) -> Verified {
    let options = Options { ring: Some(safe.ring()), ..Options::default() };
    verify(&safe.yard.store(), "acme", &options)
}

/// What it finds wrong with parts and erasures.
fn found(verified: &Verified) -> Vec<String> {
    let wrong = [
        Code::PartChanged,
        Code::PartMissing,
        Code::PartUnclaimed,
        Code::ErasureDiffers,
        Code::ErasureUnfinished,
    ];
    let findings = verified.report.findings.iter();
    findings.filter(|one| wrong.contains(&one.code)).map(|one| format!("{one:?}")).collect()
}

/// How many digests open.
fn present(safe: &Safe) -> u64 {
    disclosures(safe).opened
}

fn disclosures(safe: &Safe) -> tachograph::verify::Disclosures {
    let verified = asked(safe);
    assert_eq!(found(&verified), [] as [String; 0]);
    verified.disclosures.unwrap()
}

/// So many digests open, and nothing is wrong.
fn is_sound(safe: &Safe, present: u64) {
    let count = disclosures(safe);
    assert_eq!((count.opened, count.sealed, count.missing), (present, 0, 0));
}

#[test]
fn a_day_that_is_over_is_packed_and_says_what_it_said() {
    for preset in [Preset::Production, Preset::Development] {
        let safe = yesterday(preset);
        let said = safe.says("acme");
        let (before, there) = (due(&safe), present(&safe));
        assert_eq!(before.len(), 2, "content and identity: {before:?}");
        let packed = pack(&safe, preset);
        assert_eq!(packed.iter().map(|one| one.left).sum::<u64>(), 0);
        assert!(packed.iter().map(|one| one.parts).sum::<u64>() > 2 * EACH);
        for one in &packed {
            assert!(one.bytes * 2 < one.due.bytes, "{preset:?} {one:?}");
        }
        assert_eq!(safe.says("acme"), said);
        is_sound(&safe, there);
        assert_eq!(due(&safe), []);
        // The list is derived: without it the file is walked.
        for class in [Class::Content, Class::Identity] {
            let log = safe.yard.log("acme");
            let day = before[0].day;
            std::fs::remove_file(log.places().part_blocks(class, day)).unwrap();
        }
        assert_eq!(due(&safe), []);
        assert_eq!(safe.says("acme"), said);
    }
}

#[test]
fn what_comes_late_is_packed_with_the_rest() {
    let preset = Preset::Production;
    let safe = yesterday(preset);
    pack(&safe, preset);
    pass(&safe, -1);
    safe.server(preset, "acme").record(call(99, "bob@example.com", "bobs late errand")).unwrap();
    safe.integrate();
    pass(&safe, 1);
    let (said, there) = (safe.says("acme"), present(&safe));
    assert_eq!(said.last().unwrap(), "bob@example.com bobs late errand");
    is_sound(&safe, there);
    assert_eq!(due(&safe).len(), 2);
    pack(&safe, preset);
    assert_eq!(due(&safe), []);
    assert_eq!(safe.says("acme"), said);
    is_sound(&safe, there);
}

#[test]
fn an_erasure_reaches_into_blocks_and_leaves_the_others_there() {
    for preset in [Preset::Production, Preset::Development] {
        for scope in [
            Scope::Subject("alice@example.com".to_owned()),
            Scope::Matching("alices errand".to_owned()),
            Scope::Events(vec!["e-0".to_owned(), "e-40".to_owned()]),
        ] {
            let safe = yesterday(preset);
            pack(&safe, preset);
            // Another packing died here.
            let dir = safe.yard.log("acme").places().class(Class::Content);
            std::fs::write(dir.join("2026-01-01.tv.tmp"), "alices errand 0").unwrap();
            let target = Target { tenant: "acme".to_owned(), scope: scope.clone() };
            let preview = eraser(&safe).preview(&target).unwrap();
            let erased = eraser(&safe).erase(&[target], "asked").unwrap();
            let says = safe.says("acme");
            let alices = says.iter().filter(|said| said.contains("alices errand")).count() as u64;
            let bobs = says.iter().filter(|said| said.contains("bobs errand")).count() as u64;
            let gone = if matches!(scope, Scope::Events(_)) { 1 } else { EACH / 2 };
            assert_eq!((alices, bobs), (EACH / 2 - gone, EACH / 2), "{preset:?} {scope:?}");
            assert!(!holds(&safe.yard.path(), "alices errand 0"));
            if gone > 1 {
                assert!(!holds(&safe.yard.path(), "alices errand"));
            }
            assert!(preview.events >= gone);
            let count = disclosures(&safe);
            assert_eq!(count.missing, 0);
            assert!(count.erased >= gone, "{preset:?} {scope:?} {erased:?}");
        }
    }
}

#[test]
fn a_packed_day_expires_whole() {
    let preset = Preset::Production;
    let safe = yesterday(preset);
    pack(&safe, preset);
    let there = present(&safe);
    let mut eraser = eraser(&safe);
    let keep = Keep { content_days: Some(5), identity_days: Some(5) };
    for _ in 0..10 {
        pass(&safe, 1);
        eraser.due("acme", keep).unwrap();
    }
    let due = eraser.due("acme", keep).unwrap();
    assert_eq!(due.len(), 2);
    eraser.expire(&due).unwrap().unwrap();
    let count = disclosures(&safe);
    assert_eq!((count.expired, count.missing), (there, 0));
}
