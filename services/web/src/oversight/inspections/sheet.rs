//! The sheet of a check: what is planned, what was visited and found, and what can be done now.

use application::access::inspection::{Act, may};
use application::access::orders::issues;
use application::supervision::OpenedStream;
use domain::account::Role;
use domain::draw::DrawState;
use domain::inspection::{Finding, InspectionEvent, InspectionState, Mode, Outcome, Stage, Target};
use domain::rectification::{RectificationState, Source};
use projections::Reference;
use templates::components::{Cell, Column, Link, Notice, Row, SummaryRow, Table, Tag, TimelineItem, Tone};
use templates::oversight::{ActForm, Control, InspectionSheet, Kind, Section};
use uuid::Uuid;

use super::super::acts::Typed;
use super::super::parts::{fields, links};
use super::{number, tag};
use crate::ctx::Ctx;
use crate::error::Fault;
use crate::{shell, words};

/// What all parts of a sheet need.
struct Look<'a> {
    ctx: &'a Ctx,
    id: Uuid,
    reference: std::sync::Arc<Reference>,
    opened: &'a OpenedStream<InspectionState>,
    typed: &'a Typed,
}

pub(super) async fn sheet(ctx: &Ctx, id: Uuid, typed: &Typed) -> Result<InspectionSheet, Fault> {
    let opened = ctx.app().open_inspection(&ctx.actor()?, id).await?;
    let row = ctx.app().projections.views().stream::<InspectionState>(&opened.name)?;
    let draw = match opened.state.awaits_draw() {
        true => ctx.app().stream_state::<DrawState>(&application::draws::draw_stream(domain::draw::id_of(id))).await?,
        false => None,
    };
    let look = Look { ctx, id, reference: ctx.app().reference(), opened: &opened, typed };
    let state = &opened.state;
    let mut notices = Vec::new();
    if state.is_secret() {
        let words = "检查结束前，除检查组和效能办负责人外，任何人查不到这份计划。请不要转发、不要打印留存。";
        notices.push(Notice::new(Tone::Warn, "这是暗访", &[words]));
    }
    if let Some(day) = state.missed.last() {
        let words = format!("有 {} 期没有到访，最近一期到{}为止。", state.missed.len(), words::date(*day));
        notices.push(Notice::new(Tone::Bad, "漏查", &[&words]));
    }
    let mut sections = vec![look.places()];
    for finding in &state.findings {
        sections.push(look.finding(finding)?);
    }
    sections.push(look.proof());
    sections.push(look.history());
    Ok(typed.on(InspectionSheet {
        shell: shell::of(ctx),
        crumbs: vec![Link::new("/oversight/inspections", "明察暗访")],
        title: state.theme.text().to_owned(),
        number: row.map(|row| number(row.year, row.ordinal)).unwrap_or_default(),
        state: Some(tag(state)),
        notices,
        facts: look.facts(),
        sections,
        acts: look.acts(draw.is_some())?,
        narrow: false,
    }))
}

