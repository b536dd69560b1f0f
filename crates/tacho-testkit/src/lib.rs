//! Test equipment: given a thing a test needs, gives it, or says loudly that it is missing.

mod gen_events;
mod require;

pub use gen_events::{NEEDLE, Options, generate};
pub use require::{Missing, require, tools_dir};
