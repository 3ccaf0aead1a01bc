//! The case page: everything about one case that this reader may see, and what can be done with it now.

use std::collections::HashSet;
use std::sync::Arc;

use application::Actor;
use application::access::{Act, open_acts};
use application::cases::{Entry, OpenedCase};
use chrono::TimeDelta;
use domain::account::Role;
use domain::case::event::{Filed, Petitioner};
use domain::case::{CaseEvent, ClockKind, Holder, Stage};
use domain::codes::parse_public_number;
use domain::private::Private;
use domain::rulebook::Rulebook;
use domain::time::Instant;
use projections::{CaseRow, Reference};
use templates::components::{Errors, Link, RouteState, RouteStep, SummaryRow, Tag, Tone};
use templates::desk::{
    Actions, AnswerBlock, AsOf, CallBackRow, Case, CaseHead, Conflict, ContactBlock, Demand, HeadLimit, Ledger, LedgerRow, LimitRow, Rating,
};

use super::{panel, say, timeline};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, page};
use crate::form::Form;
use crate::oversight::investigations::referral;
use crate::{shell, words};

/// Earlier cases of the same person that are shown.
const EARLIER: usize = 5;

/// What was typed into a form of the page, so that it is shown again.
#[derive(Default)]
pub(super) struct Typed {
    /// The form that was sent; empty when it is not known (after signing in anew).
    pub(super) action: String,
    /// What was typed.
    pub(super) form: Form,
    /// What is wrong with it.
    pub(super) errors: Errors,
}

/// Everything that the page is made from.
pub(super) struct View<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) reference: Arc<Reference>,
    pub(super) rules: Option<Arc<Rulebook>>,
    pub(super) now: Instant,
    pub(super) opened: &'a OpenedCase,
    pub(super) acts: Vec<Act>,
    pub(super) typed: &'a Typed,
}

/// The case of the address; unknown and invisible numbers are not told apart.
pub(super) fn find(ctx: &Ctx) -> Result<CaseRow, Fault> {
    let number = parse_public_number(ctx.part("number")).map_err(|_| Fault::NotFound)?;
    ctx.app().projections.views().case_by_number(&number)?.ok_or(Fault::NotFound)
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let row = find(&ctx)?;
    let actor = ctx.actor()?;
    if let Some(seq) = as_of(&ctx)? {
        let opened = ctx.app().open_case_as_of(&actor, row.id, seq).await?;
        let mut shown = build(&ctx, &opened, &Typed::default(), None)?;
        // The past can be looked at, not changed.
        shown.actions = Actions::default();
        shown.supervision = Vec::new();
        shown.waiting = format!("这是日志位置 {seq} 时的样子，只供查看。");
        shown.as_of.position = seq.to_string();
        return page(&shown);
    }
    let opened = ctx.app().open_case(&actor, row.id).await?;
    let typed = ctx.kept().map(|kept| Typed { form: Form::of(kept.fields), ..Typed::default() }).unwrap_or_default();
    let mut shown = build(&ctx, &opened, &typed, None)?;
    shown.refer = referral::panel(&ctx, &row, &typed.form, Errors::none()).await?;
    page(&shown)
}

/// The page with the form of 线索移送 as it was sent.
pub(crate) async fn with_referral(ctx: &Ctx, row: &CaseRow, form: &Form, errors: Errors) -> Result<Case, Fault> {
    let opened = ctx.app().open_case(&ctx.actor()?, row.id).await?;
    let mut shown = build(ctx, &opened, &Typed::default(), None)?;
    shown.refer = Some(referral::panel(ctx, row, form, errors).await?.ok_or(Fault::Forbidden)?);
    Ok(shown)
}

fn as_of(ctx: &Ctx) -> Result<Option<u64>, Fault> {
    match ctx.query("as_of") {
        "" => Ok(None),
        text => text.parse().ok().filter(|seq| (1..u64::MAX).contains(seq)).map(Some).ok_or(Fault::NotFound),
    }
}