impl Look<'_> {
    fn names(&self, accounts: &[domain::ids::AccountId]) -> String {
        accounts.iter().map(|one| words::account(&self.reference, *one)).collect::<Vec<_>>().join("、")
    }

    fn facts(&self) -> Vec<SummaryRow> {
        let state = &self.opened.state;
        let mode = match state.mode {
            Mode::Open => "明察",
            Mode::Covert => "暗访（不发通知、不打招呼、不听汇报、不用陪同接待、直奔基层、直插现场）",
        };
        let mut facts = vec![SummaryRow::new("方式", mode)];
        if let Some(plan) = state.plan.known() {
            let rules = words::rules(&self.reference, self.ctx.app().now());
            let label = |code: &String| {
                let rule = rules.as_ref().and_then(|rules| rules.finding(code));
                rule.map_or_else(|| code.clone(), |rule| rule.label.clone())
            };
            let items: Vec<String> = plan.items.iter().map(label).collect();
            let target = match &plan.target {
                Target::Units(units) => format!("指定 {} 个单位", units.len()),
                Target::Draw(lots) => format!(
                    "随机抽取：一般单位 {} 个、重点单位 {} 个（本年扣分记录 {} 条以上），每个单位 {} 名检查人员",
                    lots.general, lots.focus, lots.focus_marks, lots.per_unit
                ),
            };
            facts.extend([
                SummaryRow::new("频次", &format!("{}，{}至{}", plan.cadence.label(), words::date(plan.from), words::date(plan.to))),
                SummaryRow::new("检查内容", &items.join("、")),
                SummaryRow::new("检查对象", &target),
            ]);
        }
        facts.push(SummaryRow::new("检查组", &self.names(&state.team)));
        facts
    }

    fn act(&self, act: &str, number: u32, title: &str, hint: &str, mut controls: Vec<Control>, button: &str) -> ActForm {
        let key = if number == 0 { act.to_owned() } else { format!("{act}-{number}") };
        let action = format!("/oversight/inspections/{}/{act}", self.id);
        if number > 0 {
            controls.push(Control::new(Kind::Hidden, "number", "", &number.to_string()));
        }
        self.typed.fill(ActForm {
            form: fields(self.ctx, &key, &action, Some(self.opened.revision)),
            title: title.to_owned(),
            hint: hint.to_owned(),
            fields: controls,
            button: button.to_owned(),
            kind: if matches!(act, "refuse" | "drop") { "danger" } else { "" }.to_owned(),
            files: false,
        })
    }

    fn may(&self, act: Act) -> Result<bool, Fault> {
        Ok(may(&self.ctx.actor()?, act, Some(&self.opened.state)))
    }

    fn acts(&self, committed: bool) -> Result<Vec<ActForm>, Fault> {
        let state = &self.opened.state;
        let reason = || vec![Control::new(Kind::Lines, "reason", "理由", "").hint("最多 1000 字。")];
        let mut acts = Vec::new();
        if state.stage == Stage::Planned && self.may(Act::Approve)? && self.ctx.staff()?.staff.account != state.planner {
            acts.push(self.act("approve", 0, "批准", "批准后检查组才能开始检查。", Vec::new(), "批准"));
            acts.push(self.act("refuse", 0, "不予批准", "", reason(), "不予批准"));
        }
        if state.stage == Stage::Approved && self.may(Act::Work)? {
            if !state.awaits_draw() {
                let hint = match state.mode {
                    Mode::Open => "结束后不再记录到访和问题；单位的回复、认定和整改继续。",
                    Mode::Covert => "结束后公开计划、到访和问题，单位从这时起有时间回复。",
                };
                acts.push(self.act("done", 0, "结束检查", hint, Vec::new(), "结束检查"));
            } else if committed {
                let word = Control::new(Kind::Text, "word", "现场号码", "").hint("4 到 20 位数字或文字，请由到场的人当场报出。");
                let hint = "名册和种子的校验值已经登记，号码加入后结果就确定，不能重抽。";
                acts.push(self.act("draw", 0, "抽取", hint, vec![word], "抽取"));
            } else {
                let hint = "先登记名册和一个保密种子的校验值，再当场报号抽取；任何人以后都能重算。";
                acts.push(self.act("commit", 0, "准备随机抽取", hint, Vec::new(), "登记名册和校验值"));
            }
        }
        Ok(acts)
    }

    /// The units with who goes there and how often they were visited.
    fn places(&self) -> Section {
        let state = &self.opened.state;
        let working = state.stage == Stage::Approved && self.may(Act::Work).unwrap_or(false);
        let own = self.ctx.session().map(|session| session.staff.account);
        let row = |one: domain::inspection::Assignment| {
            let name = words::unit(&self.reference, &one.unit);
            let here = working && own.is_some_and(|own| one.inspectors.contains(&own));
            let first = if here {
                Cell::link(&format!("/oversight/inspections/{}/visit/{}", self.id, one.unit), name).note("点开记录到访")
            } else {
                Cell::text(name)
            };
            Row::new(vec![first, Cell::text(self.names(&one.inspectors)), Cell::text(state.visits_of(&one.unit))])
        };
        let links = state.draw.map(|draw| Link::new(&format!("/oversight/draws/{draw}"), "抽取过程与核验"));
        Section {
            title: "单位与检查人员".to_owned(),
            table: Some(Table {
                caption: "单位与检查人员".to_owned(),
                caption_hidden: true,
                columns: vec![Column::text("单位"), Column::text("检查人员"), Column::figures("本次到访次数")],
                rows: state.assignments().into_iter().map(row).collect(),
                empty: "随机抽取之后列出。".to_owned(),
                stacked: true,
            }),
            links: links.into_iter().collect(),
            ..Section::default()
        }
    }

    fn finding(&self, finding: &Finding) -> Result<Section, Fault> {
        let state = &self.opened.state;
        let head = finding.head.known();
        let label = head.map(|head| head.label.clone()).unwrap_or_default();
        let mut acts = Vec::new();
        let own = self.ctx.staff()?.staff.account;
        let there = finding.unit().is_some_and(|unit| state.inspectors_of(unit).contains(&own));
        if finding.outcome.is_none() && finding.second.is_none() && finding.by != own && there && self.may(Act::Work)? {
            let hint = "两人签名后才算数；签名即表示当时在场、情况属实。";
            acts.push(self.act("sign", finding.number, "第二人签名", hint, Vec::new(), "签名"));
        }
        let reason = || vec![Control::new(Kind::Lines, "reason", "理由", "").hint("最多 1000 字。")];
        if self.may(Act::Decide)? && !state.is_secret() {
            let ripe = finding.second.is_some() && (finding.reply.is_some() || finding.unanswered);
            if ripe && finding.outcome.is_none() {
                acts.push(self.act("confirm", finding.number, "认定", "认定后计入该单位记录。", reason(), "认定"));
            }
            if !matches!(finding.outcome, Some((Outcome::Dropped, ..))) {
                acts.push(self.act("drop", finding.number, "不予认定", "不计入记录；已认定的从现在起不再计。", reason(), "不予认定"));
            }
        }
        // Only what was confirmed is rectified; it may have been dropped since.
        let rectified = match finding.outcome {
            None => None,
            Some(_) => {
                let id = Source::Finding { inspection: self.id, finding: finding.number }.rectification();
                let name = application::rectifications::rectification_stream(id);
                self.ctx.app().projections.views().stream::<RectificationState>(&name)?.map(|_| id)
            }
        };
        let mut links_on = Vec::new();
        if let Some(id) = rectified {
            links_on.push(Link::new(&format!("/oversight/rectifications/{id}"), "整改情况"));
        }
        if finding.is_confirmed() {
            if issues(&self.ctx.staff()?.staff) {
                let path = format!("/oversight/orders/new?finding={}&number={}", self.id, finding.number);
                links_on.push(Link::new(&path, "据此发督办单"));
            }
            if rectified.is_none() && self.may(Act::Order)? {
                let controls = vec![
                    Control::new(Kind::Lines, "what", "整改要求", "").hint("最多 1000 字。"),
                    Control::new(Kind::Day, "due", "整改期限（选填）", "").hint("留空按规则确定。"),
                ];
                acts.push(self.act("rectify", finding.number, "下达整改", "", controls, "下达整改"));
            }
        }
        let base = format!("/oversight/inspections/{}", self.id);
        Ok(Section {
            title: format!("第 {} 条问题：{label}", finding.number),
            tag: Some(standing(finding)),
            facts: finding_facts(&self.reference, finding, true),
            photos: head.map(|head| links(&base, &head.photos)).unwrap_or_default(),
            links: links_on,
            acts,
            ..Section::default()
        })
    }

    /// The commitment and the text it is the hash of.
    fn proof(&self) -> Section {
        let state = &self.opened.state;
        let statement = state.plan.known().map(|plan| plan.statement(state.mode, &state.team, state.theme.text()));
        Section {
            title: "计划没有事后改动的证明".to_owned(),
            lines: vec!["下面这段文字（UTF-8，行末只有换行符，末行没有换行符）的 SHA-256 应当等于制定计划时登记的校验值。".to_owned()],
            facts: vec![
                SummaryRow::new("登记的校验值", &state.commitment),
                SummaryRow::new("登记时间", &words::moment(state.planned).text),
            ],
            exact: statement.unwrap_or_default(),
            folded: true,
            ..Section::default()
        }
    }

    fn history(&self) -> Section {
        let line = |entry: &application::supervision::StreamEntry<InspectionEvent>| {
            let (title, lines) = said(&self.reference, &entry.event);
            TimelineItem {
                at: words::moment(entry.occurred_at),
                title,
                by: words::actor(&self.reference, &entry.actor),
                lines,
                tone: Tone::Neutral,
            }
        };
        Section { title: "经过".to_owned(), timeline: self.opened.entries.iter().rev().map(line).collect(), ..Section::default() }
    }
}

