//! The rulebook (考核细则与口径): everything that a city may decide differently, as one dated, versioned TOML file.
//!
//! A clock resolves its rulebook when it starts: the latest version recorded by then whose effective range holds
//! the moment; that version is pinned in the event. Streams: `rulebook-<id>`.

pub mod calendars;
pub mod catalogues;
mod document;
pub mod examples;
pub mod inspection;
pub mod investigation;
pub mod ladders;
pub mod order;
pub mod parse;
pub mod scheme;
pub mod shipped;
pub mod versions;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::events::events;
use crate::limit::Limit;
use crate::unit::Level;

/// One version of a city's rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rulebook {
    /// Short id, `a-z0-9-`.
    pub id: String,
    /// Version, unique within the id.
    pub version: String,
    /// Name on pages.
    pub title: String,
    /// Documents it rests on.
    #[serde(default)]
    pub basis: Vec<String>,
    /// 诉求类型, in the order of pages.
    pub classes: Vec<Class>,
    /// 渠道.
    pub channels: Vec<Channel>,
    /// 紧急程度, the first is the default.
    pub urgencies: Vec<Named>,
    /// Limits; the first whose conditions all hold applies, the last has none.
    pub limits: Vec<LimitRule>,
    /// 审核 by the hotline.
    pub review: Review,
    /// 回访.
    pub call_back: CallBack,
    /// 二次办理.
    pub rehandling: Rehandling,
    /// 预警.
    pub warning: Warning,
    /// 黄牌、红牌 triggers; an officer issues.
    pub cards: Cards,
    /// 督办单; none = the defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<order::Orders>,
    /// 满意度 grades of the call-back, best first.
    pub satisfaction: Vec<Grade>,
    /// 不予受理 grounds with the right door (domain.md A11, A12).
    pub refusals: Vec<Refusal>,
    /// Indicators of the scorecard with their 口径.
    pub indicators: Vec<Indicator>,
    /// 效能投诉 limits; a city without them takes no complaints of this kind (domain.md D3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub investigation: Option<investigation::InvestigationRules>,
    /// Ladders of response (四级响应, 办不成事); none in rulebooks older than they.
    #[serde(default)]
    pub ladders: Vec<ladders::Ladder>,
    /// Worked examples, run by `rulebook check`.
    #[serde(default)]
    pub examples: Vec<Example>,
    /// Spot checks (明察暗访): limits and the counter of visits.
    #[serde(default)]
    pub inspection: inspection::InspectionRules,
    /// What spot checks look for, with points (domain.md I12, D11).
    #[serde(default = "inspection::findings")]
    pub findings: Vec<inspection::FindingRule>,
}

/// A code with its Chinese name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// `a-z0-9_`.
    pub code: String,
    /// Name on pages.
    pub label: String,
}

/// A class of demand (诉求类型, domain.md A9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// `a-z0-9_`.
    pub code: String,
    /// Name on pages.
    pub label: String,
    /// One sentence that tells a citizen when to choose it.
    pub definition: String,
    /// A report of wrongdoing (举报): hidden from search, public pages and everyone concerned.
    #[serde(default)]
    pub wrongdoing: bool,
    /// Is called back after the answer.
    #[serde(default = "yes")]
    pub call_back: bool,
}

/// A channel (渠道, domain.md §2.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// `a-z0-9_`.
    pub code: String,
    /// Name on pages.
    pub label: String,
    /// Offered to operators in the call form.
    #[serde(default)]
    pub desk: bool,
}

/// Limits for the cases that meet all given conditions; an empty list is no condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitRule {
    /// Classes.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Channels.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Urgencies.
    #[serde(default)]
    pub urgencies: Vec<String>,
    /// Levels of the unit that handles.
    #[serde(default)]
    pub levels: Vec<Level>,
    /// Hotline: from filing to acceptance and dispatch or direct answer.
    pub accept: Limit,
    /// What the receipt promises, from filing to the final answer.
    pub promise: Limit,
    /// The matter (总时限), from dispatch to the answer that passed review.
    pub total: Limit,
    /// The holder (办理时限), from dispatch to the answer that its head signed.
    pub handle: Limit,
    /// 签收; not within it = deemed received.
    pub sign: Limit,
    /// First contact with the petitioner; none = not asked for.
    #[serde(default)]
    pub contact: Option<Limit>,
}