/// Fills the page.
pub(super) fn build(ctx: &Ctx, opened: &OpenedCase, typed: &Typed, conflict: Option<Conflict>) -> Result<Case, Fault> {
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let acts = open_acts(&ctx.actor()?, &opened.state, reference.as_ref());
    let rules = words::rules(&reference, now);
    let view = View { ctx, rules, now, opened, acts, typed, reference };
    let reference = &view.reference;
    let newest = opened.entries.iter().rev();
    let (state, ended) = (&opened.state, opened.state.stage.is_ended());
    let (escalations, escalate) = crate::oversight::escalations::of_case(ctx, opened.case, state.unit.as_ref(), &state.number, ended)?;
    Ok(Case {
        shell: shell::of(ctx),
        crumbs: crumbs(ctx, opened.state.stage)?,
        head: view.head(),
        conflict,
        route: view.route(),
        demand: view.demand(),
        contact: view.contact(),
        answers: view.answers(),
        call_backs: view.call_backs(),
        ratings: view.ratings(),
        actions: panel::actions(&view),
        waiting: view.waiting(),
        timeline: newest.clone().map(|entry| timeline::fact(reference, entry)).collect(),
        ledger: view.ledger(),
        limits: view.limits(),
        events: newest.map(|entry| timeline::event(reference, entry)).collect(),
        supervision: supervision(ctx, opened)?,
        earlier: view.earlier()?,
        refer: None,
        escalations,
        escalate,
        as_of: AsOf { at: words::moment(now), position: opened.entries.last().map_or(0, |entry| entry.seq).to_string() },
    })
}

/// Cards and orders about the case, and where a new order is begun.
fn supervision(ctx: &Ctx, opened: &OpenedCase) -> Result<Vec<Link>, Fault> {
    let mut links = crate::oversight::cards::of_case(ctx, opened.case, &opened.state)?;
    links.extend(crate::oversight::orders::of_case(ctx, opened.case)?);
    if application::access::orders::issues(&ctx.staff()?.staff) && opened.state.unit.is_some() {
        links.push(Link::new(&format!("/oversight/orders/new?case={}", opened.state.number), "发督办单"));
    }
    Ok(links)
}

fn crumbs(ctx: &Ctx, stage: Stage) -> Result<Vec<Link>, Fault> {
    let bucket = if stage.is_ended() { projections::Bucket::Ended } else { projections::Bucket::Stage(stage) };
    let mut crumbs = vec![Link::new("/desk", "工作台")];
    if shell::buckets(ctx.staff()?).iter().any(|(one, _)| *one == bucket) {
        crumbs.push(Link::new(&format!("/desk/worklist/{}", bucket.code()), shell::bucket_name(bucket)));
    }
    Ok(crumbs)
}

