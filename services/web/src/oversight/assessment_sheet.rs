//! A body's score sheet: every line with its formula and its facts, objections and their decisions, honours.

use std::collections::BTreeMap;

use application::assessment::BodySheet;
use chrono::TimeZone;
use domain::account::Role;
use domain::assessment::body::{Correction, Honour, HonourWithdrawn, Honoured, Objection, Sheet};
use domain::assessment::{BodyState, Line, Stage, YearState, explain, year};
use domain::ids::UnitCode;
use domain::mark::MarkKind;
use domain::private::Private;
use domain::rulebook::scheme::{Function, Grade, Item, Part, Scheme, Source};
use domain::time::{CHINA, Period};
use projections::MeasureCount;
use templates::components::{Choice, Errors, Link, Notice, SummaryRow, Tag, Tone};
use templates::oversight::{AssessmentSheet, DecideForm, HonourForm, HonourRow, ObjectForm, ObjectionCard, SheetLine, SheetPart};

use super::assessments::{LIST, fields, refused, stage_tag, year_of};
use crate::ctx::Ctx;
use crate::desk::say;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

/// Marks listed behind a line.
const MARKS: usize = 50;

/// What was typed last, and what is wrong with it.
pub(super) struct Typed<'a> {
    /// The fields.
    pub(super) form: &'a Form,
    /// Which form: the last part of its action.
    pub(super) action: &'a str,
    /// What is wrong.
    pub(super) errors: Errors,
}

impl Typed<'_> {
    fn errors(&self, action: &str) -> Errors {
        if self.action == action { self.errors.clone() } else { Errors::none() }
    }

    fn value(&self, action: &str, name: &str) -> String {
        if self.action == action { self.form.get(name).to_owned() } else { String::new() }
    }
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let unit = UnitCode::parse(ctx.part("unit")).map_err(|_| Fault::NotFound)?;
    let form = Form::default();
    page(&sheet_page(&ctx, &unit, false, &Typed { form: &form, action: "", errors: Errors::none() }).await?)
}

/// Acts of the office on a body: `decide`, `honour`, `withdraw`.
pub(crate) async fn act(ctx: Ctx, form: Form) -> Reply {
    let unit = UnitCode::parse(ctx.part("unit")).map_err(|_| Fault::NotFound)?;
    let year = year_of(&ctx)?;
    let action = ctx.part("action").to_owned();
    let meta = ctx.meta(&form)?;
    let app = ctx.app();
    let text = |name: &str| Private::new(form.get(name).trim().to_owned());
    let done = match action.as_str() {
        "decide" => match correction(&form) {
            Ok(correction) => app.decide_assessment(&meta, year, &unit, form.get("item"), &correction, form.get("reason")).await,
            Err(errors) => return invalid(&sheet_page(&ctx, &unit, false, &Typed { form: &form, action: &action, errors }).await?),
        },
        "honour" => {
            let (code, reference) = (form.get("code").to_owned(), form.get("reference").trim().to_owned());
            app.honour(&meta, year, Honoured { unit: unit.clone(), code, reference, words: text("words") }).await
        }
        "withdraw" => {
            let number = form.number("number").and_then(|number| u32::try_from(number).ok()).ok_or(Fault::NotFound)?;
            app.withdraw_honour(&meta, year, &unit, HonourWithdrawn { number, reason: text("reason") }).await
        }
        _ => return Err(Fault::NotFound),
    };
    match done {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, if action == "decide" { "异议已裁定，单位可以看到" } else { "已登记" });
            see_other(&format!("{LIST}/{year}/{unit}"))
        }
        Err(error) => {
            let errors = refused(error)?;
            invalid(&sheet_page(&ctx, &unit, false, &Typed { form: &form, action: &action, errors }).await?)
        }
    }
}

fn correction(form: &Form) -> Result<Correction, Errors> {
    match form.get("outcome") {
        "keep" => Ok(Correction::Keep),
        "change" if form.fields().iter().any(|(name, _)| name == "points") => Ok(Correction::Points(form.get("points").to_owned())),
        "change" => {
            let denominator = if form.get("denominator").is_empty() { Some(0) } else { form.number("denominator") };
            match (form.number("numerator"), denominator) {
                (Some(numerator), Some(denominator)) => Ok(Correction::Counts { numerator, denominator }),
                (None, _) => Err(Errors::one("numerator", "请填写更正后的件数，例如 97")),
                _ => Err(Errors::one("denominator", "请填写更正后的总件数，例如 108")),
            }
        }
        _ => Err(Errors::one("outcome", "请选择维持初评还是更正")),
    }
}

