//! Every digest is accounted for, and what is gone without a word is missing.

use std::path::PathBuf;

use tacho_event::Draft;
use tacho_event::privacy::{Class, Preset};
use tacho_tree::audit::{Code, Finding, Verdict};
use tachograph::verify::{Options, Verified, verify};

use super::erase::{alice, eraser, told};
use super::safe::{Safe, call};

/// The day on which everything here happens.
const TODAY: u32 = 20_412;

pub(super) fn verified(safe: &Safe, with_keys: bool) -> Verified {
    let ring = with_keys.then(|| safe.ring());
    verify(&safe.yard.store(), "acme", &Options { ring, ..Options::default() })
}

/// What is found of parts and erasures; nothing here is signed.
pub(super) fn found(verified: &Verified) -> Vec<Finding> {
    let of_parts = [
        Code::PartChanged,
        Code::PartMissing,
        Code::PartUnclaimed,
        Code::ErasureDiffers,
        Code::ErasureUnfinished,
        Code::FileMalformed,
        Code::Unreadable,
        Code::BeyondBounds,
    ];
    let findings = verified.report.findings.iter();
    findings.filter(|finding| of_parts.contains(&finding.code)).cloned().collect()
}

fn codes(verified: &Verified) -> Vec<Code> {
    found(verified).iter().map(|finding| finding.code).collect()
}

fn day_file(safe: &Safe, class: Class) -> PathBuf {
    safe.yard.places("acme").day_file(class, TODAY)
}

#[test]
fn what_was_erased_is_told_from_what_is_missing() {
    for preset in [Preset::Production, Preset::Development] {
        let safe = told(preset);
        safe.integrate();
        let before = verified(&safe, true);
        let disclosures = before.disclosures.clone().unwrap();
        assert_eq!((disclosures.opened, disclosures.missing, disclosures.sealed), (20, 0, 0));
        let erased = eraser(&safe).erase(&[alice()], "asked").unwrap();
        // Whether or not what was said of it is integrated.
        for _ in 0..2 {
            let after = verified(&safe, true);
            assert_eq!(found(&after), [], "{preset:?}");
            let after = after.disclosures.unwrap();
            assert_eq!((after.sealed, after.missing, after.erased), (0, 0, 10));
            assert_eq!(after.tickets[&erased.ticket], 10);
            safe.integrate();
        }
        // The vault's own events have a reason, which is content.
        assert_eq!(verified(&safe, true).disclosures.unwrap().opened, 12);
        let blind = verified(&safe, false).disclosures.unwrap();
        let sealed = if preset == Preset::Production { 12 } else { 2 };
        assert_eq!((blind.sealed, blind.opened), (sealed, 12 - sealed));
        // Somebody deletes a day behind our back.
        std::fs::remove_file(day_file(&safe, Class::Identity)).unwrap();
        let robbed = verified(&safe, false);
        let missing = robbed.disclosures.clone().unwrap().missing;
        assert_eq!(missing, 10, "five of Bob, five of Alice whose tombstones went too");
        let codes = codes(&robbed);
        assert_eq!(codes.iter().filter(|code| **code == Code::PartMissing).count(), 10);
        assert!(codes.contains(&Code::ErasureDiffers));
        assert_eq!(robbed.verdict(), Verdict::No);
    }
}

#[test]
fn a_part_that_the_owner_of_the_keys_changed_is_found_with_the_keys() {
    let safe = told(Preset::Production);
    safe.integrate();
    let path = day_file(&safe, Class::Content);
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(codes(&verified(&safe, false)), []);
    assert_eq!(codes(&verified(&safe, true)), [Code::PartChanged]);
}