/// Review by the hotline (审核).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Time for the hotline to pass or send back.
    pub limit: Limit,
    /// An answer that was sent back is due again this long after, if that is later than the limit that runs.
    pub sent_back: Limit,
}

/// Call-back (回访, domain.md A21, practice.md 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallBack {
    /// From the passed answer to the call.
    pub limit: Limit,
    /// Attempts; not reached after the last one is no sample.
    pub attempts: u8,
    /// Which call-back counts when a case was handled again.
    pub counts: Counts,
}

/// Which of several call-backs counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// The first.
    First,
    /// The last.
    Last,
}

/// Handling again after justified dissatisfaction (二次办理).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rehandling {
    /// The holder's new limit.
    pub limit: Limit,
    /// Rounds; after the last one the case ends as it stands or is escalated.
    pub max: u8,
}

/// When to warn (预警): at the later of `percent` of the time gone and `before` the due instant (domain.md E7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// Percent of the time from start to due, 1–99.
    pub percent: u8,
    /// At the latest this many working days before; 0 = only the percent.
    pub before_working_days: u8,
}

/// Card triggers (domain.md E5–E7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cards {
    /// Yellow at the breach of the handling limit.
    pub yellow_on_breach: bool,
    /// Red this long after the due instant of the handling limit.
    pub red_after: Limit,
    /// Red at this round of handling again; 0 = never.
    pub red_on_rehandling: u8,
    /// How long the unit may object to an issued card (§5.3); none = [`Cards::OBJECTION`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objection: Option<Limit>,
}

impl Cards {
    /// Three working days to object (domain.md §5.3).
    pub const OBJECTION: Limit = Limit::WorkingDays(3);

    /// How long the unit may object.
    pub fn objection_limit(&self) -> Limit {
        self.objection.unwrap_or(Self::OBJECTION)
    }
}

/// A grade of satisfaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grade {
    /// `a-z0-9_`.
    pub code: String,
    /// Name on pages.
    pub label: String,
    /// Counts as satisfied.
    pub satisfied: bool,
}

/// A ground of not accepting (不予受理).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// `a-z0-9_`.
    pub code: String,
    /// Name on pages.
    pub label: String,
    /// The right door, told to the citizen.
    pub path: String,
}

/// What an indicator counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Cases that a unit was given.
    Received,
    /// Signed for in time ÷ sign-for limits ended.
    Signed,
    /// Petitioner contacted in time ÷ contact limits ended.
    Contacted,
    /// Answered in time ÷ handling limits ended.
    Answered,
    /// Solved ÷ reached in the call-back.
    Solved,
    /// Satisfied ÷ reached in the call-back.
    Satisfied,
    /// Handling limits broken, by the holder who had the case.
    Overdue,
    /// Times handled again.
    Rehandled,
    /// Ratings of four or five stars ÷ ratings by citizens (好差评, not satisfaction).
    Rated,
}

impl Measure {
    /// All measures in the order of the scorecard.
    pub const ALL: [Self; 9] = [
        Self::Received,
        Self::Signed,
        Self::Contacted,
        Self::Answered,
        Self::Solved,
        Self::Satisfied,
        Self::Overdue,
        Self::Rehandled,
        Self::Rated,
    ];

    /// The name in files, views and paths.
    pub fn code(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Signed => "signed",
            Self::Contacted => "contacted",
            Self::Answered => "answered",
            Self::Solved => "solved",
            Self::Satisfied => "satisfied",
            Self::Overdue => "overdue",
            Self::Rehandled => "rehandled",
            Self::Rated => "rated",
        }
    }

    /// The measure of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.code() == code)
    }

    /// A bare count rather than a rate.
    pub fn is_count(self) -> bool {
        matches!(self, Self::Received | Self::Overdue | Self::Rehandled)
    }
}

/// Which moment decides the month that a case belongs to (口径, practice.md 22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Convention {
    /// Dispatch to the unit.
    Dispatch,
    /// The due date of the limit.
    Due,
    /// The moment it happened: end, call-back, rating.
    Event,
}

