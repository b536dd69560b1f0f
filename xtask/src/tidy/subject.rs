//! Given the house, gives all that the rules look at: every file git knows or would add, and what
//! cargo knows of the packages.

use std::collections::BTreeMap;
use std::process::Command;

use super::rust;
use crate::Stop;
use crate::house::House;
use crate::metadata::{Metadata, Shipped};
use crate::stream;

/// What the rules look at; they touch nothing else.
#[derive(Debug, Default)]
pub(crate) struct Subject {
    /// In order of their paths.
    pub(crate) files: Vec<File>,
    /// The members alone.
    pub(crate) members: Metadata,
    /// Members and all they need.
    pub(crate) everything: Metadata,
    /// What is compiled into what is published.
    pub(crate) shipped: Vec<Shipped>,
    /// Packages that lie in the house outside the workspace, such as `fuzz`.
    pub(crate) outsiders: Vec<Metadata>,
}

/// One file of the house.
#[derive(Debug)]
pub(crate) struct File {
    /// From the root, with `/`.
    pub(crate) path: String,
    pub(crate) size_bytes: usize,
    /// Empty when the file is no UTF-8.
    pub(crate) text: String,
    /// Rust source alone: the text with comments and the insides of literals blanked.
    pub(crate) code: String,
    /// Rust source alone: the insides of its text literals.
    pub(crate) literals: Vec<String>,
}

impl File {
    pub(crate) fn new(path: &str, bytes: Vec<u8>) -> File {
        let size_bytes = bytes.len();
        let text = String::from_utf8(bytes).unwrap_or_default();
        let source = match path.ends_with(".rs") {
            true => rust::read(&text),
            false => rust::Source::default(),
        };
        let rust::Source { code, literals } = source;
        File { path: path.to_owned(), size_bytes, text, code, literals }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    pub(crate) fn has_ending(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.path.ends_with(ending))
    }

    /// The lines of the text, numbered from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The lines of the code, numbered from 1.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

impl Subject {
    pub(crate) fn load(house: &House) -> Result<Subject, Stop> {
        let mut files = BTreeMap::new();
        // Known to git, or neither known nor ignored: what the next commit could hold.
        let words = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = stream::output(Command::new("git").args(words).current_dir(&house.root))?;
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            // A file deleted but not yet committed is listed too: nothing to look at.
            if let Ok(bytes) = std::fs::read(house.path(path)) {
                files.insert(path.to_owned(), File::new(path, bytes));
            }
        }
        let members = Metadata::of_members(house)?;
        let everything = Metadata::of_everything(house)?;
        let shipped = members.shipped(house)?;
        let mut outsiders = Vec::new();
        for path in files.keys().filter(|path| path.ends_with("/Cargo.toml")) {
            if !super::is_fixture(path) && !members.has_manifest(path) {
                outsiders.push(Metadata::of_outsider(house, path)?);
            }
        }
        let files = files.into_values().collect();
        Ok(Subject { files, members, everything, shipped, outsiders })
    }

    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(crate) fn rust_files(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_rust())
    }
}

#[cfg(test)]
impl Subject {
    /// A house for tests, of these files and no packages.
    pub(crate) fn sample(files: &[(&str, &str)]) -> Subject {
        let files = files.iter().map(|(path, text)| File::new(path, text.as_bytes().to_vec()));
        Subject { files: files.collect(), ..Subject::default() }
    }

    /// The same with member packages, see [`Metadata::sample`].
    pub(crate) fn with_members(mut self, lines: &[&str]) -> Subject {
        self.members = Metadata::sample(lines);
        self
    }
}
