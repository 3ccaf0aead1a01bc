//! Every event of a case in words; what cannot be said here cannot have happened.

use application::cases::Entry;
use domain::case::CaseEvent;
use domain::case::event::WithdrawReason;
use domain::case::{ClockKind, Frozen, Holder};
use domain::rulebook::Measure;
use projections::Reference;
use templates::components::Tone;
use templates::desk::{ConflictChange, EventRow, Fact};

use crate::words;

/// What happened, in words.
pub(super) struct Said {
    /// In a few words.
    pub(super) title: String,
    /// Texts and due dates, a paragraph each.
    pub(super) lines: Vec<String>,
    /// Who was late; empty for nobody.
    pub(super) late: String,
    /// Colour.
    pub(super) tone: Tone,
}

impl Said {
    fn new(title: impl Into<String>, tone: Tone) -> Self {
        Self { title: title.into(), lines: Vec::new(), late: String::new(), tone }
    }

    fn with(mut self, text: &str) -> Self {
        self.lines.extend(words::lines(text));
        self
    }

    fn limits(mut self, frozen: Option<&Frozen>) -> Self {
        for set in frozen.into_iter().flat_map(|frozen| &frozen.clocks) {
            let note = if set.provisional { "（临时：放假安排尚未公布）" } else { "" };
            self.lines.push(format!("{}：{}，至 {}{note}", set.clock.label(), set.limit.words(), words::due(set.due).text));
        }
        self
    }
}

/// One event in words.
pub(super) fn say(reference: &Reference, event: &CaseEvent) -> Said {
    match event {
        CaseEvent::Filed(e) => Said::new(format!("登记：{}", words::channel(reference, &e.channel)), Tone::Info).limits(e.frozen.as_ref()),
        CaseEvent::Accepted(_) => Said::new("受理", Tone::Info),
        CaseEvent::Refused(e) => {
            let (ground, path) = words::refusal(reference, &e.ground);
            Said::new(format!("不予受理：{ground}"), Tone::Bad).with(e.words.text()).with(&path)
        }
        CaseEvent::AnsweredDirectly(e) => Said::new("热线直接答复", Tone::Good).with(e.answer.text()),
        CaseEvent::Dispatched(e) => {
            let mut said = Said::new(format!("派单给{}", words::unit(reference, &e.unit)), Tone::Info).with(e.reason.text());
            if !e.entry.is_empty() {
                said.lines.push(format!("依据派单目录条目 {}", e.entry));
            }
            said.limits(Some(&e.frozen))
        }
        CaseEvent::Signed(_) => Said::new("签收", Tone::Info),
        CaseEvent::DeemedReceived(_) => late(Said::new("到期未签收，视同接收", Tone::Warn), "签收超时".to_owned()),
        CaseEvent::Assigned(e) => Said::new(format!("交办：{}", super::say::assignee(reference, &e.section, e.handler)), Tone::Neutral),
        CaseEvent::Contacted(e) => {
            let result = if e.reached { "已联系上" } else { "未接通" };
            Said::new(format!("联系诉求人：{}，{result}", e.means.label()), if e.reached { Tone::Info } else { Tone::Neutral })
                .with(e.note.text())
        }
        CaseEvent::Answered(e) => Said::new(format!("提交答复：{}", e.outcome.label()), Tone::Info).with(e.answer.text()),
        CaseEvent::Approved(e) => Said::new("单位审核负责人签发答复", Tone::Info).limits(Some(&e.frozen)),
        CaseEvent::SentBack(e) => {
            let by = if e.by_hotline { "热线审核退回" } else { "单位审核退回" };
            Said::new(by, Tone::Warn).with(e.reason.text()).limits(e.frozen.as_ref())
        }
        CaseEvent::Passed(e) => Said::new("热线审核通过，答复送达诉求人", Tone::Good).limits(e.frozen.as_ref()),
        CaseEvent::CalledBack(e) => called_back(reference, e),
        CaseEvent::Rated(e) => {
            let tone = if e.stars >= 4 { Tone::Good } else { Tone::Warn };
            let said = Said::new(format!("诉求人评价：{} 星", e.stars), tone);
            e.words.as_ref().map_or_else(Vec::new, |text| words::lines(text.text())).into_iter().fold(said, |said, line| said.with(&line))
        }
        CaseEvent::Disputed(e) => Said::new("诉求人表示没有解决", Tone::Warn).with(e.words.text()),
        CaseEvent::Judged(e) => {
            let result = if e.justified { "诉求合理" } else { "诉求不合理" };
            Said::new(format!("热线研判：{result}"), if e.justified { Tone::Warn } else { Tone::Neutral }).with(e.reason.text())
        }
        CaseEvent::Rehandled(e) => Said::new(format!("退回重新办理（第 {} 次办理）", e.round), Tone::Warn).limits(Some(&e.frozen)),
        CaseEvent::Archived(e) => Said::new(format!("归档：{}", e.ending.label()), Tone::Good),
        CaseEvent::LimitWarned(e) => Said::new(format!("{}临期预警", e.clock.label()), Tone::Warn),
        CaseEvent::LimitBreached(e) => {
            let said = Said::new(format!("{}超期", e.clock.label()), Tone::Bad);
            late(said, answerable(reference, &e.holder, &e.consumed))
        }
        CaseEvent::BreachWithdrawn(e) => {
            let why = match e.reason {
                WithdrawReason::AnsweredInTime => "补录的记录表明在时限内已答复。",
                WithdrawReason::Recomputed => "重新计算后，时限当时还没有到期。",
            };
            Said::new(format!("{}的超期记录已撤销", e.clock.label()), Tone::Info).with(why)
        }
        CaseEvent::DeadlineRecomputed(e) => Said::new(format!("{}重新计算", e.clock.label()), Tone::Info).with(&format!(
            "原到期 {}，现到期 {}（日历 {}）",
            words::due(e.old).text,
            words::due(e.due).text,
            e.calendar
        )),
        CaseEvent::OutcomeAsserted(e) => {
            let value = if e.value { "是" } else { "否" };
            Said::new(format!("来源系统断言：{} {value}", measure(e.measure)), Tone::Neutral).with(&format!("来源字段：{}", e.provenance))
        }
        CaseEvent::Reclassified(e) => {
            let place = words::place(reference, &e.division);
            Said::new(format!("来源更正类型：{}", words::class(reference, &e.class)), Tone::Neutral)
                .with(&[e.category.join(" / "), place].join("\n"))
        }
        CaseEvent::HolderReported(e) => {
            Said::new(format!("来源显示承办单位：{}", words::unit(reference, &e.unit)), Tone::Info).limits(e.frozen.as_ref())
        }
        CaseEvent::AnswerReported(e) => Said::new("来源显示已答复", Tone::Info).with(e.answer.text()),
        CaseEvent::SourceChanged(e) => {
            let what = if e.demand.is_some() { "来源更新了诉求内容" } else { "来源数据已更新" };
            Said::new(what, Tone::Neutral)
        }
    }
}

