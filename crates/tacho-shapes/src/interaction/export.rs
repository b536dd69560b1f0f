//! The exporter: given a logger, writes its session for people and other programs.
//!
//! Exporting is looking: it is an event. Each export says whether what it holds is what was
//! recorded: the digests of prompts and responses, compared with the texts; and which of them are
//! sealed, with no key at hand to open them.

use std::path::{Path, PathBuf};

use tacho_event::Draft;
use tacho_event::json::{Object, Value};

use super::files::KINDS;
use super::logger::AuditLogger;
use super::view::AuditViewer;
use crate::error::Error;
use crate::paper;

/// Writes a session.
#[derive(Debug)]
pub struct AuditExporter<'l> {
    logger: &'l AuditLogger,
}

/// A file that an export wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFile {
    /// Where.
    pub path: PathBuf,
    /// Its size.
    pub bytes: usize,
    /// The hexadecimal SHA-256 of its content.
    pub sha256: String,
}

impl<'l> AuditExporter<'l> {
    /// An exporter of the session that a logger records.
    pub fn new(audit_logger: &'l AuditLogger) -> Self {
        Self { logger: audit_logger }
    }

    /// Writes everything as one JSON document; gives it too. Prompts and responses are in it only
    /// if `include_full_content` says so.
    ///
    /// # Errors
    /// What the disk said, or why the access was not recorded.
    pub fn export_to_json(
        &self,
        output_path: &Path,
        include_full_content: bool,
    ) -> Result<Value, Error> {
        self.note("export_to_json", include_full_content)?;
        let document = self.document(include_full_content)?;
        paper::write_json(output_path, &document)?;
        Ok(document)
    }

    /// Writes the interactions as comma-separated values, without their content.
    ///
    /// # Errors
    /// What the disk said, or why the access was not recorded.
    pub fn export_chat_interactions_to_csv(&self, path: &Path) -> Result<ExportedFile, Error> {
        self.note("export_chat_interactions_to_csv", false)?;
        self.csv("model", path)
    }

    /// Writes the tool usages as comma-separated values.
    ///
    /// # Errors
    /// What the disk said, or why the access was not recorded.
    pub fn export_tool_usages_to_csv(&self, path: &Path) -> Result<ExportedFile, Error> {
        self.note("export_tool_usages_to_csv", false)?;
        self.csv("tool", path)
    }

    /// Writes everything in every format into a directory, and a manifest of the files; gives
    /// them.
    ///
    /// # Errors
    /// What the disk said, or why the access was not recorded.
    pub fn export_complete_audit_to_directory(
        &self,
        output_dir: &Path,
        include_full_content: bool,
    ) -> Result<Vec<ExportedFile>, Error> {
        self.note("export_complete_audit_to_directory", include_full_content)?;
        paper::make_dir(output_dir)?;
        let document = self.document(include_full_content)?;
        let mut files = vec![json_file(&output_dir.join("audit_complete.json"), &document)?];
        for (kind, stem, _) in KINDS {
            files.push(self.csv(kind, &output_dir.join(format!("{stem}.csv")))?);
        }
        let report = self.viewer()?.generate_analytics_report()?;
        files.push(json_file(&output_dir.join("analytics_report.json"), &report)?);
        if include_full_content {
            files.extend(self.contents(&output_dir.join("full_interactions"))?);
        }
        let rows = files.iter().map(|file| {
            let name = file.path.strip_prefix(output_dir).unwrap_or(&file.path);
            Object::from([
                ("file", Value::from(name.to_string_lossy().as_ref())),
                ("bytes", file.bytes.into()),
                ("sha256", file.sha256.as_str().into()),
            ])
        });
        let manifest = Object::from([
            ("files", Value::from(rows.collect::<Vec<_>>())),
            ("exported_at", self.logger.book().now().to_string().into()),
            ("include_full_content", include_full_content.into()),
        ]);
        files.push(json_file(&output_dir.join("manifest.json"), &manifest.into())?);
        Ok(files)
    }

    fn viewer(&self) -> Result<AuditViewer, Error> {
        AuditViewer::new(self.logger)
    }

