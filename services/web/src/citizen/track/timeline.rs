//! What happened, in the citizen's words. Notes and reasons that officials wrote for each other stay inside; answers
//! and grounds of refusal are what the citizen is owed.

use application::cases::{Entry, OpenedCase};
use domain::case::{CaseEvent, ClockKind};
use projections::Reference;
use templates::citizen::{Answer, grade_choices};
use templates::components::{TimelineItem, Tone};

use crate::words;

/// Newest first.
pub(super) fn items(reference: &Reference, opened: &OpenedCase) -> Vec<TimelineItem> {
    opened.entries.iter().rev().filter_map(|entry| item(reference, entry)).collect()
}

fn item(reference: &Reference, entry: &Entry) -> Option<TimelineItem> {
    let hotline = || words::hotline(reference);
    let actor = || words::actor_unit(reference, &entry.actor);
    let (title, by, lines, tone): (String, String, Vec<String>, Tone) = match &entry.event {
        CaseEvent::Filed(filed) => ("收到诉求".to_owned(), words::channel(reference, &filed.channel), Vec::new(), Tone::Neutral),
        CaseEvent::Accepted(_) => ("已受理".to_owned(), hotline(), Vec::new(), Tone::Info),
        CaseEvent::Refused(_) => ("不予受理，说明见上".to_owned(), hotline(), Vec::new(), Tone::Bad),
        CaseEvent::AnsweredDirectly(_) => ("已直接答复，全文见上".to_owned(), hotline(), Vec::new(), Tone::Good),
        CaseEvent::Dispatched(one) => (format!("已派给{}", words::unit(reference, &one.unit)), hotline(), Vec::new(), Tone::Info),
        CaseEvent::Signed(_) => ("承办单位已签收".to_owned(), actor(), Vec::new(), Tone::Info),
        CaseEvent::DeemedReceived(_) => {
            ("承办单位没有按时签收，视同已收到，期限照常计算".to_owned(), "系统自动".to_owned(), Vec::new(), Tone::Warn)
        }
        CaseEvent::Contacted(one) if one.reached => (format!("承办单位已联系您（{}）", one.means.label()), actor(), Vec::new(), Tone::Info),
        CaseEvent::Contacted(one) => (format!("承办单位联系您，没有接通（{}）", one.means.label()), actor(), Vec::new(), Tone::Warn),
        CaseEvent::Answered(_) => ("承办单位已写好答复，等待负责人审核".to_owned(), actor(), Vec::new(), Tone::Info),
        CaseEvent::Approved(_) => ("单位负责人已签发答复，等待热线办审核".to_owned(), actor(), Vec::new(), Tone::Info),
        CaseEvent::SentBack(one) => {
            let by = if one.by_hotline { hotline() } else { actor() };
            ("答复没有通过审核，退回修改".to_owned(), by, Vec::new(), Tone::Warn)
        }
        CaseEvent::Passed(_) => ("答复通过审核，全文见上".to_owned(), hotline(), Vec::new(), Tone::Good),
        CaseEvent::CalledBack(one) => match &one.reply {
            Some(reply) => {
                let solved = if reply.solved { "已经解决" } else { "没有解决" };
                let line = format!("您表示：{solved}，{}。", words::grade(reference, &reply.grade));
                ("已回访".to_owned(), hotline(), vec![line], if reply.solved && reply.satisfied { Tone::Good } else { Tone::Warn })
            }
            None => (format!("第 {} 次回访，没有接通", one.attempt), hotline(), Vec::new(), Tone::Warn),
        },
        CaseEvent::Rated(one) => {
            let label = grade_choices("").into_iter().find(|choice| choice.value == one.stars.to_string()).map(|choice| choice.label);
            (format!("您的评价：{}", label.unwrap_or_default()), "您".to_owned(), Vec::new(), Tone::Info)
        }
        CaseEvent::Disputed(one) => ("您说没有解决".to_owned(), "您".to_owned(), words::lines(one.words.text()), Tone::Warn),
        CaseEvent::Judged(one) if one.justified => ("经研判，您的意见成立".to_owned(), hotline(), Vec::new(), Tone::Info),
        CaseEvent::Judged(_) => ("经研判，维持原来的答复".to_owned(), hotline(), Vec::new(), Tone::Neutral),
        CaseEvent::Rehandled(one) => (format!("重新办理（第 {} 次）", one.round), hotline(), Vec::new(), Tone::Warn),
        CaseEvent::Archived(one) => ("已办结".to_owned(), hotline(), vec![format!("{}。", one.ending.label())], Tone::Good),
        CaseEvent::LimitBreached(one) => (
            format!("{}已超过，责任在{}", one.clock.label(), words::holder(reference, &one.holder)),
            "系统自动".to_owned(),
            Vec::new(),
            Tone::Bad,
        ),
        CaseEvent::BreachWithdrawn(one) => {
            (format!("{}的超期记录已更正", one.clock.label()), "系统自动".to_owned(), Vec::new(), Tone::Info)
        }
        CaseEvent::DeadlineRecomputed(one) if matches!(one.clock, ClockKind::Promise | ClockKind::Total) => {
            let line = format!("放假安排公布后重新计算：{}（原来是 {}）。", words::due(one.due).text, words::due(one.old).text);
            ("答复期限重新计算".to_owned(), "系统自动".to_owned(), vec![line], Tone::Info)
        }
        CaseEvent::Reclassified(_) => ("类别或地点已更正".to_owned(), hotline(), Vec::new(), Tone::Neutral),
        CaseEvent::HolderReported(one) => {
            (format!("由{}办理", words::unit(reference, &one.unit)), "来源系统".to_owned(), Vec::new(), Tone::Info)
        }
        CaseEvent::AnswerReported(_) => ("已答复，全文见上".to_owned(), "来源系统".to_owned(), Vec::new(), Tone::Good),
        CaseEvent::Assigned(_)
        | CaseEvent::LimitWarned(_)
        | CaseEvent::DeadlineRecomputed(_)
        | CaseEvent::OutcomeAsserted(_)
        | CaseEvent::SourceChanged(_) => {
            return None;
        }
    };
    Some(TimelineItem { at: words::moment(entry.occurred_at), title, by, lines, tone })
}

