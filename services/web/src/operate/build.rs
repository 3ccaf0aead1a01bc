//! What this program was made of.

/// Facts of the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Build {
    /// Version of the program.
    pub version: &'static str,
    /// Commit it was built from; `unknown` unless the build named it in `XIAONENG_COMMIT`.
    pub commit: &'static str,
    /// Version of SQLite.
    pub sqlite: &'static str,
    /// Backends of the log that are built in.
    pub features: &'static str,
}

impl Build {
    /// This build.
    #[must_use]
    pub fn this() -> Self {
        let commit = option_env!("XIAONENG_COMMIT").unwrap_or("unknown");
        Self { version: env!("CARGO_PKG_VERSION"), commit, sqlite: event_log::sqlite_version(), features: event_log::BACKENDS }
    }
}
