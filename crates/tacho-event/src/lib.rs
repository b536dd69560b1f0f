//! What happened: the event, its drafts, dialects, privacy policy and filter language.

pub mod privacy;
