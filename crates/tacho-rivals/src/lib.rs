//! Nothing: this crate only has benchmarks, kept apart for what they compile.