impl View<'_> {
    pub(super) fn filed(&self) -> Option<&Filed> {
        self.opened.entries.iter().find_map(|entry| match &entry.event {
            CaseEvent::Filed(filed) => Some(filed),
            _ => None,
        })
    }

    /// The words as they stand: those of the filing, or the source's later ones.
    pub(super) fn words(&self) -> Option<&domain::case::event::Demand> {
        let later = self.opened.entries.iter().rev().find_map(|entry| match &entry.event {
            CaseEvent::SourceChanged(changed) => changed.demand.as_ref(),
            _ => None,
        });
        later.or_else(|| self.filed().map(|filed| &filed.demand)).and_then(Private::known)
    }

    /// The petitioner, when this reader may know.
    pub(super) fn petitioner(&self) -> Option<&Petitioner> {
        self.filed().and_then(|filed| filed.petitioner.as_ref()).and_then(Private::known).filter(|_| self.opened.contact)
    }

    fn withdrawn(&self) -> HashSet<(ClockKind, u8)> {
        let each = self.opened.entries.iter().filter_map(|entry| match &entry.event {
            CaseEvent::BreachWithdrawn(e) => Some((e.clock, e.round)),
            _ => None,
        });
        each.collect()
    }

    fn head(&self) -> CaseHead {
        let (state, reference) = (&self.opened.state, &self.reference);
        let since = state
            .spans
            .last()
            .filter(|span| span.to.is_none())
            .map(|span| format!("已 {}（{} 起）", words::duration(self.now - span.from), words::moment(span.from).text));
        let mut marks: Vec<Tag> = say::urgency(reference, &state.urgency, self.now).into_iter().collect();
        marks.extend(say::marks(state.wrongdoing, state.confidential, state.anonymous, state.round));
        if self.opened.restricted {
            marks.push(Tag::new("限制处理", Tone::Warn));
        }
        CaseHead {
            number: words::number(&state.number),
            title: self.words().map(|demand| demand.title.clone()).unwrap_or_default(),
            class: words::class(reference, &state.class),
            channel: words::channel(reference, &state.channel),
            filed: state.filed_at.map(words::moment).unwrap_or_default(),
            stage: words::stage(state.stage, state.clocks.iter().any(|clock| clock.runs() && clock.breached)),
            marks,
            holder: words::case_holder(reference, state),
            holder_since: since.unwrap_or_default(),
            // The section and the person of a unit do not stand beside the hotline.
            assignee: match state.holder() {
                Some(Holder::Unit(_)) => say::assignee(reference, &state.section, state.handler),
                _ => String::new(),
            },
            ending: match (state.stage, state.ending) {
                (Stage::Refused, _) => "不予受理".to_owned(),
                (_, Some(ending)) => ending.label().to_owned(),
                _ => String::new(),
            },
            limits: self.head_limits(),
        }
    }

    /// The matter's limit first, then the one that binds the holder.
    fn head_limits(&self) -> Vec<HeadLimit> {
        let state = &self.opened.state;
        let total = state.running(ClockKind::Total).or_else(|| state.running(ClockKind::Promise));
        let mut clocks: Vec<&domain::case::Clock> = total.into_iter().collect();
        clocks.extend(state.next_due().filter(|next| total.is_none_or(|total| total.kind != next.kind)));
        let limit = |clock: &domain::case::Clock| HeadLimit {
            label: clock.kind.label().to_owned(),
            limit: clock.limit.words(),
            due: say::due(clock, false, self.now),
            sentence: words::promise(&self.reference, clock),
            href: self.limit_href(clock.kind, clock.round),
        };
        clocks.into_iter().map(limit).collect()
    }

    fn limit_href(&self, kind: ClockKind, round: u8) -> String {
        format!("/desk/case/{}/limit/{}/{round}", self.opened.state.number, kind.code())
    }

    /// Registered → dispatched → signed for → handled → signed off → reviewed → called back → archived.
    fn route(&self) -> Vec<RouteStep> {
        let state = &self.opened.state;
        let hotline = words::hotline(&self.reference);
        let unit = state.unit.as_ref().map(|code| words::unit(&self.reference, code)).unwrap_or_default();
        let here = match state.stage {
            Stage::None | Stage::Filed | Stage::Accepted => 1,
            Stage::Dispatched => 2,
            Stage::Handling => 3,
            Stage::UnitReview => 4,
            Stage::HotlineReview => 5,
            Stage::CallBack | Stage::Judging => 6,
            Stage::Archived | Stage::Refused => 8,
        };
        let titles = ["登记", "受理派单", "签收", "办理", "单位审核", "热线审核", "回访", "归档"];
        let step = |(index, title): (usize, &str)| {
            let at = self
                .opened
                .entries
                .iter()
                .rev()
                .find(|entry| step_of(&entry.event) == Some(index))
                .map(|entry| words::moment(entry.occurred_at));
            let state_of = if index == here {
                RouteState::Current
            } else if index < here {
                if at.is_some() { RouteState::Done } else { RouteState::Skipped }
            } else {
                RouteState::Next
            };
            RouteStep {
                title: title.to_owned(),
                holder: match index {
                    0 => words::channel(&self.reference, &state.channel),
                    2..=4 => unit.clone(),
                    _ => hotline.clone(),
                },
                state: state_of,
                at: at.filter(|_| matches!(state_of, RouteState::Done)),
                note: if index == here && state.round > 1 { format!("第 {} 次办理", state.round) } else { String::new() },
            }
        };
        titles.into_iter().enumerate().map(step).collect()
    }

    fn demand(&self) -> Demand {
        let state = &self.opened.state;
        let words = self.words();
        let agent = self.filed().and_then(|filed| filed.agent.as_ref()).map(|agent| match agent.known().filter(|_| self.opened.contact) {
            Some(agent) => format!("{}（{}）代为反映", agent.name, agent.relation),
            None => "由他人代为反映（身份不予显示）".to_owned(),
        });
        Demand {
            words: words.map(|demand| demand.words.clone()).unwrap_or_default(),
            wish: words.map(|demand| demand.wish.clone()).unwrap_or_default(),
            division: words::place(&self.reference, &state.division),
            place: words.map(|demand| demand.place.clone()).unwrap_or_default(),
            category: state.category.join(" / "),
            agent: agent.unwrap_or_default(),
            external: state.external.as_ref().map(|external| format!("{} 工单 {}", external.source, external.id)).unwrap_or_default(),
        }
    }

    fn contact(&self) -> ContactBlock {
        let note = |text: &str| ContactBlock { rows: Vec::new(), note: text.to_owned() };
        if let Some(person) = self.petitioner() {
            let rows = [("姓名", &person.name), ("电话", &person.phone), ("邮箱", &person.email)];
            let rows = rows.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| SummaryRow::new(key, value)).collect();
            let kept =
                if self.opened.state.confidential { "诉求人要求保密：不得告诉承办单位和被反映人。" } else { "" };
            return ContactBlock { rows, note: kept.to_owned() };
        }
        if self.opened.restricted {
            return note("诉求人的个人信息已限制处理，内容不予显示。");
        }
        match self.filed().map(|filed| &filed.petitioner) {
            Some(None) => note("匿名诉求，没有留下姓名和联系方式。"),
            Some(Some(Private::Erased)) => note("诉求人的个人信息已依法删除。"),
            _ if self.opened.state.confidential => note("诉求人要求保密，联系方式不予显示。请通过热线办联系。"),
            _ => note("您的账号不能查看诉求人的姓名和联系方式。"),
        }
    }

    fn answers(&self) -> Vec<AnswerBlock> {
        let mut blocks: Vec<AnswerBlock> = Vec::new();
        let mut round = 1;
        for entry in &self.opened.entries {
            let by = timeline::by(&self.reference, entry);
            let block = |title: String, state: Tag, words: &str| AnswerBlock {
                title,
                state,
                outcome: None,
                by: by.clone(),
                at: words::moment(entry.occurred_at),
                words: words.to_owned(),
                note: String::new(),
            };
            match &entry.event {
                CaseEvent::Answered(e) => {
                    let mut one = block(format!("第 {round} 次办理的答复"), Tag::new("待单位审核", Tone::Info), e.answer.text());
                    one.outcome = Some(Tag::new(e.outcome.label(), Tone::Neutral));
                    blocks.push(one);
                }
                CaseEvent::AnsweredDirectly(e) => {
                    blocks.push(block("热线直接答复".to_owned(), Tag::new("已送达", Tone::Good), e.answer.text()))
                }
                CaseEvent::AnswerReported(e) => {
                    blocks.push(block("来源系统的答复".to_owned(), Tag::new("来源已答复", Tone::Neutral), e.answer.text()))
                }
                CaseEvent::Rehandled(e) => round = e.round,
                CaseEvent::Approved(_) => mark(&mut blocks, Tag::new("待热线审核", Tone::Info), &format!("签发：{by}"), ""),
                CaseEvent::Passed(_) => mark(&mut blocks, Tag::new("已送达", Tone::Good), &format!("审核：{by}"), ""),
                CaseEvent::SentBack(e) => mark(&mut blocks, Tag::new("已退回", Tone::Warn), "", &format!("{by} 退回：{}", e.reason.text())),
                _ => {}
            }
        }
        blocks.reverse();
        blocks
    }

    fn call_backs(&self) -> Vec<CallBackRow> {
        let yes = |value: bool| if value { "是" } else { "否" }.to_owned();
        let mut reached = 0;
        let mut rows: Vec<CallBackRow> = Vec::new();
        for entry in &self.opened.entries {
            let CaseEvent::CalledBack(e) = &entry.event else { continue };
            let reply = e.reply.as_ref();
            if reply.is_some() {
                reached += 1;
                // The last one counts unless the rulebook of the day says the first.
                if !e.first_counts {
                    rows.iter_mut().for_each(|row| row.counts = false);
                }
            }
            rows.push(CallBackRow {
                at: words::moment(entry.occurred_at),
                attempt: format!("第 {} 次", e.attempt),
                reached: if reply.is_some() { Tag::new("已接通", Tone::Good) } else { Tag::new("未接通", Tone::Neutral) },
                contacted: reply.map(|reply| yes(reply.contacted)).unwrap_or_default(),
                solved: reply.map(|reply| yes(reply.solved)).unwrap_or_default(),
                grade: reply.map(|reply| {
                    Tag::new(&words::grade(&self.reference, &reply.grade), if reply.satisfied { Tone::Good } else { Tone::Warn })
                }),
                note: e.note.text().to_owned(),
                by: timeline::by(&self.reference, entry),
                counts: reply.is_some() && (!e.first_counts || reached == 1),
            });
        }
        rows.reverse();
        rows
    }

    fn ratings(&self) -> Vec<Rating> {
        let grade = |stars: u8| {
            ["非常不满意", "不满意", "一般", "满意", "非常满意"].get(usize::from(stars.saturating_sub(1))).copied().unwrap_or_default()
        };
        let each = self.opened.entries.iter().rev().filter_map(|entry| match &entry.event {
            CaseEvent::Rated(e) => Some(Rating {
                at: words::moment(entry.occurred_at),
                stars: e.stars,
                grade: grade(e.stars).to_owned(),
                words: e.words.as_ref().map(|words| words.text().to_owned()).unwrap_or_default(),
            }),
            _ => None,
        });
        each.collect()
    }

    /// Stretches add up to the total exactly: each ends where the sum so far, cut to minutes, ends.
    fn ledger(&self) -> Ledger {
        let (mut sum, mut told, mut rows) = (TimeDelta::zero(), 0, Vec::new());
        for span in &self.opened.state.spans {
            sum += (span.to.unwrap_or(self.now) - span.from).max(TimeDelta::zero());
            let minutes = sum.num_minutes() - told;
            told = sum.num_minutes();
            rows.push(LedgerRow {
                holder: words::holder(&self.reference, &span.holder),
                hotline: span.holder == Holder::Hotline,
                from: words::moment(span.from),
                to: span.to.map(words::moment),
                minutes: minutes.unsigned_abs(),
                duration: exactly(minutes),
            });
        }
        Ledger { rows, total: exactly(told) }
    }

    fn limits(&self) -> Vec<LimitRow> {
        let withdrawn = self.withdrawn();
        let row = |clock: &domain::case::Clock| LimitRow {
            label: clock.kind.label().to_owned(),
            round: clock.round,
            holder: words::holder(&self.reference, &clock.holder),
            from: words::moment(clock.from),
            limit: clock.limit.words(),
            due: say::due(clock, withdrawn.contains(&(clock.kind, clock.round)), self.now),
            ended: clock.ended.map(words::moment),
            answerable: self.answerable(clock.kind, clock.round).filter(|_| clock.breached).unwrap_or_default(),
            calendar: clock.calendar.clone(),
            rulebook: clock.rulebook.clone(),
            href: self.limit_href(clock.kind, clock.round),
        };
        self.opened.state.clocks.iter().rev().map(row).collect()
    }

    fn answerable(&self, kind: ClockKind, round: u8) -> Option<String> {
        self.opened.entries.iter().rev().find_map(|entry| match &entry.event {
            CaseEvent::LimitBreached(e) if (e.clock, e.round) == (kind, round) => {
                Some(timeline::answerable(&self.reference, &e.holder, &e.consumed))
            }
            _ => None,
        })
    }

    /// The same person's other cases, as far as this reader may see them and may know whose they are.
    fn earlier(&self) -> Result<Vec<templates::desk::CaseRow>, Fault> {
        let Some(person) = self.petitioner().filter(|person| !person.phone.is_empty()) else { return Ok(Vec::new()) };
        let staff = &self.ctx.staff()?.staff;
        let app = self.ctx.app();
        let mut rows = app.projections.views().cases_by_phone(app.vault.phone_lookup(&person.phone), EARLIER + 1)?;
        rows.retain(|row| {
            row.id != self.opened.case && say::sees(staff, row, &self.reference) && say::sees_contact(staff, row, &self.reference)
        });
        rows.truncate(EARLIER);
        Ok(rows.iter().map(|row| say::row(&self.reference, row, self.now)).collect())
    }

    /// Whose turn it is, when it is not this reader's.
    fn waiting(&self) -> String {
        let state = &self.opened.state;
        let unit = state.unit.as_ref().map(|code| words::unit(&self.reference, code)).unwrap_or_default();
        let who = match state.stage {
            Stage::Filed | Stage::Accepted => format!("等待{}派单员受理、派单。", words::hotline(&self.reference)),
            Stage::Dispatched => format!("等待{unit}联络员签收。"),
            Stage::Handling => format!("等待{unit}办理、答复。"),
            Stage::UnitReview => format!("等待{unit}审核负责人签发答复。"),
            Stage::HotlineReview => format!("等待{}审核答复。", words::hotline(&self.reference)),
            Stage::CallBack => format!("等待{}回访。", words::hotline(&self.reference)),
            Stage::Judging => format!("等待{}研判。", words::hotline(&self.reference)),
            _ => "本件已经结束。".to_owned(),
        };
        if self.ctx.session().is_some_and(|session| session.staff.is(Role::Inspector)) {
            format!("{who}督查账号只查看，不办理。")
        } else {
            who
        }
    }

    /// The latest answer's words and why it was sent back, when the handler has to write it anew.
    pub(super) fn sent_back(&self) -> Option<(String, String)> {
        let mut answer = String::new();
        let mut found = None;
        for entry in &self.opened.entries {
            match &entry.event {
                CaseEvent::Answered(e) => (answer, found) = (e.answer.known().cloned().unwrap_or_default(), None),
                CaseEvent::SentBack(e) => found = Some((answer.clone(), e.reason.text().to_owned())),
                CaseEvent::Rehandled(_) => found = None,
                _ => {}
            }
        }
        found
    }
}

