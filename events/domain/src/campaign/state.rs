//! The state of a campaign, and what may follow from it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::event::{CampaignClosed, CampaignCounted, CampaignEvent, CampaignInvited, CampaignPlanned, GroupTally};
use super::{Group, MOST_BODIES, MOST_INVITED, SUPPRESS_BELOW};
use crate::folded::Folded;
use crate::refusal::{Field, Refusal, check_text};
use crate::time::{Instant, legal_day};

/// How far a campaign is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 方案拟订.
    Planned,
    /// 方案已锁定.
    Locked,
    /// 评议中.
    Open,
    /// 已截止, and counted.
    Closed,
    /// 已公布.
    Published,
}

impl Stage {
    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Planned => "方案拟订",
            Self::Locked => "方案已锁定",
            Self::Open => "评议中",
            Self::Closed => "已截止",
            Self::Published => "已公布",
        }
    }
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    /// How far.
    pub stage: Stage,
    /// What is asked.
    pub plan: CampaignPlanned,
    /// When the plan was fixed.
    pub locked_at: Option<Instant>,
    /// Batches of codes.
    pub batches: Vec<CampaignInvited>,
    /// When voting began.
    pub opened_at: Option<Instant>,
    /// When voting ended.
    pub closed_at: Option<Instant>,
    /// Tally.
    pub closed: Option<CampaignClosed>,
    /// Counts.
    pub counted: Option<CampaignCounted>,
    /// When the report became public.
    pub published_at: Option<Instant>,
}

impl Folded for Campaign {
    type Event = CampaignEvent;
    const KIND: &'static str = "campaign";

    fn evolve(before: Option<Self>, at: Instant, event: &CampaignEvent) -> Option<Self> {
        if let CampaignEvent::Planned(plan) = event {
            return Some(Self {
                stage: Stage::Planned,
                plan: plan.clone(),
                locked_at: None,
                batches: Vec::new(),
                opened_at: None,
                closed_at: None,
                closed: None,
                counted: None,
                published_at: None,
            });
        }
        let mut state = before?;
        match event {
            CampaignEvent::Planned(_) => {}
            CampaignEvent::Locked(_) => {
                state.stage = Stage::Locked;
                state.locked_at = Some(at);
            }
            CampaignEvent::Invited(invited) => state.batches.push(invited.clone()),
            CampaignEvent::Opened(_) => {
                state.stage = Stage::Open;
                state.opened_at = Some(at);
            }
            CampaignEvent::Closed(closed) => {
                state.stage = Stage::Closed;
                state.closed_at = Some(at);
                state.closed = Some(closed.clone());
            }
            CampaignEvent::Counted(counted) => state.counted = Some(counted.clone()),
            CampaignEvent::Published(_) => {
                state.stage = Stage::Published;
                state.published_at = Some(at);
            }
        }
        Some(state)
    }
}

impl Campaign {
    /// Codes given out for a group so far.
    pub fn invited(&self, group: Group) -> u64 {
        self.batches.iter().filter(|batch| batch.group == group).map(|batch| batch.count).sum()
    }

    /// Ballots are taken now.
    ///
    /// # Errors
    /// Why not.
    pub fn takes_ballots(&self, now: Instant) -> Result<(), Refusal> {
        if self.stage != Stage::Open {
            return Err(Refusal::Stage(self.stage.label()));
        }
        let today = legal_day(now);
        if today < self.plan.from || today > self.plan.until { Err(Refusal::Late("评议")) } else { Ok(()) }
    }

    /// Codes of a batch may be made.
    ///
    /// # Errors
    /// [`Refusal`]: the plan is not fixed, or more than the plan says.
    pub fn may_invite(&self, group: Group, count: u64) -> Result<(), Refusal> {
        if !matches!(self.stage, Stage::Locked | Stage::Open) {
            return Err(Refusal::Stage(self.stage.label()));
        }
        let Some(planned) = self.plan.groups.iter().find(|of| of.group == group) else {
            return Err(Refusal::field("group", "方案里没有这个评议主体，请重新选择"));
        };
        let left = planned.size.saturating_sub(self.invited(group));
        if count == 0 || count > left {
            return Err(Refusal::field("count", format!("“{}”还可以生成 {left} 个评议码，请填写 1 到 {left}", group.label())));
        }
        Ok(())
    }

