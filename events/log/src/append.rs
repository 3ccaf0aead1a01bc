//! What an append asks and answers.

use std::collections::HashSet;

use crate::{NewEvent, WrappedKey};

/// Longest name (stream, kind, actor, rulebook, subject) in bytes.
pub(crate) const MAX_NAME: usize = 200;
/// Most events in one append.
pub(crate) const MAX_EVENTS: usize = 1024;
/// Most bytes of one event (clear and sealed).
pub(crate) const MAX_EVENT_BYTES: usize = 1 << 20;
/// Most bytes of one append.
pub(crate) const MAX_APPEND_BYTES: usize = 8 << 20;

/// Where the stream must end for an append to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The stream has no event yet.
    NoStream,
    /// The last event of the stream has this revision.
    Exact(u64),
}

impl Expected {
    /// The revision that the first new event gets.
    pub(crate) fn first_revision(self) -> Option<u64> {
        match self {
            Self::NoStream => Some(0),
            Self::Exact(last) => last.checked_add(1),
        }
    }

    pub(crate) fn holds(self, actual: Option<u64>) -> bool {
        match self {
            Self::NoStream => actual.is_none(),
            Self::Exact(last) => actual == Some(last),
        }
    }
}

/// Events for one stream, with the keys that they use for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The stream, for example `case-<uuid>`.
    pub stream: String,
    /// Where the stream must end.
    pub expected: Expected,
    /// At least one event.
    pub events: Vec<NewEvent>,
    /// Wrapped keys stored in the same transaction.
    pub keys: Vec<WrappedKey>,
}

/// The answer to an append: it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// `seq` of the last event of this append.
    pub last_seq: u64,
    /// Revision of the last event of this append.
    pub last_revision: u64,
    /// The same event ids already stood there; nothing was written.
    pub repeated: bool,
}

/// Why nothing was appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The stream ends elsewhere: load it again and decide again.
    #[error("该记录刚被他人更新，请刷新后再试")]
    Conflict {
        /// The last revision of the stream; `None` when it has no event.
        actual: Option<u64>,
    },
    /// The log takes no writes now (disk full, stopped, failed). Reading may go on.
    #[error("事件日志暂不能写入：{0}")]
    Unavailable(String),
    /// Too much is queued: try again in a moment.
    #[error("系统繁忙，请稍后再试")]
    Overloaded,
    /// The append itself is wrong and never succeeds; a programming error.
    #[error("事件不合规范：{0}")]
    Invalid(String),
}

impl Append {
    /// Bytes that this append brings, for bounding a group.
    pub(crate) fn weight(&self) -> usize {
        self.events.iter().map(NewEvent::weight).sum::<usize>() + self.keys.iter().map(|key| key.wrapped.len() + 64).sum::<usize>()
    }

    /// Everything that can be checked without the log; both backends call it first.
    pub(crate) fn check(&self) -> Result<(), AppendError> {
        let invalid = |what: &str| Err(AppendError::Invalid(what.to_owned()));
        if !is_name(&self.stream) {
            return invalid("流名称为空、过长或含控制字符");
        }
        if self.events.is_empty() || self.events.len() > MAX_EVENTS {
            return invalid("一次须追加 1 至 1024 个事件");
        }
        if self.expected.first_revision().and_then(|first| first.checked_add(MAX_EVENTS as u64)).is_none_or(|end| end > i64::MAX as u64) {
            return invalid("预期版本号超出范围");
        }
        if self.weight() > MAX_APPEND_BYTES {
            return invalid("一次追加超过 8 MiB");
        }
        let mut ids = HashSet::with_capacity(self.events.len());
        for event in &self.events {
            if !ids.insert(event.id) {
                return invalid("同一次追加中事件编号重复");
            }
            let names = [Some(&event.kind), Some(&event.actor), event.on_behalf.as_ref(), event.rulebook.as_ref()];
            if !names.into_iter().flatten().all(|name| is_name(name)) {
                return invalid("事件类型、操作人或规则名称为空、过长或含控制字符");
            }
            if event.weight() > MAX_EVENT_BYTES {
                return invalid("单个事件超过 1 MiB");
            }
            for (index, blob) in event.sealed.iter().enumerate() {
                if !is_name(&blob.subject) || event.sealed.iter().take(index).any(|other| other.subject == blob.subject) {
                    return invalid("密封内容的主体名称不合规范或重复");
                }
            }
        }
        for (index, key) in self.keys.iter().enumerate() {
            if !is_name(&key.owner) || !is_name(&key.subject) || key.wrapped.is_empty() {
                return invalid("密钥的所有者、主体或内容不合规范");
            }
            if self.keys.iter().take(index).any(|other| other.owner == key.owner && other.id == key.id) {
                return invalid("同一次追加中密钥编号重复");
            }
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control)
}
