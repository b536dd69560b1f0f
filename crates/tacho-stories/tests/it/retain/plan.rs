//! A plan says what goes, and what stands in the way.

use tacho_event::privacy::{Class, Preset};
use tachograph::erase::Hold;
use tachograph::log::Cursor;
use tachograph::retain::{KeepError, Notice, OnSize, Step, Why};

use super::{PER_FILE, Safe, age, beat, keeper, pass, two_files};
use crate::vault::safe::call;
use crate::yard::append_bare;

fn notices(safe: &Safe, settings: &[(&str, &str)]) -> Vec<Notice> {
    let plan = keeper(safe, settings).plan().unwrap();
    let tenant = plan.tenants.into_iter().find(|one| one.tenant == "default").unwrap();
    assert_eq!(tenant.steps, [], "{:?}", tenant.notices);
    tenant.notices
}

/// Events of four days, ten days apart, and today's.
fn five_days(safe: &Safe) {
    for number in 0..5 {
        let server = safe.server(Preset::Production, "acme");
        let what = format!("errand {number}");
        server.record(call(number, "alice@example.com", &what)).unwrap();
        safe.integrate();
        if number < 4 {
            age(safe, 10);
        }
    }
}

#[test]
fn days_of_a_class_go_by_its_own_period_and_the_counts_are_right() {
    let safe = Safe::new();
    five_days(&safe);
    let mut keeper = keeper(&safe, &[("pii_retention", "15d")]);
    let plan = keeper.plan_tenant("acme").unwrap();
    let of = |class| {
        plan.steps
            .iter()
            .filter(move |step| matches!(step, Step::Expire(one) if one.class == class))
    };
    assert_eq!((of(Class::Content).count(), of(Class::Identity).count()), (1, 3));
    for step in &plan.steps {
        let Step::Expire(one) = step else { panic!("{step:?}") };
        assert_eq!((one.parts, one.why), (1, Why::Age));
        assert!(one.bytes > 100);
    }
    assert!(plan.next.is_some());
    let applied = keeper.apply(&keeper_plan(&plan)).unwrap();
    assert_eq!(applied.expired.len(), 4);
    assert_eq!(keeper.plan_tenant("acme").unwrap().steps, []);
    let says = safe.says("acme");
    assert_eq!(says[0], "? ?");
    assert_eq!(says[4], "alice@example.com errand 4");
}

fn keeper_plan(tenant: &tachograph::retain::TenantPlan) -> tachograph::retain::Plan {
    tachograph::retain::Plan { tenants: vec![tenant.clone()] }
}

#[test]
fn a_store_that_moved_underneath_is_left_alone() {
    let safe = Safe::new();
    five_days(&safe);
    let mut keeper = keeper(&safe, &[]);
    let plan = keeper.plan_tenant("acme").unwrap();
    assert_eq!(plan.steps.len(), 2);
    let mut stale = plan.clone();
    for step in &mut stale.steps {
        if let Step::Expire(one) = step {
            one.parts += 1;
        }
    }
    let refused = keeper.apply(&keeper_plan(&stale));
    assert!(matches!(refused, Err(KeepError::Moved { .. })), "{refused:?}");
    assert_eq!(keeper.plan_tenant("acme").unwrap(), plan);
    // Done once, the same plan is no longer true.
    keeper.apply(&keeper_plan(&plan)).unwrap();
    assert!(matches!(keeper.apply(&keeper_plan(&plan)), Err(KeepError::Moved { .. })));
}

