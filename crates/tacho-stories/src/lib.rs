//! Nothing to use: given the trunk, the tests of this crate tell the stories that take long, on
//! simulated disks, on real ones and between processes.
//!
//! What `tachograph` promises in a line is tested beside it, in the light ring. Here, in the heavy
//! ring, is told what becomes of it when anybody dies anywhere, when a point does nothing, when
//! files are damaged byte by byte, and when stores grow as old as people keep them. Desk, yard,
//! safe and harness are those of `tachograph/tests/it`, so that both speak of the same things.
//!
//! Here, too, the golden files of `tacho-event` are compared with the texts they come from, which
//! takes a reader of YAML that no light crate compiles.
