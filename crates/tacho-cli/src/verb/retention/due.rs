//! Given what is due for a tenant, says it: every step with its counts and bytes, what holds the
//! rest back, what stays provable.

use crate::failure::Failure;
use crate::screen::Screen;
use tacho_event::json::{Object, Value};
use tacho_event::privacy::Class;
use tachograph::retain::{LeafFile, Notice, OnSize, Step, TenantPlan, Tier, Why};
use tachograph::tenant::date;

pub(super) fn show(screen: &mut Screen, plan: &TenantPlan) -> Result<(), Failure> {
    let (tenant, terms, bytes) = (&plan.tenant, &plan.terms.name, plan.sizes.total());
    let leaves = plan.size - plan.first;
    screen.line(&format!("{tenant}: {leaves} leaves, {bytes} bytes, kept by {terms}"))?;
    for (class, tier, days, bytes) in &plan.tiers {
        let (class, tier) = (class.as_str(), tier_word(*tier));
        screen.line(&format!("  has    {class}, {tier}: {days} days, {bytes} bytes"))?;
    }
    for one in &plan.steps {
        screen.line(&format!("  goes   {}", step(one)))?;
    }
    for one in &plan.notices {
        let what = notice(one);
        let what = screen.shown(&what).into_owned();
        screen.line(&format!("  {}   {what}", screen.paint.odd("note")))?;
    }
    if plan.steps.is_empty() {
        screen.line("  goes   nothing")?;
    }
    for one in provable(plan) {
        screen.line(&format!("  stays  {one}"))?;
    }
    let next = plan.next.map(|next| screen.zone.show(next));
    if let Some(next) = next {
        screen.line(&format!("  next   {next}"))?;
    }
    Ok(())
}

/// A step as a person reads it.
pub(crate) fn step(step: &Step) -> String {
    match step {
        Step::Expire(one) => format!(
            "{} of {}: {} parts, {} bytes, {}",
            one.class,
            date(one.day),
            one.parts,
            one.bytes,
            because(one.why)
        ),
        Step::Prune(one) => format!(
            "{} leaves before leaf {}: {} files, {} bytes, {}",
            one.leaves,
            one.minimum,
            one.files.len(),
            one.bytes,
            reasons(&one.files)
        ),
        _ => format!("{} bytes", step.bytes()),
    }
}

/// Why leaves go: the reasons of their files, each once.
fn reasons(files: &[LeafFile]) -> String {
    let mut reasons: Vec<&str> = files.iter().map(|file| because(file.why)).collect();
    reasons.dedup();
    reasons.join(" and ")
}

fn because(why: Why) -> &'static str {
    match why {
        Why::Age => "its time is over",
        Why::Size => "there is too much, and it is the oldest",
        Why::Leaf => "its leaves go",
    }
}

fn why_word(why: Why) -> &'static str {
    match why {
        Why::Age => "age",
        Why::Size => "size",
        Why::Leaf => "leaf",
    }
}

fn tier_word(tier: Tier) -> &'static str {
    match tier {
        Tier::Hot => "hot",
        Tier::Warm => "warm",
        Tier::Cold => "cold",
        Tier::Over => "over",
    }
}

/// What stands in the way, or should be known, as a person reads it.
pub(crate) fn notice(notice: &Notice) -> String {
    match notice {
        Notice::Held { hold } => format!("nothing goes: hold {hold} stands"),
        Notice::Clock(why) => {
            format!("nothing goes: {why}; `tacho doctor --fix` says that the clock is right")
        }
        Notice::Behind { follower, next } => {
            format!("{follower} has read up to entry {next} only, and what it has not read stays")
        }
        Notice::AgeUnknown { first } => {
            format!("nobody can tell the age of leaf {first} and those behind it: they stay")
        }
        Notice::Large { bytes, max, on_size } => {
            let goes = match on_size {
                OnSize::Prune => "the oldest goes there",
                OnSize::Warn => "nothing goes on that account",
            };
            format!("{bytes} bytes of {max}; {goes}")
        }
        Notice::Floor { days } => {
            format!("there is too much, but {days} days are kept whatever their size")
        }
        _ => "something stands in the way".to_owned(),
    }
}

