//! One version of everything that ships: two versions of a crate cost build time and size, and
//! their types do not fit each other. What tests alone pull in (oracles written by others stand on
//! what they stand on) is not counted.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Finding, Subject};
use crate::metadata::{Kind, Metadata};

/// Crates that ship in two versions, and why that is borne.
const ACCEPTED: &[(&str, &str)] = &[];

/// Members that ship nothing.
const HOME_ONLY: &[&str] = &["tacho-testkit", "xtask"];

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    findings(&subject.everything, ACCEPTED)
}

fn findings(metadata: &Metadata, accepted: &[(&str, &str)]) -> Vec<Finding> {
    let shipped = shipped(metadata);
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in metadata.packages.iter().filter(|package| shipped.contains(package.id.as_str()))
    {
        versions.entry(&package.name).or_default().insert(&package.version);
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

/// The ids of what members need to be built, tests left out.
fn shipped(metadata: &Metadata) -> BTreeSet<&str> {
    let ships = |name: &str| !HOME_ONLY.contains(&name);
    let members = metadata.members().filter(|member| ships(&member.name));
    let mut open: VecDeque<&str> = members.map(|member| member.id.as_str()).collect();
    let mut uses: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for edge in metadata.edges.iter().filter(|edge| edge.kind != Kind::Dev) {
        uses.entry(&edge.user).or_default().push(&edge.used);
    }
    let mut shipped = BTreeSet::new();
    while let Some(id) = open.pop_front() {
        if shipped.insert(id) {
            open.extend(uses.get(id).into_iter().flatten());
        }
    }
    shipped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Edge;

    /// `tacho-event` ships `a`, which needs `digest` 1; and uses `digest` 2 as `kind` says.
    fn house(kind: Kind) -> Metadata {
        let mut metadata = Metadata::sample(&["tacho-event:", "a:", "digest:", "digest:"]);
        for (index, package) in metadata.packages.iter_mut().enumerate() {
            package.is_member = index == 0;
            package.id = index.to_string();
            package.version = index.to_string();
        }
        let edges = [("0", "1", Kind::Normal), ("1", "2", Kind::Normal), ("0", "3", kind)];
        let edge = |(user, used, kind): (&str, &str, Kind)| Edge {
            user: user.to_owned(),
            used: used.to_owned(),
            kind,
        };
        metadata.edges = edges.map(edge).into();
        metadata
    }

    fn messages(kind: Kind, accepted: &[(&str, &str)]) -> Vec<String> {
        findings(&house(kind), accepted).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn two_shipped_versions_are_found_unless_accepted() {
        assert_eq!(messages(Kind::Normal, &[]), ["`digest` ships in versions 2 and 3"]);
        assert_eq!(messages(Kind::Build, &[]).len(), 1);
        assert_eq!(messages(Kind::Normal, &[("digest", "so")]), [""; 0]);
    }

    #[test]
    fn a_version_for_tests_alone_is_no_duplicate() {
        assert_eq!(messages(Kind::Dev, &[]), [""; 0]);
        assert_eq!(messages(Kind::Dev, &[("digest", "so")]).len(), 1);
    }
}
