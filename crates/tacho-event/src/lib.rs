//! What happened: the event, its drafts, dialects, privacy policy and filter language.

pub mod json;
pub mod limits;