#[test]
fn the_oldest_days_go_when_a_class_is_too_large_but_not_what_a_rule_keeps() {
    let safe = Safe::new();
    five_days(&safe);
    let small = [("retention.cold", "400d"), ("retention.content", "400d")];
    let small = [small[0], small[1], ("retention.content_size_max", "1B")];
    let plan = keeper(&safe, &small).plan_tenant("acme").unwrap();
    let content = plan.steps.iter().filter(|step| {
        matches!(step, Step::Expire(one) if one.class == Class::Content && one.why == Why::Size)
    });
    // All but today's.
    assert_eq!(content.count(), 4);
    assert_eq!(plan.notices, [Notice::Floor { days: 2 }]);
    let bound = [small[0], small[1], small[2], ("retention.profile", "eu-ai-act")];
    let plan = keeper(&safe, &bound).plan_tenant("acme").unwrap();
    let is_content = |step: &Step| matches!(step, Step::Expire(one) if one.class == Class::Content);
    assert!(!plan.steps.iter().any(is_content));
    assert_eq!(plan.notices, [Notice::Floor { days: 183 }]);
}

#[test]
fn a_hold_a_doubtful_clock_and_a_follower_win() {
    let safe = Safe::new();
    two_files(&safe);
    age(&safe, 31);
    let hold = Hold {
        id: "case-7".to_owned(),
        tenant: "default".to_owned(),
        scope: None,
        why: String::new(),
    };
    super::eraser(&safe).place_hold(hold).unwrap();
    assert_eq!(notices(&safe, &[]), [Notice::Held { hold: "case-7".to_owned() }]);
    super::eraser(&safe).lift_hold("case-7").unwrap();
    // A plan that was made before a hold came, is not applied after.
    pass(&safe, 400);
    assert!(matches!(notices(&safe, &[])[..], [Notice::Clock(_)]));
    pass(&safe, -400);
    super::eraser(&safe).confirm_clock().unwrap();
    let cursor = Cursor::new(&safe.yard.store(), "relay", "default").unwrap();
    cursor.write(500).unwrap();
    let behind = Notice::Behind { follower: "relay".to_owned(), next: 500 };
    assert_eq!(notices(&safe, &[]), [behind]);
    cursor.write(PER_FILE).unwrap();
    let plan = keeper(&safe, &[]).plan().unwrap();
    assert!(!plan.is_empty());
    let hold = Hold {
        id: "late".to_owned(),
        tenant: "default".to_owned(),
        scope: None,
        why: String::new(),
    };
    super::eraser(&safe).place_hold(hold).unwrap();
    assert!(keeper(&safe, &[]).apply(&plan).is_err());
    assert_eq!(super::log(&safe).first(), 0);
}

#[test]
fn leaves_are_as_old_as_the_recorder_says_and_not_as_they_say() {
    let safe = Safe::new();
    // They say 2026-11-20, a year before this machine's clock: an import.
    append_bare(&safe.yard, 0, 10);
    safe.integrate();
    super::lay(&safe, 10, PER_FILE);
    append_bare(&safe.yard, 70_000, 1);
    safe.integrate();
    age(&safe, 20);
    // Nothing of the recorder's own stands behind them: nobody knows.
    assert_eq!(notices(&safe, &[]), [Notice::AgeUnknown { first: 0 }]);
    beat(&safe);
    age(&safe, 20);
    assert_eq!(notices(&safe, &[]), []);
    age(&safe, 11);
    assert!(!keeper(&safe, &[]).plan().unwrap().is_empty());
}

#[test]
fn a_log_that_grows_large_is_told_and_pruned_only_if_that_was_chosen() {
    let safe = Safe::new();
    two_files(&safe);
    age(&safe, 5);
    let large = ("retention.size_max", "1MB");
    let told = notices(&safe, &[large, ("retention.on_size", "warn")]);
    assert!(matches!(told[..], [Notice::Large { on_size: OnSize::Warn, max: 1_000_000, .. }]));
    let plan = keeper(&safe, &[large]).plan().unwrap();
    let [Step::Prune(pruning)] = &plan.tenants[0].steps[..] else { panic!("{plan:?}") };
    assert_eq!(pruning.files[0].why, Why::Size);
    // A rule keeps it, whatever its size.
    let told = notices(&safe, &[large, ("retention.profile", "pci")]);
    assert!(told.contains(&Notice::Floor { days: 365 }), "{told:?}");
}
