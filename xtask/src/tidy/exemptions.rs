//! A silenced lint says why, and every crate obeys the lints of the workspace.

use super::subject::File;
use super::{Finding, Subject};

/// Crates that cannot inherit the lints of the workspace, with the reason.
const APART: &[(&str, &str)] = &[("tacho-python", "pyo3 expands to code that `forbid` refuses")];

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in subject.rust_files() {
        findings.extend(silenced(file));
    }
    for member in subject.members.members() {
        let manifest = member.manifest.to_string_lossy();
        let Some(file) = subject.file(&manifest) else { continue };
        let inherits = file.text.contains("[lints]\nworkspace = true");
        if !inherits && !APART.iter().any(|(name, _)| *name == member.name) {
            findings.push(Finding::new(manifest, 1, "`[lints]` must say `workspace = true`"));
        }
    }
    findings.extend(subject.file("Cargo.toml").map(allowed).unwrap_or_default());
    findings
}

/// Attributes that silence: `expect` with a reason, nothing else.
fn silenced(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, opening) in file.code.match_indices("#[").chain(file.code.match_indices("#![")) {
        let after = file.code.get(at + opening.len()..).unwrap_or_default();
        let attribute = after.get(..closing_bracket(after)).unwrap_or_default();
        let silences = |name: &str| {
            let mut words = attribute.split(|letter: char| !letter.is_alphanumeric());
            words.any(|word| word == name) && attribute.contains(&format!("{name}("))
        };
        let message = if silences("allow") {
            "use `expect` with a reason: it tells when it is no longer needed"
        } else if silences("expect") && !attribute.contains("reason =") {
            "say why with `reason = \"...\"`"
        } else {
            continue;
        };
        let line = super::rust::line_of(&file.code, at);
        findings.push(Finding::new(&file.path, line, message));
    }
    findings
}

/// Where the attribute ends; brackets inside it are counted.
fn closing_bracket(text: &str) -> usize {
    let mut depth = 1;
    for (at, letter) in text.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// `= "allow"` in the lints of the workspace needs a comment, on the line or above it.
fn allowed(manifest: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut above = "";
    for (line, text) in manifest.lines() {
        if text.contains("\"allow\"") && !text.contains('#') && !above.starts_with('#') {
            findings.push(Finding::new(&manifest.path, line, "say in a comment why it is allowed"));
        }
        above = text;
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let subject = Subject::sample(&[(path, text)]).with_members(&["tacho-event:"]);
        check(&subject).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn silencing_without_a_reason_is_found() {
        let text = "#![allow(dead_code)]\n#[expect(\n  unused,\n)]\n#[cfg_attr(test, allow(x))]\n\
                    #[expect(unused, reason = \"so\")]\n// #[allow(x)]\n#[derive(Clone)]\n";
        let mut found = lines("a.rs", text);
        found.sort();
        assert_eq!(found, [1, 2, 5]);
    }

    #[test]
    fn a_crate_without_the_lints_of_the_workspace_is_found() {
        let path = "crates/tacho-event/Cargo.toml";
        assert_eq!(lines(path, "[package]\n"), [1]);
        assert_eq!(lines(path, "[package]\n\n[lints]\nworkspace = true\n"), [0; 0]);
    }

    #[test]
    fn a_lint_allowed_for_all_needs_a_comment() {
        let text = "a = \"allow\"\n# because\nb = \"allow\"\nc = \"allow\" # so\n";
        assert_eq!(lines("Cargo.toml", text), [1]);
    }
}
