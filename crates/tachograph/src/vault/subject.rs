//! Given somebody's id as it was written, gives it as it is looked up.

use tacho_event::json::{Object, Value};
use unicode_normalization::UnicodeNormalization;

use crate::limits::SUBJECT_BYTES_MAX;

/// `  Alice@Example.COM ` and `alice@example.com` are one person: NFKC, case folded, trimmed, and
/// no longer than a row may be.
pub(crate) fn normalised(id: &str) -> String {
    // Upper case first: the sharp s and its two letters fold to the same.
    let compatible: String = id.nfkc().collect();
    let folded: String = compatible.to_uppercase().to_lowercase().nfkc().collect();
    let trimmed = folded.trim();
    let end = trimmed.floor_char_boundary(SUBJECT_BYTES_MAX);
    trimmed.get(..end).unwrap_or_default().to_owned()
}

/// The person that an event is about: the actor if that is a user, else the last user it acted on
/// behalf of.
pub(crate) fn subject_of(event: &Object) -> Option<&str> {
    let user = |one: &Object| one.str("type") == Some("user");
    let actor = event.object("actor")?;
    if user(actor) {
        return actor.str("id");
    }
    let chain = actor.get("on_behalf_of").and_then(Value::as_list)?;
    chain.iter().rev().filter_map(Value::as_object).find(|one| user(one))?.str("id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_person_are_one() {
        assert_eq!(normalised("  Alice@Example.COM\n"), "alice@example.com");
        assert_eq!(normalised("STRASSE"), normalised("Stra\u{df}e"));
        assert_eq!(normalised("\u{ff21}\u{fb01}"), "afi");
        assert_ne!(normalised("alice"), normalised("alicia"));
    }

    #[test]
    fn an_id_is_cut_where_a_character_ends() {
        let long = "\u{e4}".repeat(SUBJECT_BYTES_MAX);
        assert_eq!(normalised(&long).len(), SUBJECT_BYTES_MAX);
        let odd = format!("x{long}");
        assert_eq!(normalised(&odd).len(), SUBJECT_BYTES_MAX - 1);
    }
}
