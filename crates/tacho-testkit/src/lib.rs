//! Test equipment: given a thing a test needs, gives it, or says loudly that it is missing.

mod require;

pub use require::{Missing, require, tools_dir};
