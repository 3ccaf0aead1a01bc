//! `/oversight/investigations/{id}`: the file of one complaint, and the answer as a letter.

use application::access::investigation::open_acts;
use application::supervision::{OpenedStream, StreamEntry};
use domain::ids::{CaseId, InvestigationId};
use domain::investigation::{Advice, Investigation, InvestigationEvent, Source, Stage};
use domain::private::Private;
use projections::{Reference, StreamRow};
use templates::components::{Link, SummaryRow, TimelineItem, Tone};
use templates::oversight::{self, InvestigationLetter, Record};

use super::super::acts::Typed;
use super::forms::Forms;
use super::{id_of, say};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

type Opened = OpenedStream<Investigation>;
type Entry = StreamEntry<InvestigationEvent>;

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let id = id_of(&ctx)?;
    page(&build(&ctx, id, &Typed::kept(&ctx)).await?)
}

/// The row of the views, for its number; the log may be a moment ahead of them.
fn row(ctx: &Ctx, id: InvestigationId) -> Result<StreamRow<Investigation>, Fault> {
    ctx.app().projections.views().stream(&id.stream())?.ok_or(Fault::NotFound)
}

/// Fills the page.
pub(super) async fn build(ctx: &Ctx, id: InvestigationId, typed: &Typed) -> Result<oversight::Investigation, Fault> {
    let app = ctx.app();
    let actor = ctx.actor()?;
    let opened = app.open_investigation(&actor, id).await?;
    let (reference, now) = (app.reference(), app.now());
    let state = &opened.state;
    let acts = open_acts(&actor, state, reference.as_ref());
    let path = format!("/oversight/investigations/{}", id.0);
    let forms = Forms { ctx, reference: &reference, state, revision: opened.revision, path: path.clone(), typed };
    let acts = forms.of(&acts);
    let due = state.due();
    Ok(oversight::Investigation {
        shell: shell::of(ctx),
        crumbs: vec![Link::new("/oversight/investigations", "效能投诉件")],
        number: say::number(&row(ctx, id)?),
        unit: words::unit(&reference, &state.unit),
        state: say::stage(state),
        due_name: due.map(|clock| clock.kind.label().to_owned()).unwrap_or_default(),
        countdown: due.map(|clock| say::countdown(clock, now)),
        notice: typed.notice(&acts),
        route: say::route(state, if state.case.is_some() { "热线办" } else { "投诉人" }, now),
        facts: facts(ctx, id, &opened),
        case: state.case.map(|case| case_link(ctx, case)).transpose()?.flatten(),
        records: opened.entries.iter().filter_map(|entry| record(&reference, entry)).collect(),
        waiting: waiting(state),
        acts,
        timeline: opened.entries.iter().rev().map(|entry| item(&reference, entry)).collect(),
        letter: state.answered_at.filter(|_| state.case.is_none()).map(|_| format!("{path}/letter")),
    })
}

fn case_link(ctx: &Ctx, case: CaseId) -> Result<Option<Link>, Fault> {
    let row = ctx.app().projections.views().case_by_id(case)?;
    Ok(row.map(|row| Link::new(&format!("/desk/case/{}", row.number), &format!("工单 {}", words::number(&row.number)))))
}

fn facts(ctx: &Ctx, id: InvestigationId, opened: &Opened) -> Vec<SummaryRow> {
    let state = &opened.state;
    let mut rows = vec![
        SummaryRow::new("来源", state.source.label()),
        SummaryRow::new("投诉编号", &words::number(&state.number)),
        SummaryRow::new("违反的制度", state.system.label()),
    ];
    // Who complained on the site has the code on the receipt; to others it is told when their complaint is entered.
    if !matches!(state.source, Source::Web | Source::Referral) {
        let code = words::code_groups(&ctx.app().complaint_code(id)).join("-");
        rows.push(SummaryRow::new("查询码（只告诉投诉人本人）", &code));
    }
    let Some(InvestigationEvent::Filed(filed)) = opened.entries.first().map(|entry| &entry.event) else { return rows };
    let hidden = |erased: bool| if erased { "（已依法删除）" } else { "（未授权查看）" };
    match &filed.complainant {
        None if state.case.is_some() => {}
        None => rows.push(SummaryRow::new("投诉人", "匿名，不答复结果")),
        Some(person) => {
            let who = person.known().map_or_else(|| hidden(person.is_erased()).to_owned(), |one| format!("{}　{}", one.name, one.phone));
            rows.push(SummaryRow::new("投诉人", &who));
        }
    }
    match filed.statement.as_ref().map(|statement| (statement.known(), statement.is_erased())) {
        Some((Some(statement), _)) => rows.extend([
            SummaryRow::new("发生了什么", &statement.words),
            SummaryRow::new("什么时候", &statement.when),
            SummaryRow::new("证据", &statement.evidence),
        ]),
        Some((None, erased)) => rows.push(SummaryRow::new("发生了什么", hidden(erased))),
        None => {}
    }
    if let Some(official) = &filed.official {
        rows.push(SummaryRow::new("被投诉人", official.text()));
    }
    if let Some(referral) = &filed.referral {
        rows.push(SummaryRow::new("移送理由", referral.text()));
    }
    rows
}

fn advice(all: &[Advice]) -> String {
    if all.is_empty() { "无".to_owned() } else { all.iter().map(|one| one.label()).collect::<Vec<_>>().join("、") }
}