fn late(said: Said, late: String) -> Said {
    Said { late, ..said }
}

fn called_back(reference: &Reference, event: &domain::case::event::CalledBack) -> Said {
    let yes = |value| if value { "是" } else { "否" };
    match &event.reply {
        None => Said::new(format!("回访（第 {} 次）：未接通", event.attempt), Tone::Neutral).with(event.note.text()),
        Some(reply) => {
            let tone = if reply.solved && reply.satisfied { Tone::Good } else { Tone::Warn };
            let grade = words::grade(reference, &reply.grade);
            Said::new(format!("回访（第 {} 次）：{grade}", event.attempt), tone)
                .with(&format!("单位联系过：{}；已解决：{}；满意程度：{grade}", yes(reply.contacted), yes(reply.solved)))
                .with(event.note.text())
        }
    }
}

/// Who is answerable for a breach, and who consumed how much.
pub(super) fn answerable(reference: &Reference, holder: &Holder, consumed: &[(Holder, i64)]) -> String {
    let shares: Vec<String> =
        consumed.iter().map(|(who, minutes)| format!("{} {}", words::holder(reference, who), words::minutes(*minutes))).collect();
    let shares = if shares.is_empty() { String::new() } else { format!("；用时：{}", shares.join("，")) };
    format!("责任方 {}{shares}", words::holder(reference, holder))
}

/// A measure in words.
pub(super) fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Received => "收到",
        Measure::Signed => "按时签收",
        Measure::Contacted => "按时联系",
        Measure::Answered => "按时办结",
        Measure::Solved => "已解决",
        Measure::Satisfied => "满意",
        Measure::Overdue => "超期",
        Measure::Rehandled => "二次办理",
        Measure::Rated => "好评",
    }
}

/// Who did it: what a limit brings about has no person behind it, whoever's act brought it to record.
pub(super) fn by(reference: &Reference, entry: &Entry) -> String {
    if entry.event.is_automatic() { "系统自动".to_owned() } else { words::actor(reference, &entry.actor) }
}

/// An event for the flow of the case.
pub(super) fn fact(reference: &Reference, entry: &Entry) -> Fact {
    let said = say(reference, &entry.event);
    // Seconds between act and record are the machine's; a minute and more is a late entry.
    let recorded = (entry.recorded_at - entry.occurred_at >= chrono::TimeDelta::minutes(1)).then(|| words::moment(entry.recorded_at));
    Fact {
        at: words::moment(entry.occurred_at),
        recorded,
        title: said.title,
        by: by(reference, entry),
        lines: said.lines,
        late: said.late,
        tone: said.tone,
        seq: entry.seq.to_string(),
    }
}

/// An event as it stands in the log.
pub(super) fn event(reference: &Reference, entry: &Entry) -> EventRow {
    EventRow {
        seq: entry.seq.to_string(),
        kind: entry.event.kind().to_owned(),
        label: say(reference, &entry.event).title,
        at: words::moment(entry.occurred_at),
        recorded: words::moment(entry.recorded_at),
        actor: entry.actor.clone(),
        // Shortened; enough to compare with a receipt.
        hash: entry.leaf[..8].iter().map(|byte| format!("{byte:02x}")).collect(),
        href: None,
    }
}

/// An event that happened while somebody filled a form.
pub(super) fn change(reference: &Reference, entry: &Entry) -> ConflictChange {
    ConflictChange { at: words::moment(entry.occurred_at), by: by(reference, entry), what: say(reference, &entry.event).title }
}

/// The name of a limit with its round.
pub(super) fn limit_name(kind: ClockKind, round: u8) -> String {
    if round > 1 { format!("{}（第 {round} 次办理）", kind.label()) } else { kind.label().to_owned() }
}