/// Marks the latest answer.
fn mark(blocks: &mut [AnswerBlock], state: Tag, by: &str, note: &str) {
    if let Some(last) = blocks.last_mut() {
        last.state = state;
        if !by.is_empty() {
            last.by = format!("{}　{by}", last.by);
        }
        if !note.is_empty() {
            last.note = note.to_owned();
        }
    }
}

/// Which step of the route an event completes.
fn step_of(event: &CaseEvent) -> Option<usize> {
    Some(match event {
        CaseEvent::Filed(_) => 0,
        CaseEvent::Dispatched(_) | CaseEvent::AnsweredDirectly(_) | CaseEvent::Refused(_) | CaseEvent::HolderReported(_) => 1,
        CaseEvent::Signed(_) | CaseEvent::DeemedReceived(_) => 2,
        CaseEvent::Answered(_) | CaseEvent::AnswerReported(_) => 3,
        CaseEvent::Approved(_) => 4,
        CaseEvent::Passed(_) => 5,
        CaseEvent::CalledBack(_) => 6,
        CaseEvent::Archived(_) => 7,
        _ => return None,
    })
}

/// Minutes without rounding: parts of a sum must show that they add up.
fn exactly(minutes: i64) -> String {
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let parts = [(days, "天"), (hours, "小时"), (rest, "分钟")];
    let told: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    if told.is_empty() { "不到 1 分钟".to_owned() } else { told.join(" ") }
}

