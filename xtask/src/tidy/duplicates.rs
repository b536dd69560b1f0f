//! One version of everything that ships: two versions of a crate cost build time and size, and
//! their types do not fit each other. What tests alone pull in (oracles written by others stand on
//! what they stand on) is not counted.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Subject};
use crate::metadata::Shipped;

/// Crates that ship in two versions, and why that is borne.
const ACCEPTED: &[(&str, &str)] = &[
    ("getrandom", "`ring` asks an old one for randomness; its digests, all we use, do not"),
    ("foldhash", "jaq wants 0.1, the map of the YAML reader 0.2; both are a few hundred lines"),
];

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    findings(&subject.shipped, ACCEPTED)
}

fn findings(shipped: &[Shipped], accepted: &[(&str, &str)]) -> Vec<Finding> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for Shipped { name, version } in shipped {
        versions.entry(name).or_default().insert(version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let mut findings = Vec::new();
    for (name, versions) in &versions {
        if !accepted.iter().any(|(accepted, _)| accepted == name) {
            let versions: Vec<&str> = versions.iter().copied().collect();
            let message = format!("`{name}` ships in versions {}", versions.join(" and "));
            findings.push(Finding::new("Cargo.lock", 1, message));
        }
    }
    for (name, _) in accepted.iter().filter(|(name, _)| !versions.contains_key(name)) {
        let message = format!("`{name}` is accepted twice and ships once: drop its row");
        findings.push(Finding::new("Cargo.lock", 1, message));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(shipped: &[(&str, &str)], accepted: &[(&str, &str)]) -> Vec<String> {
        let package = |(name, version): &(&str, &str)| Shipped {
            name: (*name).to_owned(),
            version: (*version).to_owned(),
        };
        let shipped: Vec<Shipped> = shipped.iter().map(package).collect();
        findings(&shipped, accepted).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn two_shipped_versions_are_found_unless_accepted() {
        let twice = [("digest", "1"), ("sha2", "1"), ("digest", "2"), ("digest", "1")];
        assert_eq!(messages(&twice, &[]), ["`digest` ships in versions 1 and 2"]);
        assert_eq!(messages(&twice, &[("digest", "so")]), [""; 0]);
    }

    #[test]
    fn an_acceptance_that_is_no_longer_needed_is_found() {
        let message = "`digest` is accepted twice and ships once: drop its row";
        assert_eq!(messages(&[("digest", "1")], &[("digest", "so")]), [message]);
    }
}
