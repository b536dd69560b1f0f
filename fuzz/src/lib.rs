//! What each fuzz target claims of any bytes. The ordinary tests include these files and replay
//! the corpus with them.

pub mod dialects;
pub mod draft;
pub mod filter;
pub mod redact;
