//! Given a `tlog-proof`, the leaf it is about and a trusted key, says whether the log held it.

use tacho_event::privacy::check_leaf;
use tacho_tree::audit::{Code, Report, Spot};
use tacho_tree::{TlogProof, VerifierKey, leaf_hash};

/// Checks `proof` for the exact bytes of `leaf` against keys that are trusted.
pub fn check(proof: &[u8], leaf: &[u8], keys: &[VerifierKey]) -> Report {
    let mut report = Report::default();
    if keys.is_empty() {
        report.find(Code::NoKey, "the command", "no vkey was given");
        return report;
    }
    let leaf = leaf.strip_suffix(b"\n").unwrap_or(leaf);
    let proof = match TlogProof::parse(proof) {
        Ok(proof) => proof,
        Err(error) => {
            report.find(Code::FileMalformed, "the proof", error);
            return report;
        }
    };
    // The recorder's own events are leaves like any other.
    if let (Err(problem), Err(_)) = (check_leaf(leaf, false), check_leaf(leaf, true)) {
        report.find(Code::LeafMalformed, "the leaf", problem);
    }
    match proof.verify(&leaf_hash(leaf), keys) {
        Ok(opened) => {
            let checkpoint = &opened.checkpoint;
            report.fact(format!(
                "leaf {} is in the log of {} events that `{}` signed",
                proof.index, checkpoint.head.size, checkpoint.origin
            ));
            report.limit("whether that log is the one that others were shown: compare checkpoints");
            report.limit("whether what the leaf says is true: a log proves what was recorded");
        }
        Err(error) => report.find(Code::ProofInvalid, Spot::leaf(proof.index), error),
    }
    report
}