/// Where a finding stands.
pub(in crate::oversight) fn standing(finding: &Finding) -> Tag {
    match (&finding.outcome, &finding.second, &finding.reply) {
        (Some((Outcome::Confirmed, ..)), ..) => Tag::new("已认定", Tone::Bad),
        (Some((Outcome::Dropped, ..)), ..) => Tag::new("不予认定", Tone::Neutral),
        (None, None, _) => Tag::new("待第二人签名", Tone::Warn),
        (None, Some(_), Some(_)) => Tag::new("已回复，待认定", Tone::Warn),
        (None, Some(_), None) if finding.unanswered => Tag::new("逾期未回复，待认定", Tone::Warn),
        (None, Some(_), None) if finding.reply_by.is_some() => Tag::new("待单位回复", Tone::Info),
        (None, Some(_), None) => Tag::new("检查结束后告知单位", Tone::Info),
    }
}

/// The facts of a finding; the inspectors' names stay inside oversight (domain.md I17).
pub(super) fn finding_facts(reference: &Reference, finding: &Finding, names: bool) -> Vec<SummaryRow> {
    let mut facts = Vec::new();
    if let Some(head) = finding.head.known() {
        facts.push(SummaryRow::new("单位", &words::unit(reference, &head.unit)));
        facts.push(SummaryRow::new("时间", &words::moment(head.at).text));
        facts.push(SummaryRow::new("扣分", &format!("{} 分", head.points)));
    }
    facts.push(SummaryRow::new("地点", finding.place.text()));
    facts.push(SummaryRow::new("发现的情况", finding.words.text()));
    if names {
        let second = finding.second.map(|(second, _)| words::account(reference, second));
        let signed = [Some(words::account(reference, finding.by)), second].into_iter().flatten().collect::<Vec<_>>();
        facts.push(SummaryRow::new("签名", &signed.join("、")));
    }
    if let Some(by) = &finding.reply_by {
        facts.push(SummaryRow::new("回复期限", &words::due(by.due).text));
    }
    if let Some(reply) = &finding.reply {
        let said = if reply.agrees { "认可" } else { "有异议" };
        facts.push(SummaryRow::new("单位回复", &format!("{said}（{}）\n{}", words::moment(reply.at).text, reply.words.text())));
    }
    if let Some((_, by, reason)) = &finding.outcome {
        let who = if names { format!("{}：", words::account(reference, *by)) } else { String::new() };
        facts.push(SummaryRow::new("认定意见", &format!("{who}{}", reason.text())));
    }
    facts
}

