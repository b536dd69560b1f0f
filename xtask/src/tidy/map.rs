//! ARCHITECTURE.md is true: its code map has a heading for every crate, names every module folder
//! below it, and marks what does not exist yet as planned.
//!
//! ```text
//! ### `tacho-event`            a crate that exists
//! - `dialect/` ...             a module folder, src/dialect/
//! ### `tacho-query` (planned)  a crate that does not
//! ```

use std::collections::BTreeSet;

use super::{Finding, Subject, is_test_file};

const MAP: &str = "ARCHITECTURE.md";
const PLANNED: &str = "(planned)";

/// A heading of the code map and what stands below it.
struct Section<'a> {
    name: &'a str,
    line: usize,
    is_planned: bool,
    text: String,
}

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let sections = sections(subject);
    let mut findings = Vec::new();
    let mut find = |line, message| findings.push(Finding::new(MAP, line, message));
    for member in subject.members.members() {
        let name = &member.name;
        let Some(section) = sections.iter().find(|section| section.name == name) else {
            find(1, format!("no heading for the crate `{name}`"));
            continue;
        };
        if section.is_planned {
            find(section.line, format!("`{name}` exists and is called planned"));
        }
        let manifest = member.manifest.to_string_lossy();
        let source = manifest.replace("Cargo.toml", "src/");
        for folder in folders(subject, &source) {
            if !section.text.contains(&format!("`{folder}/`")) {
                find(section.line, format!("`{name}` has a folder `{folder}/` that is not named"));
            }
        }
    }
    for section in sections.iter().filter(|section| !section.is_planned) {
        if !subject.members.members().any(|member| member.name == section.name) {
            find(section.line, format!("there is no crate `{}`: say {PLANNED}", section.name));
        }
    }
    findings
}

/// The headings of the third level whose name is in backticks.
fn sections(subject: &Subject) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let Some(map) = subject.file(MAP) else { return sections };
    let mut is_inside = false;
    for (line, text) in map.lines() {
        if let Some(heading) = text.strip_prefix("### `") {
            let name = heading.split('`').next().unwrap_or(heading);
            let is_planned = heading.contains(PLANNED);
            sections.push(Section { name, line, is_planned, text: String::new() });
            is_inside = true;
        } else if text.starts_with('#') {
            is_inside = false;
        } else if let Some(section) = sections.last_mut().filter(|_| is_inside) {
            section.text.push_str(text);
            section.text.push('\n');
        }
    }
    sections
}

/// Every folder with modules below `source`, from there: `dialect`, `privacy/scan`.
fn folders(subject: &Subject, source: &str) -> BTreeSet<String> {
    let modules = subject.rust_files().filter(|file| !is_test_file(&file.path));
    let inside = modules.filter_map(|file| file.path.strip_prefix(source));
    inside.filter_map(|path| Some(path.rsplit_once('/')?.0.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_or_folder_that_the_map_forgets_is_found() {
        let map = "# Map\n### `tacho-event`\n- `dialect/` reads\n### `tacho-query` (planned)\n\
                   ### `tacho-old`\n### `tacho-tree` (planned)\n";
        let files = [
            (MAP, map),
            ("crates/tacho-event/src/dialect/a.rs", ""),
            ("crates/tacho-event/src/privacy/b.rs", ""),
            ("crates/tacho-event/src/json/tests.rs", ""),
        ];
        let members = ["tacho-event:", "tacho-tree:", "tacho-testkit:"];
        let mut findings = check(&Subject::sample(&files).with_members(&members));
        findings.sort();
        let messages: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
        let expected = [
            "no heading for the crate `tacho-testkit`",
            "`tacho-event` has a folder `privacy/` that is not named",
            "there is no crate `tacho-old`: say (planned)",
            "`tacho-tree` exists and is called planned",
        ];
        assert_eq!(messages, expected);
    }
}