    /// The stage must be this one.
    ///
    /// # Errors
    /// [`Refusal::Stage`].
    pub fn must_be(&self, stage: Stage) -> Result<(), Refusal> {
        if self.stage == stage { Ok(()) } else { Err(Refusal::Stage(self.stage.label())) }
    }

    /// Results may be seen: not before voting has ended (practice.md 24).
    pub fn has_results(&self) -> bool {
        self.counted.is_some() && self.stage >= Stage::Closed
    }

    /// All ballots counted.
    pub fn ballots(&self) -> u64 {
        self.closed.iter().flat_map(|closed| &closed.tally).map(|tally| tally.ballots).sum()
    }

    /// The tally of a group.
    pub fn tally(&self, group: Group) -> Option<&GroupTally> {
        self.closed.as_ref()?.tally.iter().find(|tally| tally.group == group)
    }
}

/// Codes used and ballots in the box must agree, group by group, and no more may be used than were given out.
///
/// # Errors
/// Which group does not agree; the campaign stays as it is until that is explained.
pub fn check_tally(tally: &[GroupTally]) -> Result<(), Refusal> {
    match tally.iter().find(|of| of.used != of.ballots || of.used > of.invited) {
        None => Ok(()),
        Some(of) => Err(Refusal::field(
            "",
            format!(
                "“{}”发出评议码 {} 个，用过 {} 个，票箱里有 {} 张票，数目不符，不能截止计票。请保留现场，联系系统管理员和审计人员",
                of.group.label(),
                of.invited,
                of.used,
                of.ballots
            ),
        )),
    }
}

impl CampaignPlanned {
    /// Checks a plan as it is typed. `today` is the day on which it is drawn up.
    ///
    /// # Errors
    /// [`Refusal::Fields`].
    pub fn check(&self, today: NaiveDate) -> Result<(), Refusal> {
        let mut fields = Vec::new();
        if let Some(words) = self.words.known() {
            check_text(&mut fields, "title", "评议名称", &words.title, 60);
            check_text(&mut fields, "frame", "抽样范围和方法", &words.frame, 1_000);
            for (name, label, text) in [
                ("number", "表号", &words.number),
                ("maker", "制定机关", &words.maker),
                ("approval", "批准文号", &words.approval),
                ("valid", "有效期", &words.valid),
            ] {
                if text.chars().count() > 60 {
                    fields.push(Field { name, words: format!("{label}最多 60 字，请删减") });
                }
            }
        }
        let mut bodies = self.bodies.clone();
        bodies.sort();
        bodies.dedup();
        if bodies.is_empty() {
            fields.push(Field { name: "bodies", words: "请至少选择一个评议对象".to_owned() });
        } else if bodies.len() != self.bodies.len() || bodies.len() > MOST_BODIES {
            fields.push(Field { name: "bodies", words: format!("评议对象不能重复，一次最多 {MOST_BODIES} 个") });
        }
        let mut groups: Vec<Group> = self.groups.iter().map(|of| of.group).collect();
        groups.sort();
        groups.dedup();
        if groups.is_empty() || groups.len() != self.groups.len() {
            fields.push(Field { name: "groups", words: "请至少填写一个评议主体的权重和人数".to_owned() });
        } else if self.groups.iter().map(|of| of.weight).sum::<u32>() != 100 || self.groups.iter().any(|of| of.weight == 0) {
            fields.push(Field { name: "groups", words: "各评议主体的权重都要大于 0，合计应当是 100".to_owned() });
        } else if self.groups.iter().any(|of| of.size == 0) || self.groups.iter().map(|of| of.size).sum::<u64>() > MOST_INVITED {
            fields
                .push(Field { name: "groups", words: format!("各评议主体的人数都要大于 0，合计最多 {MOST_INVITED} 人") });
        }
        if self.least < SUPPRESS_BELOW || self.least > 10_000 {
            fields.push(Field { name: "least", words: format!("有效样本下限请填 {SUPPRESS_BELOW} 到 10000") });
        }
        if self.from < today {
            fields.push(Field { name: "from", words: "开始日期不能早于今天".to_owned() });
        }
        if self.until < self.from {
            fields.push(Field { name: "until", words: "截止日期不能早于开始日期".to_owned() });
        }
        Refusal::unless_empty(fields)
    }
}