    /// Looking is an event.
    fn note(&self, name: &str, include_full_content: bool) -> Result<(), Error> {
        let target = Object::from([("include_full_content", include_full_content)]);
        let draft = Draft::access("export")
            .session(&self.logger.config().session_id)
            .input(target)
            .detail("export", name)
            .succeeded();
        self.logger.book().record(draft).map(|_| ())
    }

    fn document(&self, include_full_content: bool) -> Result<Value, Error> {
        let viewer = self.viewer()?;
        let mut document = Object::new();
        for (kind, stem, _) in KINDS {
            let mut records = viewer.records(kind)?;
            if !include_full_content {
                records.iter_mut().for_each(without_content);
            }
            document.insert(*stem, records);
        }
        let contents = viewer.contents()?;
        let checked = contents.iter().filter(|content| content.matches_hashes.is_some()).count();
        let failed = contents.iter().filter(|content| content.matches_hashes == Some(false));
        let failed: Vec<&str> = failed.map(|content| content.interaction_id.as_str()).collect();
        let sealed = contents.iter().filter(|content| content.is_sealed);
        let sealed: Vec<&str> = sealed.map(|content| content.interaction_id.as_str()).collect();
        let integrity = Object::from([
            ("checked", Value::from(checked)),
            ("failed", failed.into()),
            ("sealed", sealed.into()),
        ]);
        if include_full_content {
            let index = contents.iter().map(|content| {
                let length = |text: &Option<String>| text.as_ref().map(String::len);
                let row = Object::from([
                    ("prompt_bytes", Value::from(length(&content.prompt))),
                    ("response_bytes", length(&content.response).into()),
                    ("matches_hashes", content.matches_hashes.into()),
                    ("is_sealed", content.is_sealed.into()),
                ]);
                (content.interaction_id.as_str(), row)
            });
            document.insert("full_content_index", index.collect::<Object>());
        }
        document.insert("integrity", integrity);
        document.insert("session", viewer.get_session_summary()?.to_value());
        document.insert("custom_metadata", self.logger.config().custom_metadata.clone());
        document.insert("exported_at", self.logger.book().now().to_string());
        Ok(document.into())
    }

    fn csv(&self, kind: &str, path: &Path) -> Result<ExportedFile, Error> {
        let columns = KINDS.iter().find(|(of, ..)| *of == kind).map_or(&[][..], |(.., c)| *c);
        let columns: Vec<&str> =
            columns.iter().copied().filter(|name| !CONTENT.contains(name)).collect();
        let names: Vec<Value> = columns.iter().map(|name| Value::from(*name)).collect();
        let mut text = paper::csv_line(names.iter().map(Some));
        for record in self.viewer()?.records(kind)? {
            text.push_str(&paper::csv_line(columns.iter().map(|name| record.get(name))));
        }
        file(path, text.as_bytes())
    }

    /// The full content of every interaction, each in files of its own.
    fn contents(&self, dir: &Path) -> Result<Vec<ExportedFile>, Error> {
        let mut files = Vec::new();
        for content in self.viewer()?.contents()? {
            let id = paper::file_name(&content.interaction_id)?;
            for (what, text) in [("prompt", &content.prompt), ("response", &content.response)] {
                if let Some(text) = text {
                    files.push(file(&dir.join(format!("{what}_{id}.txt")), text.as_bytes())?);
                }
            }
        }
        Ok(files)
    }
}

/// Members that hold what was said.
const CONTENT: &[&str] = &["prompt", "response"];

fn without_content(record: &mut Object) {
    record.retain(|name, _| !CONTENT.contains(&name));
}

fn json_file(path: &Path, value: &Value) -> Result<ExportedFile, Error> {
    paper::write_json(path, value)?;
    let bytes = paper::read(path)?.unwrap_or_default();
    Ok(exported(path, &bytes))
}

fn file(path: &Path, bytes: &[u8]) -> Result<ExportedFile, Error> {
    paper::write(path, bytes)?;
    Ok(exported(path, bytes))
}

fn exported(path: &Path, bytes: &[u8]) -> ExportedFile {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(bytes);
    let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    ExportedFile { path: path.to_owned(), bytes: bytes.len(), sha256 }
}
