//! What can go wrong with a command, in words that tell people what to do next.

use domain::account::AccountRejection;
use domain::case::Rejection;
use domain::events::EventError;
use domain::person::PersonRejection;
use domain::unit::UnitRejection;
use event_log::{AppendError, LogError};

/// What went wrong. The first kinds are for people; the last ones are faults of the installation. The hotline's number is a
/// setting, which the page adds.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// The rules of cases say no.
    #[error(transparent)]
    Case(#[from] Rejection),
    /// The rules of accounts say no.
    #[error(transparent)]
    Account(#[from] AccountRejection),
    /// The rules of units say no.
    #[error(transparent)]
    Unit(#[from] UnitRejection),
    /// The rules of personal data say no.
    #[error(transparent)]
    Person(#[from] PersonRejection),
    /// The rules of supervision say no.
    #[error(transparent)]
    Refused(#[from] domain::refusal::Refusal),
    /// A rulebook, calendar or catalogue has faults.
    #[error("文件中有 {} 处需要修改", .0.len())]
    Rules(Vec<domain::rulebook::parse::Problem>),
    /// Not permitted.
    #[error("您的账号没有做这一步的权限")]
    Forbidden,
    /// Not there, or not visible for this actor; the two are not told apart.
    #[error("没有找到，或者您无权查看")]
    NotFound,
    /// Somebody did a clashing act since the page was shown.
    #[error("您打开页面之后，这件诉求已有新的进展。您填写的内容都保留在下面，请核对后再提交")]
    Clash {
        /// Revision of the page.
        seen: u64,
        /// Revision now.
        now: u64,
    },
    /// No rulebook is in force.
    #[error("系统还没有启用任何规则文件，请系统管理员先采用一个规则版本")]
    NoRulebook,
    /// Too many tries.
    #[error("尝试次数过多，请在 {seconds} 秒后再试")]
    TooManyTries {
        /// Seconds to wait.
        seconds: u64,
    },
    /// Sign-in name or password is wrong; not told apart.
    #[error("登录名或密码不正确，请重新输入；连续输错后需要等待一段时间")]
    WrongPassword,
    /// A new password is too weak.
    #[error("{0}")]
    WeakPassword(String),
    /// The log takes no more now.
    #[error("系统繁忙，您的内容没有丢失，请稍等几秒后重新提交")]
    Busy,
    /// The log cannot be written now, or its answer was lost: what was handed in may be there.
    #[error("系统暂时没能确认保存，您的内容可能没有提交成功。请稍后查看，没有记录的请再提交一次")]
    Unavailable,
    /// The log cannot be read now. Whoever reads has handed nothing in, so nothing is said of that.
    #[error("暂时读不到平台的数据，请稍后再试")]
    Unreadable,
    /// The ballot box of this campaign lies on another node.
    #[error(
        "公众评议的票箱在另一台服务器上，这台服务器不能受理这一步。您的评议码没有被使用，请稍后重新打开评议页面；一直如此的，请拨打服务热线"
    )]
    BoxElsewhere,
    /// A fault of the program or the data; the words go to the operating log, not to people.
    #[error("系统出现故障，已记录，请联系管理员")]
    Internal(String),
}

impl Error {
    /// Nothing is wrong with what was asked for, and the same may be taken in a moment: what was typed is worth keeping.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable | Self::Unreadable)
    }
}

impl From<AppendError> for Error {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Overloaded => Self::Busy,
            AppendError::Unavailable(_) => Self::Unavailable,
            // A conflict reaches people only after all retries.
            AppendError::Conflict { .. } => Self::Busy,
            AppendError::Invalid(what) => Self::Internal(what),
        }
    }
}

impl From<LogError> for Error {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Overloaded => Self::Unreadable,
            LogError::Unavailable(why) => {
                // People are told to come again; the operator has to know why.
                tracing::error!(why, "the event log cannot be read");
                Self::Unreadable
            }
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<EventError> for Error {
    fn from(error: EventError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<vault::VaultError> for Error {
    fn from(error: vault::VaultError) -> Self {
        Self::Internal(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_log_that_cannot_be_read_then_nobody_is_told_that_something_was_not_submitted() {
        for error in [LogError::Unavailable("disk".to_owned()), LogError::Overloaded] {
            let said = Error::from(error);
            assert_eq!(said, Error::Unreadable);
            assert!(!said.to_string().contains("提交") && said.to_string().contains("请稍后再试"), "{said}");
        }
        assert!(Error::from(AppendError::Unavailable("disk".to_owned())).to_string().contains("可能没有提交"));
    }

    #[test]
    fn given_what_passes_then_it_is_told_from_what_is_wrong() {
        assert!([Error::Busy, Error::Unavailable, Error::Unreadable].iter().all(Error::is_passing));
        assert!(![Error::NotFound, Error::Internal(String::new()), Error::BoxElsewhere].iter().any(Error::is_passing));
    }

    #[test]
    fn given_a_hotline_with_another_number_then_the_words_name_none() {
        for error in [Error::Busy, Error::Unavailable, Error::Unreadable, Error::BoxElsewhere] {
            assert!(!error.to_string().contains(|c: char| c.is_ascii_digit()), "{error}");
        }
    }
}
