//! A calendar file, as `xiaoneng deadline --calendar FILE` takes it: notices and overlays together.

use serde::Deserialize;
use thiserror::Error;

use super::notice::{NoticeError, YearNotice};
use super::overlay::{Overlay, OverlayError};

/// Notices and overlays of one file. TOML with any number of `[[notice]]` (fields of [`YearNotice`]) and `[[overlay]]`
/// (fields of [`Overlay`]), or one year of `holiday-cn` in JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarFile {
    /// The notices, in the order in which they apply.
    #[serde(default, rename = "notice")]
    pub notices: Vec<YearNotice>,
    /// The overlays, the later on top.
    #[serde(default, rename = "overlay")]
    pub overlays: Vec<Overlay>,
}

/// Why a calendar file cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CalendarFileError {
    /// Not this TOML.
    #[error("日历文件无法读取：{0}")]
    Unreadable(String),
    /// It has neither notice nor overlay.
    #[error("日历文件是空的：请写入 [[notice]]（放假安排）或 [[overlay]]（本地日历）")]
    Empty,
    /// A notice is off.
    #[error(transparent)]
    Notice(#[from] NoticeError),
    /// An overlay is off.
    #[error(transparent)]
    Overlay(#[from] OverlayError),
}

impl CalendarFile {
    /// Reads and checks a file's text.
    pub fn parse(text: &str) -> Result<CalendarFile, CalendarFileError> {
        if text.trim_start().starts_with('{') {
            return Ok(CalendarFile { notices: vec![YearNotice::from_holiday_cn(text)?], overlays: Vec::new() });
        }
        let file: CalendarFile = toml::from_str(text).map_err(|e| CalendarFileError::Unreadable(e.to_string()))?;
        if file.notices.is_empty() && file.overlays.is_empty() {
            return Err(CalendarFileError::Empty);
        }
        file.notices.iter().try_for_each(YearNotice::check)?;
        file.overlays.iter().try_for_each(Overlay::check)?;
        Ok(file)
    }
}
