//! Crates, modules, folders and files are named for the domain: names that fit everything say
//! nothing, and attract everything.

use super::rust;
use super::{Finding, Subject};

/// Names that mean "whatever did not fit elsewhere".
const EMPTY_NAMES: &[&str] =
    &["common", "core", "helper", "helpers", "manager", "misc", "shared", "types", "util", "utils"];

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in subject.members.members() {
        if let Some(name) = member.name.split(['-', '_']).find(|part| is_empty_name(part)) {
            let manifest = member.manifest.to_string_lossy();
            findings.push(Finding::new(manifest, 1, message("crate", name)));
        }
    }
    for file in subject.rust_files() {
        for part in file.path.trim_end_matches(".rs").split('/') {
            if is_empty_name(part) {
                findings.push(Finding::new(&file.path, 1, message("file or folder", part)));
            }
        }
        for module in rust::modules(&file.code).iter().filter(|module| is_empty_name(&module.name))
        {
            let line = rust::line_of(&file.code, module.at);
            findings.push(Finding::new(&file.path, line, message("module", &module.name)));
        }
    }
    findings
}

/// `utils`, and `disk_utils` too.
fn is_empty_name(name: &str) -> bool {
    name.split('_').next_back().is_some_and(|last| EMPTY_NAMES.contains(&last))
}

fn message(what: &str, name: &str) -> String {
    format!("a {what} called `{name}`: name it for what it does")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_names_are_found_wherever_they_stand() {
        let files = [
            ("crates/a/src/utils.rs", "//! x\n"),
            ("crates/a/src/common/disk.rs", "//! x\n"),
            ("crates/a/src/lib.rs", "mod test_helpers {\n}\n// mod types;\nmod typesetting;\n"),
        ];
        let subject = Subject::sample(&files).with_members(&["tacho-core:", "tacho-event:"]);
        let findings = check(&subject);
        let places: Vec<_> = findings.iter().map(|f| (f.path.as_str(), f.line)).collect();
        let expected = [
            ("crates/tacho-core/Cargo.toml", 1),
            ("crates/a/src/utils.rs", 1),
            ("crates/a/src/common/disk.rs", 1),
            ("crates/a/src/lib.rs", 1),
        ];
        assert_eq!(places, expected);
    }
}
