//! Programs none of us wrote accept what is published, and reject what was changed.
#![expect(clippy::disallowed_methods, reason = "stock verifiers read files and are processes")]

mod go;
mod openssl;
mod published;
mod python;
