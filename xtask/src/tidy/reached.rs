//! No dead files: every Rust file is the root of a target or a module of one.

use std::collections::{BTreeSet, VecDeque};

use super::rust::{self, Module};
use super::subject::File;
use super::{Finding, Subject, is_fixture, path_from};

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let reached = reached(subject);
    let files = subject.rust_files().filter(|file| !is_fixture(&file.path));
    let dead = files.filter(|file| !reached.contains(&file.path));
    dead.map(|file| Finding::new(&file.path, 1, "no target and no `mod` leads to this file"))
        .collect()
}

fn reached(subject: &Subject) -> BTreeSet<String> {
    let workspaces = subject.outsiders.iter().chain([&subject.members]);
    let targets = workspaces.flat_map(|workspace| &workspace.packages).flat_map(|p| &p.targets);
    let mut reached = BTreeSet::new();
    // The file, and the folder in which its modules lie.
    let mut open: VecDeque<(String, String)> = VecDeque::new();
    for target in targets {
        let path = target.path.to_string_lossy().into_owned();
        open.push_back((path.clone(), folder_of(&path).to_owned()));
    }
    while let Some((path, folder)) = open.pop_front() {
        let Some(file) = subject.file(&path) else { continue };
        if reached.insert(path.clone()) {
            open.extend(modules_of(subject, file, &folder));
        }
    }
    reached
}

/// The files of the modules that `file` declares, each with the folder of its own modules.
fn modules_of(subject: &Subject, file: &File, folder: &str) -> Vec<(String, String)> {
    let modules = rust::modules(&file.code);
    let mut found = Vec::new();
    for module in modules.iter().filter(|module| module.end.is_none()) {
        // Modules around it, written out in the same file, are folders.
        let around = modules.iter().filter(|outer| is_around(outer, module));
        let folder = around.fold(folder.to_owned(), |path, outer| join(&path, &outer.name));
        if let Some(path) = named_path(file, module) {
            let path = path_from(&file.path, &path);
            found.push((path.clone(), folder_of(&path).to_owned()));
            continue;
        }
        let inner = join(&folder, &module.name);
        let candidates = [format!("{inner}.rs"), format!("{inner}/mod.rs")];
        for path in candidates.into_iter().filter(|path| subject.file(path).is_some()) {
            found.push((path, inner.clone()));
        }
    }
    found
}

fn is_around(outer: &Module, inner: &Module) -> bool {
    outer.at < inner.at && outer.end.is_some_and(|end| inner.at < end)
}

/// The file that `#[path = "..."]` names.
fn named_path(file: &File, module: &Module) -> Option<String> {
    // Code and text are as long as each other only without letters beyond ASCII; look by lines.
    let line = rust::line_of(&file.code, module.at);
    let above = file.text.lines().nth(line.checked_sub(2)?)?;
    let quoted = above.trim().strip_prefix("#[path = \"")?;
    quoted.strip_suffix("\"]").map(str::to_owned)
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_nothing_leads_to_is_found() {
        let lib = "mod a;\nmod b {\n mod c;\n}\n#[path = \"../else/d.rs\"]\nmod d;\n// mod e;\n";
        let files = [
            ("crates/tacho-event/src/lib.rs", lib),
            ("crates/tacho-event/src/a.rs", "mod x;\n"),
            ("crates/tacho-event/src/a/x.rs", ""),
            ("crates/tacho-event/src/b/c.rs", ""),
            ("crates/tacho-event/else/d.rs", ""),
            ("crates/tacho-event/src/e.rs", ""),
            ("crates/tacho-event/src/x.rs", ""),
            ("crates/tacho-event/tests/fixtures/bad.rs", ""),
        ];
        let subject = Subject::sample(&files).with_members(&["tacho-event:"]);
        let findings = check(&subject);
        let paths: Vec<_> = findings.iter().map(|finding| finding.path.as_str()).collect();
        assert_eq!(paths, ["crates/tacho-event/src/e.rs", "crates/tacho-event/src/x.rs"]);
    }
}