/// The texts of the file.
fn record(reference: &Reference, entry: &Entry) -> Option<Record> {
    let by = words::actor(reference, &entry.actor);
    let (title, by, lines) = match &entry.event {
        InvestigationEvent::Refused(e) => (format!("不予受理：{}", e.ground.label()), by, words::lines(e.words.text())),
        InvestigationEvent::Interviewed(e) => {
            let place = format!("{}　地点：{}　谈话人：{by}", words::moment(e.held).text, e.place.text());
            (format!("谈话记录：{}", e.who.text()), place, words::lines(e.words.text()))
        }
        InvestigationEvent::Extended(e) => ("延长期限".to_owned(), by, words::lines(e.reason.text())),
        InvestigationEvent::Reported(e) => (format!("调查报告：{}", e.finding.label()), by, words::lines(e.words.text())),
        InvestigationEvent::Concluded(e) => {
            let mut lines = words::lines(e.words.text());
            lines.push(format!("给单位的建议：{}", advice(&e.advice)));
            lines.extend(e.recommendation.as_ref().map(Private::text).map(words::lines).unwrap_or_default());
            (format!("结论：{}", e.finding.label()), by, lines)
        }
        InvestigationEvent::Answered(e) => ("答复".to_owned(), by, words::lines(e.words.text())),
        InvestigationEvent::Adopted(e) => {
            let title = if e.adopted { "单位答复：采纳" } else { "单位答复：不采纳" };
            (title.to_owned(), by, words::lines(e.words.text()))
        }
        InvestigationEvent::ReviewRequested(e) => ("申请复查".to_owned(), "投诉人".to_owned(), words::lines(e.reason.text())),
        _ => return None,
    };
    Some(Record { title, at: words::moment(entry.occurred_at), by, lines })
}

fn item(reference: &Reference, entry: &Entry) -> TimelineItem {
    let (title, tone) = match &entry.event {
        InvestigationEvent::Filed(e) => (e.source.label().to_owned(), Tone::Neutral),
        InvestigationEvent::Accepted(e) => (format!("受理，{}", e.mode.label()), Tone::Info),
        InvestigationEvent::Refused(_) => ("不予受理".to_owned(), Tone::Neutral),
        InvestigationEvent::Assigned(e) => {
            let names: Vec<String> = e.investigators.iter().map(|one| words::account(reference, *one)).collect();
            (format!("指派调查人员：{}", names.join("、")), Tone::Info)
        }
        InvestigationEvent::Interviewed(_) => ("记录谈话".to_owned(), Tone::Info),
        InvestigationEvent::Extended(e) => (format!("期限延长至 {}", words::due(e.close.due).text), Tone::Warn),
        InvestigationEvent::Reported(_) => ("提交调查报告".to_owned(), Tone::Info),
        InvestigationEvent::Signed(_) => ("会签报告".to_owned(), Tone::Info),
        InvestigationEvent::Concluded(e) => (format!("作出结论：{}", e.finding.label()), Tone::Good),
        InvestigationEvent::Answered(_) => ("答复".to_owned(), Tone::Good),
        InvestigationEvent::Adopted(e) => ((if e.adopted { "单位采纳建议" } else { "单位不采纳建议" }).to_owned(), Tone::Good),
        InvestigationEvent::ReviewRequested(_) => ("申请复查".to_owned(), Tone::Warn),
        InvestigationEvent::Overdue(e) => (format!("{}已过", e.limit.label()), Tone::Bad),
    };
    let by = match (&entry.event, entry.actor.as_str()) {
        (_, "citizen" | "petitioner") => "投诉人".to_owned(),
        (_, actor) => words::actor(reference, actor),
    };
    TimelineItem { at: words::moment(entry.occurred_at), title, by, lines: Vec::new(), tone }
}

fn waiting(state: &Investigation) -> String {
    match state.stage {
        Stage::Filed => "等待效能督查员决定是否受理。",
        Stage::Accepted => "等待效能办负责人指派调查人员。",
        Stage::Investigating => "等待两名调查人员调查并提交报告。",
        Stage::Reported => "等待另一名调查人员会签报告。",
        Stage::Signed => "等待效能办负责人作出结论。",
        Stage::Concluded => "等待效能督查员答复投诉人。",
        Stage::Refused | Stage::Closed => "本件已经结束。",
    }
    .to_owned()
}

/// The answer as a letter (答复意见书), for printing.
pub(crate) async fn letter(ctx: Ctx) -> Reply {
    let id = id_of(&ctx)?;
    let opened = ctx.app().open_investigation(&ctx.actor()?, id).await?;
    let answer = opened.entries.iter().rev().find_map(|entry| match &entry.event {
        InvestigationEvent::Answered(e) => Some((e, entry)),
        _ => None,
    });
    let (answered, entry) = answer.filter(|_| opened.state.case.is_none()).ok_or(Fault::NotFound)?;
    let to = match opened.entries.first().map(|entry| &entry.event) {
        Some(InvestigationEvent::Filed(filed)) => filed.complainant.as_ref().and_then(Private::known).map(|one| one.name.clone()),
        _ => None,
    };
    let number = say::number(&row(&ctx, id)?);
    let review = answered
        .review_request
        .as_ref()
        .map(|until| format!("如不认可本答复，可以在 {} 前凭投诉编号和查询码在网上申请复查一次。", words::due(until.due).text));
    let reference = ctx.app().reference();
    page(&InvestigationLetter {
        shell: shell::of(&ctx),
        crumbs: vec![
            Link::new("/oversight/investigations", "效能投诉件"),
            Link::new(&format!("/oversight/investigations/{}", id.0), &number),
        ],
        number,
        to: to.unwrap_or_else(|| "投诉人".to_owned()),
        lines: words::lines(answered.words.text()),
        review: review.unwrap_or_default(),
        office: words::actor_unit(&reference, &entry.actor),
        at: words::day_of(entry.occurred_at),
    })
}
