//! Automation of the house: `cargo x ci|tidy|bench|docs|setup`.

fn main() {}
