//! What `verify` found.

use std::fmt;

use crate::TreeHead;

/// At most this many faults are listed; all are counted.
pub const MAX_FAULTS: usize = 100;

/// Where a fault lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// One event.
    Event {
        /// Its index in the log.
        seq: u64,
        /// Its stream, when that can still be read.
        stream: Option<String>,
    },
    /// A stored subtree over these events (inclusive).
    Range {
        /// First `seq`.
        first: u64,
        /// Last `seq`.
        last: u64,
    },
    /// The row that holds size and frontier.
    Head,
    /// The high-water record beside the log.
    HighWater,
    /// An index or the page structure of the file; the name says which.
    Structure(String),
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event { seq, stream: Some(stream) } => write!(f, "第 {seq} 个事件（{stream}）"),
            Self::Event { seq, stream: None } => write!(f, "第 {seq} 个事件"),
            Self::Range { first, last } => write!(f, "第 {first} 至 {last} 个事件的子树"),
            Self::Head => f.write_str("日志头"),
            Self::HighWater => f.write_str("水位记录 log.head"),
            Self::Structure(name) => write!(f, "文件结构 {name}"),
        }
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub position: Position,
    /// What is wrong, without content.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}：{}", self.position, self.what)
    }
}

/// The result of a full examination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// Events examined.
    pub events: u64,
    /// The head as recomputed from the stored events; `None` when the faults leave none.
    pub head: Option<TreeHead>,
    /// The first faults in the order found, at most [`MAX_FAULTS`].
    pub faults: Vec<Fault>,
    /// How many faults there are in all.
    pub fault_count: u64,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.fault_count == 0
    }

    pub(crate) fn fault(&mut self, position: Position, what: impl Into<String>) {
        self.fault_count += 1;
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault { position, what: what.into() });
        }
    }
}