/// The word that programs read.
pub(crate) fn word(notice: &Notice) -> &'static str {
    match notice {
        Notice::Held { .. } => "held",
        Notice::Clock(_) => "clock",
        Notice::Behind { .. } => "behind",
        Notice::AgeUnknown { .. } => "age_unknown",
        Notice::Large { .. } => "large",
        Notice::Floor { .. } => "floor",
        _ => "other",
    }
}

/// What can be proven afterwards.
fn provable(plan: &TenantPlan) -> Vec<String> {
    let pruning = plan.steps.iter().find_map(|step| match step {
        Step::Prune(one) => Some(one),
        _ => None,
    });
    let Some(pruning) = pruning else {
        let leaves = plan.size - plan.first;
        return vec![format!("all {leaves} leaves, their hashes, signatures and proofs")];
    };
    let (minimum, left) = (pruning.minimum, plan.size - pruning.minimum);
    vec![
        format!("the {left} leaves from {minimum} on, under every note that the log kept"),
        format!("that what went lay below the root {}", pruning.root),
        "totals of what went: calls, how they ended, time, tokens and cost".to_owned(),
    ]
}

pub(super) fn json(plan: &TenantPlan, is_applied: bool) -> Object {
    let sizes = Class::ALL.map(|class| (class.as_str(), Value::from(plan.sizes.class(class))));
    let mut sizes = Object::from(sizes);
    sizes.insert("leaves", plan.sizes.leaves);
    sizes.insert("tree", plan.sizes.tree);
    sizes.insert("totals", plan.sizes.totals);
    sizes.insert("other", plan.sizes.other);
    let tiers = plan.tiers.iter().map(|(class, tier, days, bytes)| {
        Value::from(Object::from([
            ("class", Value::from(class.as_str())),
            ("tier", Value::from(tier_word(*tier))),
            ("days", Value::from(*days)),
            ("bytes", Value::from(*bytes)),
        ]))
    });
    let notices = plan.notices.iter().map(|one| {
        Value::from(Object::from([
            ("notice", Value::from(word(one))),
            ("what", Value::from(notice(one))),
        ]))
    });
    let freed: u64 = plan.steps.iter().map(Step::bytes).sum();
    Object::from([
        ("v", Value::from(1)),
        ("tenant", Value::from(plan.tenant.as_str())),
        ("applied", Value::from(is_applied && !plan.steps.is_empty())),
        ("terms", Value::from(plan.terms.name.as_str())),
        ("first_leaf", Value::from(plan.first)),
        ("leaves", Value::from(plan.size - plan.first)),
        ("bytes", sizes.into()),
        ("tiers", Value::from(tiers.collect::<Vec<_>>())),
        ("steps", Value::from(plan.steps.iter().map(step_json).collect::<Vec<_>>())),
        ("frees_bytes", Value::from(freed)),
        ("notices", Value::from(notices.collect::<Vec<_>>())),
        ("provable", Value::from(provable(plan))),
        ("next", Value::from(plan.next.map(|next| next.to_string()))),
    ])
}

/// A step as programs read it.
pub(crate) fn step_json(step: &Step) -> Value {
    let object = match step {
        Step::Expire(one) => Object::from([
            ("does", Value::from("expire")),
            ("class", Value::from(one.class.as_str())),
            ("day", Value::from(date(one.day))),
            ("parts", Value::from(one.parts)),
            ("bytes", Value::from(one.bytes)),
            ("why", Value::from(why_word(one.why))),
        ]),
        Step::Prune(one) => {
            let file = |file: &LeafFile| {
                Value::from(Object::from([
                    ("first_leaf", Value::from(file.first)),
                    ("bytes", Value::from(file.bytes)),
                    ("came_in_by", Value::from(file.ingested.to_string())),
                    ("why", Value::from(why_word(file.why))),
                ]))
            };
            Object::from([
                ("does", Value::from("prune")),
                ("before_leaf", Value::from(one.minimum)),
                ("root", Value::from(one.root.to_string())),
                ("leaves", Value::from(one.leaves)),
                ("bytes", Value::from(one.bytes)),
                ("files", Value::from(one.files.iter().map(file).collect::<Vec<_>>())),
            ])
        }
        _ => Object::from([("does", Value::from("other")), ("bytes", Value::from(step.bytes()))]),
    };
    object.into()
}