/// The latest answer that was given to the citizen; of a refusal the ground, the words and the right door.
pub(super) fn answer(reference: &Reference, opened: &OpenedCase) -> Option<Answer> {
    let hotline = || words::hotline(reference);
    let unit = || opened.state.unit.as_ref().map_or_else(hotline, |code| words::unit(reference, code));
    let mut written: Option<&str> = None;
    let mut given: Option<Answer> = None;
    for entry in &opened.entries {
        let at = || words::moment(entry.occurred_at);
        match &entry.event {
            CaseEvent::Answered(one) => written = Some(one.answer.text()),
            // A draft is not the citizen's before the hotline has passed it.
            CaseEvent::Passed(_) => {
                given = written.map(|text| Answer { unit: unit(), at: at(), lines: words::lines(text) }).or(given);
            }
            CaseEvent::AnsweredDirectly(one) => given = Some(Answer { unit: hotline(), at: at(), lines: words::lines(one.answer.text()) }),
            CaseEvent::AnswerReported(one) => given = Some(Answer { unit: unit(), at: at(), lines: words::lines(one.answer.text()) }),
            CaseEvent::Refused(one) => {
                let (label, path) = words::refusal(reference, &one.ground);
                let mut lines = vec![format!("不予受理的情形：{label}。")];
                lines.extend(words::lines(one.words.text()));
                if !path.is_empty() {
                    lines.push(format!("正确的渠道：{path}"));
                }
                given = Some(Answer { unit: hotline(), at: at(), lines });
            }
            _ => {}
        }
    }
    given
}