/// An indicator of the scorecard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// What is counted.
    pub measure: Measure,
    /// Name on pages.
    pub label: String,
    /// Definition beside the figure: numerator, denominator, what is left out.
    pub definition: String,
    /// Which month.
    pub period: Convention,
    /// Days after this one belong to the next month; 0 = calendar months.
    #[serde(default)]
    pub cut_off_day: u32,
    /// Below this many samples only counts are shown, no rate.
    #[serde(default)]
    pub min_samples: u32,
    /// Target in percent, if the city has one.
    #[serde(default)]
    pub target_percent: Option<u8>,
}

/// A worked example: a case of these properties has these dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub title: String,
    /// Class.
    pub class: String,
    /// Channel.
    pub channel: String,
    /// Urgency.
    pub urgency: String,
    /// Level of the handling unit.
    pub level: Level,
    /// Local date-time at +08:00, `2026-04-30 10:00`.
    pub from: String,
    /// The limit looked at: accept, promise, total, handle, sign, contact.
    pub clock: String,
    /// The due instant expected, local, `2026-05-12 00:00` (the end of a day is the next day's 00:00).
    pub due: String,
}

/// What decides the limits of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conditions<'a> {
    /// Class code.
    pub class: &'a str,
    /// Channel code.
    pub channel: &'a str,
    /// Urgency code.
    pub urgency: &'a str,
    /// Level of the handling unit; none before dispatch (then rules with levels do not apply).
    pub level: Option<Level>,
}

impl Rulebook {
    /// The class of a code.
    pub fn class(&self, code: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.code == code)
    }

    /// The channel of a code.
    pub fn channel(&self, code: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.code == code)
    }

    /// The grade of a code.
    pub fn grade(&self, code: &str) -> Option<&Grade> {
        self.satisfaction.iter().find(|grade| grade.code == code)
    }

    /// The refusal ground of a code.
    pub fn refusal(&self, code: &str) -> Option<&Refusal> {
        self.refusals.iter().find(|ground| ground.code == code)
    }

    /// The indicator of a measure.
    pub fn indicator(&self, measure: Measure) -> Option<&Indicator> {
        self.indicators.iter().find(|indicator| indicator.measure == measure)
    }

    /// The limits of a case: the first rule whose conditions all hold.
    pub fn limits(&self, case: Conditions<'_>) -> Option<&LimitRule> {
        let holds = |list: &[String], code: &str| list.is_empty() || list.iter().any(|one| one == code);
        self.limits.iter().find(|rule| {
            holds(&rule.classes, case.class)
                && holds(&rule.channels, case.channel)
                && holds(&rule.urgencies, case.urgency)
                && (rule.levels.is_empty() || case.level.is_some_and(|level| rule.levels.contains(&level)))
        })
    }

    /// How an event names this version.
    pub fn reference(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }
}

fn yes() -> bool {
    true
}

/// A version was adopted. The whole text is in the event, so that the log alone explains every clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RulebookAdopted {
    /// Id of the rulebook.
    pub id: String,
    /// Version.
    pub version: String,
    /// The TOML text.
    pub text: String,
    /// First day on which it is in force.
    pub from: NaiveDate,
    /// Last day, if it ends.
    pub until: Option<NaiveDate>,
}

/// A year's notice of the State Council was imported; stream `calendar-<year>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalendarNoticed {
    /// The year in the notice's title.
    pub year: i32,
    /// The notice as TOML text.
    pub text: String,
}

/// The city's own closures and sessions; stream `calendar-city`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverlaySet {
    /// The overlay as TOML text.
    pub text: String,
}

/// A version of the dispatch catalogue (派单目录) was adopted; stream `catalogue-<id>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CatalogueAdopted {
    /// Id of the catalogue.
    pub id: String,
    /// Version.
    pub version: String,
    /// The TOML text.
    pub text: String,
    /// First day on which it is in force.
    pub from: NaiveDate,
}

events! {
    /// What happened to the rules.
    RuleEvent {
        /// A rulebook version was adopted.
        RulebookAdopted(RulebookAdopted) => "rulebook_adopted" 1,
        /// A year's notice was imported.
        CalendarNoticed(CalendarNoticed) => "calendar_noticed" 1,
        /// The city overlay was set.
        OverlaySet(OverlaySet) => "calendar_overlay_set" 1,
        /// A dispatch catalogue was adopted.
        CatalogueAdopted(CatalogueAdopted) => "catalogue_adopted" 1,
    }
}
