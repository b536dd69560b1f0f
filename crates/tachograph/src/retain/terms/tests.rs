//! Terms as they are written, and what rules from outside make of them.

use super::*;

fn written(settings: &[(&str, &str)]) -> Written {
    let mut written = Written::default();
    for (name, value) in settings {
        assert_eq!(written.set(name, value), Some(true), "{name} = {value}");
    }
    written
}

#[test]
fn presets_keep_what_the_design_says() {
    let days = |preset| {
        let terms = Terms::of(preset);
        (terms.leaf.days(), terms.content.days(), terms.identity.days())
    };
    assert_eq!(days(Preset::Development), (Some(30), Some(30), Some(30)));
    assert_eq!(days(Preset::Production), (Some(365), Some(365), Some(30)));
    assert_eq!(days(Preset::Compliance), (Some(2555), Some(2555), Some(2555)));
    assert_eq!(days(Preset::Minimal).0, Some(30));
    assert_eq!(Terms::of(Preset::Production).on_size, OnSize::Warn);
    assert_eq!(Terms::of(Preset::Development).on_size, OnSize::Prune);
}

#[test]
fn the_tiers_of_the_older_configuration_are_understood() {
    let written = written(&[
        ("retention.hot", "7d"),
        ("retention.warm", "30d"),
        ("retention.cold", "365d"),
        ("pii_retention", "30d"),
    ]);
    let terms = Terms::resolve(Preset::Development, &written).unwrap();
    assert_eq!(terms.identity, Period::Days(30));
    let tiers = [0, 7, 8, 30, 31, 365, 366].map(|age| terms.tier(age));
    let [hot, warm, cold] = [Tier::Hot, Tier::Warm, Tier::Cold];
    assert_eq!(tiers, [hot, hot, warm, warm, cold, cold, Tier::Over]);
}

#[test]
fn a_profile_lifts_what_nobody_wrote_and_refuses_what_is_shorter() {
    let act = written(&[("retention.profile", "eu-ai-act")]);
    let terms = Terms::resolve(Preset::Development, &act).unwrap();
    assert_eq!((terms.leaf, terms.identity), (Period::Days(183), Period::Days(30)));
    assert_eq!(terms.name, "development+eu-ai-act");
    let all = written(&[("retention.profile", "pci, hipaa,eu-ai-act")]);
    let terms = Terms::resolve(Preset::Development, &all).unwrap();
    assert_eq!((terms.leaf, terms.warm), (Period::Days(2_192), Period::Days(92)));
    for (profile, setting, value) in [
        ("eu-ai-act", "retention.cold", "182d"),
        ("eu-ai-act", "retention.content", "30d"),
        ("hipaa", "retention.cold", "5y"),
        ("pci", "pii_retention", "30d"),
        ("pci", "retention.warm", "31d"),
    ] {
        let short = written(&[("retention.profile", profile), (setting, value)]);
        let refused = Terms::resolve(Preset::Compliance, &short).unwrap_err().to_string();
        let rule = Profile::parse(profile).unwrap().minimum().rule;
        assert!(refused.starts_with(setting) && refused.contains(rule), "{refused}");
    }
    for (profile, value) in [("eu-ai-act", "183d"), ("hipaa", "6y"), ("pci", "365d")] {
        let enough = written(&[("retention.profile", profile), ("retention.cold", value)]);
        assert!(Terms::resolve(Preset::Compliance, &enough).is_ok(), "{profile}");
    }
}

#[test]
fn nothing_outlives_its_leaf() {
    let long = written(&[("retention.content", "40d")]);
    let refused = Terms::resolve(Preset::Development, &long).unwrap_err().to_string();
    assert_eq!(refused, "retention.content = 40d is longer than retention.cold = 30d");
    // What nobody wrote gives way.
    let short = written(&[("retention.cold", "10d")]);
    let terms = Terms::resolve(Preset::Production, &short).unwrap();
    assert_eq!((terms.content, terms.identity, terms.warm), [Period::Days(10); 3].into());
}

#[test]
fn every_row_is_a_setting_and_nothing_else_is() {
    for row in ROWS {
        let mut written = Written::default();
        assert_eq!(written.set(row.name, "?"), Some(false), "{}", row.name);
    }
    assert_eq!(Written::default().set("retention", "7d"), None);
}

#[test]
fn a_bound_of_size_stops_at_what_a_profile_asks_for() {
    let terms = Terms::resolve(Preset::Development, &written(&[("retention.profile", "pci")]));
    let terms = terms.unwrap();
    assert_eq!((terms.floor_days(None), terms.floor_days(Some(Class::Content))), (365, 365));
    assert_eq!(Terms::of(Preset::Development).floor_days(None), 1);
    assert_eq!(terms.warn_bytes(), Some((20 << 30) / 100 * 80));
}
