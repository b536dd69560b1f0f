//! Parts carried from one tenant's day file into another's.

use tacho_event::privacy::{Class, Preset};
use tacho_tree::audit::{Code, Finding};

use super::account::found;
use super::safe::{Safe, call};
use tachograph::verify::{Options, Verified, verify};

const DAY: u32 = 20_412;
/// Where record and grant stand in a part: magic, total, record id, grant id.
const RECORD: std::ops::Range<usize> = 8..24;
const GRANT: std::ops::Range<usize> = 24..40;

/// Two tenants in which one person did the same, so that their records are as long.
fn two() -> Safe {
    let safe = Safe::new();
    for tenant in ["acme", "other"] {
        let recorder = safe.server(Preset::Production, tenant);
        recorder.record(call(1, "alice@example.com", "an errand")).unwrap();
    }
    safe.integrate();
    safe
}

fn asked(safe: &Safe, tenant: &str, with_keys: bool) -> Verified {
    let ring = with_keys.then(|| safe.ring());
    verify(&safe.yard.store(), tenant, &Options { ring, ..Options::default() })
}

fn changed(verified: &Verified) -> Vec<Finding> {
    let findings = found(verified).into_iter();
    findings.filter(|finding| finding.code == Code::PartChanged).collect()
}

/// Where the only part of a day file stands in it.
fn part(file: &[u8]) -> std::ops::Range<usize> {
    let at = file.windows(4).position(|magic| magic == b"TVP1").unwrap();
    let total = u32::from_be_bytes(file[at + 4..at + 8].try_into().unwrap());
    at..at + total as usize
}

#[test]
fn a_part_of_another_tenant_does_not_open_and_verify_names_it() {
    for class in [Class::Content, Class::Identity] {
        let safe = two();
        let day = |tenant: &str| safe.yard.places(tenant).day_file(class, DAY);
        let (from, to) =
            (std::fs::read(day("acme")).unwrap(), std::fs::read(day("other")).unwrap());
        let (foreign, own) = (&from[part(&from)], &to[part(&to)]);
        assert_eq!(foreign.len(), own.len());
        let mut under_own_grant = foreign.to_vec();
        under_own_grant[GRANT].copy_from_slice(&own[GRANT]);
        let mut as_own_record = under_own_grant.clone();
        as_own_record[RECORD].copy_from_slice(&own[RECORD]);
        let cases = [
            (foreign, "its grant does not stand before it", true),
            (under_own_grant.as_slice(), "it does not open with its key", false),
            (as_own_record.as_slice(), "it does not open with its key", false),
        ];
        for (moved, what, is_seen_without_keys) in cases {
            let mut forged = to.clone();
            forged[part(&to)].copy_from_slice(moved);
            std::fs::write(day("other"), forged).unwrap();
            let findings = changed(&asked(&safe, "other", true));
            assert_eq!(findings.len(), 1, "{class:?} {what}: {findings:?}");
            assert_eq!(findings[0].what, what);
            let place = findings[0].to_string();
            assert!(place.contains(day("other").to_str().unwrap()), "{place}");
            let blind = changed(&asked(&safe, "other", false));
            assert_eq!(blind.len(), usize::from(is_seen_without_keys), "{class:?} {what}");
            let said = match class {
                Class::Content => "alice@example.com ?",
                _ => "? an errand",
            };
            assert_eq!(safe.says("other")[0], said, "{what}");
            // Where it was taken from, all is as it was.
            assert_eq!(safe.says("acme")[0], "alice@example.com an errand");
            assert_eq!(changed(&asked(&safe, "acme", true)), []);
        }
        std::fs::write(day("other"), to).unwrap();
        assert_eq!(changed(&asked(&safe, "other", true)), []);
        assert_eq!(safe.says("other")[0], "alice@example.com an errand");
    }
}

/// With its grants a day opens for nobody; who holds the keys tells it from one whose keys are not
/// at hand.
#[test]
fn a_day_that_is_moved_with_its_grants_opens_for_nobody_and_is_named_with_the_keys() {
    let safe = two();
    for class in [Class::Content, Class::Identity] {
        let day = |tenant: &str| safe.yard.places(tenant).day_file(class, DAY);
        std::fs::copy(day("acme"), day("other")).unwrap();
    }
    assert_eq!(safe.says("other")[0], "? ?");
    let verified = asked(&safe, "other", true);
    let count = verified.disclosures.clone().unwrap();
    assert_eq!((count.opened, count.sealed), (0, 2));
    let findings = changed(&verified);
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings.iter().all(|one| one.what.starts_with("none of its grants opens")));
    assert_eq!(changed(&asked(&safe, "other", false)), []);
    let verified = asked(&safe, "acme", true);
    let count = verified.disclosures.clone().unwrap();
    assert_eq!((count.opened, count.sealed), (2, 0));
    assert_eq!(changed(&verified), []);
}