/// The sheet; `own`: for the unit itself.
pub(super) async fn sheet_page(ctx: &Ctx, unit: &UnitCode, own: bool, typed: &Typed<'_>) -> Result<AssessmentSheet, Fault> {
    let read = ctx.app().assessment_sheet(&ctx.actor()?, year_of(ctx)?, unit).await?;
    let BodySheet { year, scheme, opened } = &read;
    let body = year.body(unit).ok_or(Fault::NotFound)?;
    let state = opened.as_ref().map(|opened| opened.state.clone()).unwrap_or_default();
    // Before the draft the office sees what it would be now.
    let (sheet, preview) = match &state.sheet {
        Some(sheet) => (sheet.clone(), false),
        None => (preview(ctx, year.year, unit).await?, true),
    };
    let base = format!("{LIST}/{}", year.year);
    let director = !own && ctx.staff()?.staff.is(Role::Director);
    let stage = match (&state.finalised_at, preview) {
        (Some(_), _) => stage_tag(Stage::Finalised),
        (None, true) => Tag::new("试算，没有定", Tone::Info),
        (None, false) => stage_tag(Stage::Drafted),
    };
    let first = year.year * 100 + 1;
    let cut_off = state.drafted.as_ref().map_or(u64::MAX, |drafted| drafted.cut_off);
    let facts = ctx.app().projections.views().measure_counts(Some(&body.counts), first, first + 11, cut_off)?;
    let links = Links { ctx, year, unit, counts: &facts, own };
    let part = |part: Part| {
        let lines = sheet.lines.iter().filter_map(|line| Some((scheme.item(&line.item)?, line))).filter(|(item, _)| item.part == part);
        let lines: Vec<SheetLine> = lines.map(|(item, line)| sheet_line(scheme, item, line, &links)).collect();
        (!lines.is_empty()).then(|| SheetPart { label: part.label().to_owned(), lines })
    };
    Ok(AssessmentSheet {
        shell: shell::of(ctx),
        crumbs: if own {
            vec![Link::new("/desk/assessment", "本单位考评")]
        } else {
            vec![Link::new(LIST, "年度考评"), Link::new(&format!("{base}?group={}", body.group), &format!("{} 年度", year.year))]
        },
        unit: body.name.clone(),
        year: format!("{} 年度", year.year),
        stage,
        notices: notices(ctx, year, &state, own),
        facts: summary(scheme, year, &sheet, &state),
        parts: Part::ALL.into_iter().filter_map(part).collect(),
        total: explain::total(scheme, &sheet.group, &sheet.lines, sheet.total),
        objections: state
            .objections
            .iter()
            .enumerate()
            .map(|(index, objection)| card(ctx, &read, &state, unit, director, typed, index, objection))
            .collect(),
        object: object_form(ctx, scheme, &state, own, typed),
        honours: honours(ctx, &read, &state, unit, director, typed),
        honour: (director && year.stage == Stage::Opened).then(|| {
            let codes = year::honours(scheme).into_iter().map(|(code, label)| Choice::new(&code, &label)).collect();
            HonourForm {
                form: fields(ctx, "honour", &format!("{base}/{unit}/honour")).with(typed.errors("honour")),
                codes: Choice::select(codes, &typed.value("honour", "code")),
                reference: typed.value("honour", "reference"),
                words: typed.value("honour", "words"),
            }
        }),
        as_of: say::as_of(ctx)?,
    })
}

async fn preview(ctx: &Ctx, year: i32, unit: &UnitCode) -> Result<Sheet, Fault> {
    let scored = ctx.app().assessment(&ctx.actor()?, year).await?;
    let result = scored.results.into_iter().find(|result| result.unit == *unit).ok_or(Fault::NotFound)?;
    Ok(Sheet { unit: result.unit, group: result.group, lines: result.lines, total: result.total, grade: result.grade })
}

fn notices(ctx: &Ctx, year: &YearState, state: &BodyState, own: bool) -> Vec<Notice> {
    let mut notices = Vec::new();
    let open = state.drafted.as_ref().filter(|drafted| !state.closed && ctx.app().now() < drafted.objections_until);
    if let Some(drafted) = open {
        let until = words::due(drafted.objections_until).text;
        notices.push(Notice::new(Tone::Info, "", &[&format!("对得分有异议的，请在 {until} 前逐项提出。")]));
    }
    if own && year.stage == Stage::Published {
        let link = Link::new(&format!("/desk/assessment/{}/circular", year.year), "查看通报");
        notices.push(Notice { link: Some(link), ..Notice::new(Tone::Good, "", &["考评结果已经通报。"]) });
    }
    notices
}