/// What an erasure of everything of Alice leaves, with one byte of her tombstones written anew.
#[test]
fn tombstones_that_nobody_ordered_are_no_excuse() {
    let safe = told(Preset::Development);
    let erased = eraser(&safe).erase(&[alice()], "asked").unwrap();
    safe.integrate();
    let path = day_file(&safe, Class::Identity);
    let whole = std::fs::read(&path).unwrap();
    let at = whole.windows(16).position(|window| window == erased.ticket).unwrap();
    // Another ticket, of which nobody ever spoke.
    let mut forged = whole.clone();
    forged[at] ^= 1;
    std::fs::write(&path, forged).unwrap();
    let verified_now = verified(&safe, false);
    assert_eq!(codes(&verified_now), [Code::ErasureDiffers; 2], "one too few, and one unsaid");
    assert_eq!(verified_now.verdict(), Verdict::No);
    // Bob's part made to look erased under Alice's ticket.
    let tomb = &whole[at - 52..];
    let total = u32::from_be_bytes(tomb[12..16].try_into().unwrap()) as usize + 8;
    let bobs = at - 52 + total;
    assert_eq!(&whole[bobs + 8..bobs + 12], b"TVP1");
    let bob_total = u32::from_be_bytes(whole[bobs + 12..bobs + 16].try_into().unwrap()) as usize;
    let leaf = u64::from_be_bytes(whole[bobs..bobs + 8].try_into().unwrap());
    let entry = safe.yard.log("acme").get(leaf).unwrap().unwrap();
    let digest = entry.leaf.at("/identity/_sd/0").and_then(|one| one.as_str()).unwrap();
    let digest = tacho_event::privacy::from_base64url(digest).unwrap();
    let mut forged = whole.clone();
    let mut stone = tomb[..68].to_vec();
    stone[..8].copy_from_slice(&leaf.to_be_bytes());
    stone[12..16].copy_from_slice(&(bob_total as u32).to_be_bytes());
    stone[16..48].copy_from_slice(&whole[bobs + 16..bobs + 48]);
    stone.extend(digest);
    stone.resize(bob_total + 8, 0);
    forged[bobs..bobs + bob_total + 8].copy_from_slice(&stone);
    std::fs::write(&path, forged).unwrap();
    let report = verified(&safe, false);
    assert_eq!(report.disclosures.clone().unwrap().erased, 11);
    assert_eq!(codes(&report), [Code::ErasureDiffers]);
}

#[test]
fn an_erasure_that_was_interrupted_is_neither_missing_nor_done() {
    let safe = told(Preset::Development);
    let erased = eraser(&safe).erase(&[alice()], "asked").unwrap();
    safe.integrate();
    // As if it had died before it said that it is done: the same leaves without the last.
    let log = safe.yard.log("acme");
    let done = (0..log.size())
        .find(|at| {
            let leaf = log.get(*at).unwrap().unwrap().leaf;
            leaf.at("/action/name").and_then(|name| name.as_str()) == Some("tacho.erase.done")
        })
        .unwrap();
    let leaves = safe.yard.places("acme").leaf_file(0);
    let text = std::fs::read_to_string(&leaves).unwrap();
    let text = text.replace("tacho.erase.done", "tacho.erase.gone");
    std::fs::write(&leaves, text).unwrap();
    let unfinished = verified(&safe, false);
    let of_erasures = found(&unfinished);
    assert_eq!(of_erasures.len(), 2, "one for each class");
    assert!(of_erasures.iter().all(|finding| finding.code == Code::ErasureUnfinished));
    let ticket: String = erased.ticket.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(of_erasures[0].what.contains(&ticket));
    assert!(done > 10);
}

/// A statement is no order: it must add up like any other.
#[test]
fn a_statement_of_an_expiry_covers_nothing_else() {
    let safe = told(Preset::Development);
    safe.integrate();
    let events = safe.yard.log("acme").size();
    std::fs::remove_file(day_file(&safe, Class::Identity)).unwrap();
    let draft = Draft::system("tacho.expire")
        .with("action.system.ticket", "00".repeat(16).as_str())
        .with("action.system.class", "identity")
        .with("action.system.day", u64::from(TODAY))
        .with("action.system.from", 0)
        .with("action.system.until", events)
        .with("action.system.identity_count", 3)
        .with("action.system.identity_root", "ab".repeat(32).as_str());
    safe.server(Preset::Development, "acme").record(draft).unwrap();
    safe.integrate();
    let report = verified(&safe, false);
    assert_eq!(codes(&report), [Code::ErasureDiffers]);
    assert_eq!(report.disclosures.unwrap().expired, 10);
    // Nor does it reach what comes after it.
    safe.server(Preset::Development, "acme").record(call(50, "bob@example.com", "later")).unwrap();
    safe.integrate();
    std::fs::remove_file(day_file(&safe, Class::Identity)).unwrap();
    assert!(codes(&verified(&safe, false)).contains(&Code::PartMissing));
}