/// The page of a case on which the form could not be carried out because others acted since.
pub(super) async fn conflict(ctx: &Ctx, actor: &Actor, row: &CaseRow, typed: &Typed, seen: Option<u64>) -> Result<Case, Fault> {
    let opened = ctx.app().open_case(actor, row.id).await?;
    let reference = ctx.app().reference();
    let act = super::actions::act_of(&typed.action);
    let possible = act.is_some_and(|act| open_acts(actor, &opened.state, reference.as_ref()).contains(&act));
    let since = |entry: &&Entry| seen.is_none_or(|seen| entry.revision > seen);
    let mut changes: Vec<_> = opened.entries.iter().filter(since).map(|entry| timeline::change(&reference, entry)).collect();
    if seen.is_none() {
        changes = changes.split_off(changes.len().saturating_sub(1));
    }
    let kept = if possible { Vec::new() } else { super::actions::kept(&typed.form) };
    build(ctx, &opened, typed, Some(Conflict { changes, possible, kept }))
}

#[cfg(test)]
mod tests {
    use super::exactly;

    #[test]
    fn lengths_of_the_ledger_are_told_to_the_minute() {
        assert_eq!(exactly(0), "不到 1 分钟");
        assert_eq!(exactly(1_441), "1 天 1 分钟");
        assert_eq!(exactly(185), "3 小时 5 分钟");
    }
}