fn said(reference: &Reference, event: &InspectionEvent) -> (String, Vec<String>) {
    let nothing = Vec::new;
    match event {
        InspectionEvent::Planned(_) => ("制定计划，登记校验值".to_owned(), nothing()),
        InspectionEvent::Approved(_) => (format!("{}批准", Role::Director.label()), nothing()),
        InspectionEvent::Refused(e) => ("不予批准".to_owned(), words::lines(e.reason.text())),
        InspectionEvent::Drawn(e) => ("随机抽取".to_owned(), vec![format!("抽中 {} 个单位", e.assigned.known().map_or(0, Vec::len))]),
        InspectionEvent::Visited(e) => {
            let unit = e.visit.known().map(|visit| words::unit(reference, &visit.unit)).unwrap_or_default();
            let fine = e.visit.known().map_or(0, |visit| visit.fine.len());
            (format!("到访{unit}"), if fine > 0 { vec![format!("{fine} 项检查内容正常")] } else { nothing() })
        }
        InspectionEvent::FindingRecorded(e) => (format!("记录第 {} 条问题", e.number), nothing()),
        InspectionEvent::Signed(e) => (format!("第 {} 条问题由第二人签名", e.number), nothing()),
        InspectionEvent::Replied(e) => (format!("单位回复第 {} 条问题", e.number), nothing()),
        InspectionEvent::Unanswered(e) => (format!("第 {} 条问题逾期未回复", e.number), nothing()),
        InspectionEvent::Confirmed(e) => (format!("认定第 {} 条问题", e.number), words::lines(e.reason.text())),
        InspectionEvent::Dropped(e) => (format!("第 {} 条问题不予认定", e.number), words::lines(e.reason.text())),
        InspectionEvent::Missed(e) => (format!("到{}为止的一期没有到访", words::date(e.to)), nothing()),
        InspectionEvent::Done(_) => ("结束检查".to_owned(), nothing()),
    }
}