fn summary(scheme: &Scheme, year: &YearState, sheet: &Sheet, state: &BodyState) -> Vec<SummaryRow> {
    let shown = |total: domain::ratio::Ratio| {
        format!("{}（满分 {}，精确值 {total}）", total.fixed(scheme.places()), scheme.full(&sheet.group).short())
    };
    let mut rows = vec![SummaryRow::new("总分", &sheet.total.map_or_else(|| "没有一项可以计算".to_owned(), shown))];
    // Corrections may still move the grade.
    let note = if state.finalised_at.is_some() { "" } else { "（初评，定稿时确定）" };
    if sheet.grade != Grade::None {
        rows.push(SummaryRow::new("等次", &format!("{}{note}", sheet.grade.label())));
    }
    rows.push(SummaryRow::new("分组", scheme.group(&sheet.group).map_or("", |group| group.label.as_str())));
    rows.push(SummaryRow::new("考评方案", &format!("{}（{}）", scheme.title, scheme.reference())));
    if let Some(drafted) = &state.drafted {
        rows.push(SummaryRow::new("计分截止", &format!("日志第 {} 条记录", drafted.cut_off)));
    }
    let units = year.body(&sheet.unit).map_or(1, |body| body.counts.len());
    if units > 1 {
        rows.push(SummaryRow::new("计入单位", &format!("本单位和下级共 {units} 个单位")));
    }
    rows
}

/// What leads from a line to its facts.
struct Links<'a> {
    ctx: &'a Ctx,
    year: &'a YearState,
    unit: &'a UnitCode,
    counts: &'a [MeasureCount],
    own: bool,
}

impl Links<'_> {
    fn of(&self, item: &Item) -> Vec<Link> {
        match item.source() {
            Some(Source::Measure(measure)) => {
                let mut months: BTreeMap<Period, (u64, u64)> = BTreeMap::new();
                for count in self.counts.iter().filter(|count| count.measure == measure && count.total > 0) {
                    let sum = months.entry(count.period).or_default();
                    *sum = (sum.0 + count.yes, sum.1 + count.total);
                }
                let link = |(period, (yes, total)): (Period, (u64, u64))| {
                    let of = if measure.is_count() { String::new() } else { format!("/{total}") };
                    let href = format!("/desk/scorecard/{}/{}?period={}", self.unit, measure.code(), words::month_code(period));
                    Link::new(&href, &format!("{}月 {yes}{of}", period % 100))
                };
                months.into_iter().map(link).collect()
            }
            // The pages behind marks are the office's.
            Some(Source::Mark(kind, code)) if !self.own => self.marks(kind, code),
            _ => Vec::new(),
        }
    }

    fn marks(&self, kind: MarkKind, code: Option<&str>) -> Vec<Link> {
        let start = |year: i32| CHINA.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single().map(|at| at.to_utc());
        let (Some(from), Some(to)) = (start(self.year.year), start(self.year.year + 1)) else { return Vec::new() };
        let units = self.year.body(self.unit).map(|body| body.counts.as_slice()).unwrap_or_default();
        let views = self.ctx.app().projections.views();
        let marks = units.iter().flat_map(|unit| views.marks(unit, from, to, u64::MAX).unwrap_or_default());
        let standing = marks.filter(|mark| mark.kind == kind && mark.revoked.is_none() && code.is_none_or(|code| code == mark.code));
        let link = |mark: projections::MarkRow| {
            // Pages link to nothing that is shut to the reader.
            let page = page_of(&mark.stream).filter(|page| self.ctx.session().is_some_and(|session| shell::leads(session, page)))?;
            Some(Link::new(&page, &format!("{} {}", kind.label(), words::moment(mark.at).text)))
        };
        standing.filter_map(link).take(MARKS).collect()
    }
}

/// The page of a stream of supervision.
fn page_of(stream: &str) -> Option<String> {
    let (kind, id) = stream.split_once('-')?;
    let path = match kind {
        "card" => "cards",
        "order" => "orders",
        "matter" => "matters",
        "inspection" => "inspections",
        "rectification" => "rectifications",
        "investigation" => "investigations",
        "escalation" => "escalations",
        _ => return None,
    };
    Some(format!("/oversight/{path}/{id}"))
}

fn sheet_line(scheme: &Scheme, item: &Item, line: &Line, links: &Links<'_>) -> SheetLine {
    let counts = &line.counts;
    SheetLine {
        id: item.id.clone(),
        label: item.label.clone(),
        definition: item.definition.clone(),
        counts: match item.function {
            Function::Manual => counts.value.map_or_else(|| "—".to_owned(), |value| value.short()),
            Function::Count => format!("{} 件", counts.numerator),
            Function::Linear | Function::Inverse | Function::Bands => format!("{} / {} 件", counts.numerator, counts.denominator),
        },
        excluded: if counts.excluded > 0 { format!("另撤回 {} 条，不计", counts.excluded) } else { String::new() },
        score: line.score.map_or_else(|| "不计".to_owned(), |score| score.fixed(scheme.places())),
        exact: line.score.map(|score| score.to_string()).unwrap_or_default(),
        words: explain::line(item, line, scheme.places()),
        links: links.of(item),
    }
}

