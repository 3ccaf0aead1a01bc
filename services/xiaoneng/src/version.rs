//! Which program this is: version, commit, SQLite, what was built in.

use std::sync::LazyLock;

/// The commit, given by `ops/release` (`XIAONENG_COMMIT`); an edit-loop build has none.
pub(crate) const COMMIT: Option<&str> = option_env!("XIAONENG_COMMIT");

/// `0.1.0 (commit 1a2b3c4, SQLite 3.53.0, sqlite)`.
pub(crate) fn line() -> &'static str {
    static LINE: LazyLock<String> = LazyLock::new(|| {
        let commit = COMMIT.map_or_else(|| "development build".to_owned(), |commit| format!("commit {commit}"));
        format!("{} ({commit}, SQLite {}, {})", env!("CARGO_PKG_VERSION"), event_log::sqlite_version(), event_log::BACKENDS)
    });
    &LINE
}
