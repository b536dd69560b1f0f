//! The ledgers over the checklist and the samples of the five systems, read: shared by the page
//! that is printed of it and by the tests that hold it true.

/// The lines of the checklist.
pub(crate) const CHECKLIST: &str = include_str!("../../fixtures/checklist.txt");

/// What the ledger says of one line.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// `section.line fingerprint`.
    pub(crate) key: &'static str,
    /// What the line is about.
    pub(crate) about: &'static str,
    /// Items of this crate.
    pub(crate) by: Vec<&'static str>,
    /// What else does it.
    pub(crate) also: Vec<&'static str>,
    /// What is not there yet.
    pub(crate) later: Vec<&'static str>,
}

/// Every row of a ledger, in order.
pub(crate) fn rows(ledger: &'static str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in ledger.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some((key, about)) = line.strip_prefix('[').and_then(|row| row.split_once("] ")) {
            rows.push(Row { key, about, ..Row::default() });
            continue;
        }
        let (kind, words) = line.split_once(' ').unwrap_or((line, ""));
        let Some(row) = rows.last_mut() else { continue };
        match kind {
            "by" => row.by.extend(words.split_whitespace()),
            "also" => row.also.push(words.trim()),
            "later" => row.later.push(words.trim()),
            "unlike" => {}
            _ => row.about = "",
        }
    }
    rows
}