#[expect(clippy::too_many_arguments, reason = "what one card shows; a struct of them would be used once")]
fn card(
    ctx: &Ctx,
    read: &BodySheet,
    state: &BodyState,
    unit: &UnitCode,
    director: bool,
    typed: &Typed<'_>,
    index: usize,
    objection: &Objection,
) -> ObjectionCard {
    let item = read.scheme.item(&objection.item);
    let line = state.sheet.as_ref().and_then(|sheet| sheet.lines.iter().find(|line| line.item == objection.item));
    let (tag, decision) = match &objection.decided {
        None => (Tag::new("待裁定", Tone::Warn), Vec::new()),
        Some((at, changed, reason)) => {
            let (tag, word) =
                if *changed { (Tag::new("已更正", Tone::Good), "更正") } else { (Tag::new("维持", Tone::Neutral), "维持初评") };
            (tag, vec![format!("裁定：{word}（{}）", words::moment(*at).text), reason.text().to_owned()])
        }
    };
    let decide = item.zip(line).filter(|_| director && objection.decided.is_none()).map(|(item, line)| {
        let mine = typed.action == "decide" && typed.form.get("item") == objection.item;
        let value = |name: &str, standing: String| if mine { typed.form.get(name).to_owned() } else { standing };
        let action = format!("{LIST}/{}/{unit}/decide", read.year.year);
        let revision = read.opened.as_ref().map_or(0, |opened| opened.revision);
        DecideForm {
            form: fields(ctx, &format!("decide{}", index + 1), &action).at(revision).with(if mine {
                typed.errors.clone()
            } else {
                Errors::none()
            }),
            item: objection.item.clone(),
            outcomes: Choice::select(
                vec![Choice::new("keep", "维持初评"), Choice::new("change", "更正")],
                &value("outcome", String::new()),
            ),
            manual: item.function == Function::Manual,
            rate: item.is_rate(),
            numerator: value("numerator", line.counts.numerator.to_string()),
            denominator: value("denominator", line.counts.denominator.to_string()),
            points: value("points", line.counts.value.map(|value| value.short()).unwrap_or_default()),
            reason: value("reason", String::new()),
        }
    });
    ObjectionCard {
        item: item.map_or_else(|| objection.item.clone(), |item| item.label.clone()),
        at: words::moment(objection.at),
        words: objection.words.text().to_owned(),
        state: tag,
        decision,
        decide,
    }
}

fn object_form(ctx: &Ctx, scheme: &Scheme, state: &BodyState, own: bool, typed: &Typed<'_>) -> Option<ObjectForm> {
    let drafted = state.drafted.as_ref().filter(|drafted| own && !state.closed && ctx.app().now() < drafted.objections_until)?;
    let free = drafted.sheet.lines.iter().filter(|line| !state.objections.iter().any(|one| one.item == line.item));
    let items: Vec<Choice> = free.filter_map(|line| scheme.item(&line.item)).map(|item| Choice::new(&item.id, &item.label)).collect();
    let action = format!("/desk/assessment/{}/object", ctx.part("year"));
    (!items.is_empty()).then(|| ObjectForm {
        form: fields(ctx, "object", &action).with(typed.errors("object")),
        items: Choice::select(items, &typed.value("object", "item")),
        words: typed.value("object", "words"),
    })
}

fn honours(ctx: &Ctx, read: &BodySheet, state: &BodyState, unit: &UnitCode, director: bool, typed: &Typed<'_>) -> Vec<HonourRow> {
    let labels = year::honours(&read.scheme);
    let action = format!("{LIST}/{}/{unit}/withdraw", read.year.year);
    let row = |(index, honour): (usize, &Honour)| {
        let number = (index + 1).to_string();
        let mine = typed.action == "withdraw" && typed.form.get("number") == number;
        let label = labels.iter().find(|(code, _)| *code == honour.code).map(|(_, label)| label.clone());
        HonourRow {
            label: label.unwrap_or_else(|| honour.code.clone()),
            reference: honour.reference.clone(),
            words: honour.words.text().to_owned(),
            at: words::moment(honour.at),
            withdrawn: honour.withdrawn,
            withdraw: (director && !honour.withdrawn && read.year.stage == Stage::Opened).then(|| {
                let form = fields(ctx, &format!("withdraw{number}"), &action);
                (if mine { form.with(typed.errors.clone()) } else { form }, number.clone())
            }),
        }
    };
    state.honours.iter().enumerate().map(row).collect()
}
