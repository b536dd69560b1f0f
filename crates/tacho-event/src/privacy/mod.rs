//! Given an event, gives what may be written of it: here, the scanner that finds secrets.

pub mod scan;
