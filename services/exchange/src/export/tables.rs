//! What can be exported: cases, scorecards, breaches, and one by one what counts. Everything comes from the views; nobody's words do.

use std::fs::File;

use application::Application;
use domain::ids::UnitCode;
use domain::rulebook::{Measure, Rulebook};
use domain::time::{Instant, Period, from_micros, legal_day, next_period, period_of};
use projections::{FactQuery, MeasureFigure, Reference, Scope, ViewError};

use super::Value;
use super::sheet::{Column, Format, Sheet, SheetError};

/// Rows read at once.
const PAGE: usize = 1_000;

/// What to export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One row per case, by the month of its filing.
    Cases,
    /// One row per month, unit and indicator.
    Scorecards,
    /// One row per limit that was not kept.
    Breaches,
    /// One row per fact that counts for or against a unit's indicators, with the event that made it.
    Facts,
    /// One row per mark of supervision (card, order, finding …), with the event that made it.
    Marks,
}

/// Why an export did not come about.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The views.
    #[error(transparent)]
    View(#[from] ViewError),
}

const CASES: [Column; 22] = [
    ("number", "编号"),
    ("title", "标题"),
    ("class", "类型代码"),
    ("class_name", "类型"),
    ("channel", "渠道代码"),
    ("channel_name", "渠道"),
    ("urgency", "紧急程度"),
    ("division", "区划代码"),
    ("stage", "状态代码"),
    ("stage_name", "状态"),
    ("unit", "单位代码"),
    ("unit_name", "单位"),
    ("filed_at", "受理时间"),
    ("due_kind", "当前时限"),
    ("due_at", "到期时间"),
    ("provisional", "暂按法定节日推算"),
    ("breached", "有超时限"),
    ("round", "办理轮次"),
    ("ended_at", "办结时间"),
    ("source", "来源"),
    ("external_id", "来源编号"),
    ("confidential", "保密"),
];

const SCORECARDS: [Column; 8] = [
    ("period", "月份"),
    ("unit", "单位代码"),
    ("unit_name", "单位"),
    ("measure", "指标代码"),
    ("measure_name", "指标"),
    ("yes", "达标件数"),
    ("total", "总件数"),
    ("asserted", "其中来源自述"),
];

const BREACHES: [Column; 9] = [
    ("period", "月份"),
    ("number", "编号"),
    ("measure", "情形代码"),
    ("measure_name", "情形"),
    ("unit", "单位代码"),
    ("unit_name", "单位"),
    ("class", "类型代码"),
    ("occurred_at", "发生时间"),
    ("asserted", "来源自述"),
];

const FACTS: [Column; 7] = [
    ("seq", "日志位置"),
    ("ord", "序"),
    ("unit", "单位代码"),
    ("period", "月份"),
    ("measure", "指标代码"),
    ("yes", "达标"),
    ("revoked", "撤回的日志位置"),
];

const MARKS: [Column; 8] = [
    ("seq", "日志位置"),
    ("ord", "序"),
    ("stream", "来源"),
    ("unit", "单位代码"),
    ("kind", "种类代码"),
    ("code", "细类代码"),
    ("day", "日期"),
    ("revoked", "撤回的日志位置"),
];

/// What counts as a breach: the indicator, its side, and how it is called.
const LATE: [(Measure, bool, &str); 3] =
    [(Measure::Signed, false, "未按时签收"), (Measure::Contacted, false, "未按时联系"), (Measure::Overdue, true, "超期")];

/// Writes a table to `target` and tells how many rows it has. Without `period` it holds all months.
///
/// Titles are there only where every clerk may read them: not for reports of wrongdoing, confidential, restricted and
/// erased cases.
///
/// # Errors
/// [`ExportError`].
pub fn export(app: &Application, kind: Kind, period: Option<Period>, format: Format, target: File) -> Result<u64, ExportError> {
    let reference = app.reference();
    let now = app.now();
    let rules = reference.rulebooks.resolve(now, now);
    let columns: &[Column] = match kind {
        Kind::Cases => &CASES,
        Kind::Scorecards => &SCORECARDS,
        Kind::Breaches => &BREACHES,
        Kind::Facts => &FACTS,
        Kind::Marks => &MARKS,
    };
    let name = match kind {
        Kind::Cases => "诉求",
        Kind::Scorecards => "指标",
        Kind::Breaches => "超时限",
        Kind::Facts => "指标记录",
        Kind::Marks => "记分事实",
    };
    let sheet = Sheet::new(target, format, name, columns, now)?;
    let mut table = Table { app, words: Words { reference: &reference, rules: rules.as_deref() }, sheet };
    match kind {
        Kind::Cases => table.cases(period)?,
        Kind::Scorecards => table.months(period, Table::scorecards)?,
        Kind::Breaches => table.months(period, Table::breaches)?,
        Kind::Facts => table.facts(period)?,
        Kind::Marks => table.marks(period)?,
    }
    Ok(table.sheet.finish()?)
}

/// Names for codes.
struct Words<'a> {
    reference: &'a Reference,
    rules: Option<&'a Rulebook>,
}

impl Words<'_> {
    fn class(&self, code: &str) -> String {
        self.rules.and_then(|rules| rules.class(code)).map_or_else(|| code.to_owned(), |class| class.label.clone())
    }

    fn channel(&self, code: &str) -> String {
        let found = self.rules.and_then(|rules| rules.channels.iter().find(|channel| channel.code == code));
        found.map_or_else(|| code.to_owned(), |channel| channel.label.clone())
    }

    fn measure(&self, measure: Measure) -> String {
        self.rules.and_then(|rules| rules.indicator(measure)).map_or_else(|| measure.code().to_owned(), |indicator| indicator.label.clone())
    }

    fn unit(&self, code: &UnitCode, at: Instant) -> String {
        self.reference.unit(code).map_or_else(|| code.to_string(), |unit| unit.name_on(legal_day(at)).to_owned())
    }
}

struct Table<'a> {
    app: &'a Application,
    words: Words<'a>,
    sheet: Sheet,
}

impl Table<'_> {
    fn cases(&mut self, period: Option<Period>) -> Result<(), ExportError> {
        let views = self.app.projections.views();
        let mut after = 0;
        loop {
            let rows = views.cases_after(after, PAGE)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.key;
            for row in rows.iter().filter(|row| period.is_none_or(|period| period_of(legal_day(row.filed_at), 0) == period)) {
                let unit_name = row.unit.as_ref().map(|unit| self.words.unit(unit, row.filed_at));
                self.sheet.row(&[
                    row.number.as_str().into(),
                    row.title.as_str().into(),
                    row.class.as_str().into(),
                    self.words.class(&row.class).into(),
                    row.channel.as_str().into(),
                    self.words.channel(&row.channel).into(),
                    row.urgency.as_str().into(),
                    row.division.as_str().into(),
                    row.stage.code().into(),
                    row.stage.label().into(),
                    row.unit.as_ref().map(UnitCode::as_str).into(),
                    unit_name.as_deref().into(),
                    Value::Time(row.filed_at),
                    row.due.map(|kind| kind.label()).into(),
                    row.due_at.into(),
                    row.provisional.into(),
                    row.breached.into(),
                    Value::Int(row.round.into()),
                    row.ended_at.into(),
                    row.external.as_ref().map(|(source, _)| source.as_str()).into(),
                    row.external.as_ref().map(|(_, id)| id.as_str()).into(),
                    (row.confidential || row.wrongdoing).into(),
                ])?;
            }
        }
    }

    /// The months asked for, one by one.
    fn months(
        &mut self,
        period: Option<Period>,
        mut each: impl FnMut(&mut Self, Period) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let range = match period {
            Some(period) => Some((period, period)),
            None => self.app.projections.views().months()?,
        };
        let Some((first, last)) = range else { return Ok(()) };
        for period in std::iter::successors(Some(first), |period| Some(next_period(*period))).take_while(|period| *period <= last) {
            each(self, period)?;
        }
        Ok(())
    }

    fn scorecards(&mut self, period: Period) -> Result<(), ExportError> {
        let views = self.app.projections.views();
        self.figures(period, "*", "全部", &views.month(&Scope::All, period)?)?;
        let now = self.app.now();
        for (unit, figures) in views.month_by_unit(period)? {
            match unit {
                Some(unit) => self.figures(period, unit.as_str(), &self.words.unit(&unit, now), &figures)?,
                None => self.figures(period, "", "（来源未写明单位）", &figures)?,
            }
        }
        Ok(())
    }

    fn figures(&mut self, period: Period, unit: &str, name: &str, figures: &[MeasureFigure]) -> Result<(), ExportError> {
        for figure in figures.iter().filter(|figure| figure.total > 0) {
            self.sheet.row(&[
                month(period).into(),
                unit.into(),
                name.into(),
                figure.measure.code().into(),
                self.words.measure(figure.measure).into(),
                figure.yes.into(),
                figure.total.into(),
                figure.asserted.into(),
            ])?;
        }
        Ok(())
    }

    fn facts(&mut self, period: Option<Period>) -> Result<(), ExportError> {
        let views = self.app.projections.views();
        let Some((first, last)) = period.map(|one| (one, one)).or(views.months()?) else { return Ok(()) };
        let mut after = (0, 0);
        loop {
            let facts = views.fact_log(first, last, after, PAGE)?;
            let Some(end) = facts.last() else { return Ok(()) };
            after = (end.seq, end.ord);
            for fact in &facts {
                self.sheet.row(&[
                    fact.seq.into(),
                    Value::Int(fact.ord.into()),
                    fact.unit.as_ref().map(UnitCode::as_str).into(),
                    month(fact.period).into(),
                    fact.measure.code().into(),
                    fact.yes.into(),
                    fact.revoked.map_or(Value::Empty, Value::from),
                ])?;
            }
        }
    }

    fn marks(&mut self, period: Option<Period>) -> Result<(), ExportError> {
        let views = self.app.projections.views();
        let (from, to) = (from_micros(0), self.app.now() + chrono::TimeDelta::seconds(1));
        let mut after = (0, 0);
        loop {
            let marks = views.mark_log(from, to, after, PAGE)?;
            let Some((ord, end)) = marks.last() else { return Ok(()) };
            after = (end.seq, *ord);
            for (ord, mark) in marks.iter().filter(|(_, mark)| period.is_none_or(|one| period_of(legal_day(mark.at), 0) == one)) {
                self.sheet.row(&[
                    mark.seq.into(),
                    Value::Int((*ord).into()),
                    mark.stream.as_str().into(),
                    mark.unit.as_str().into(),
                    mark.kind.code().into(),
                    mark.code.as_str().into(),
                    legal_day(mark.at).to_string().into(),
                    mark.revoked.map_or(Value::Empty, Value::from),
                ])?;
            }
        }
    }

    fn breaches(&mut self, period: Period) -> Result<(), ExportError> {
        let views = self.app.projections.views();
        for (measure, side, name) in LATE {
            let mut query = FactQuery { scope: Scope::All, measure, period, yes: Some(side), as_of: None, after: None, limit: PAGE };
            loop {
                let facts = views.facts(&query)?;
                let Some(last) = facts.last() else { break };
                query.after = Some((last.seq, last.ord));
                for fact in &facts {
                    let number = views.case_by_id(fact.case)?.map(|case| case.number);
                    let unit_name = fact.unit.as_ref().map(|unit| self.words.unit(unit, fact.occurred_at));
                    self.sheet.row(&[
                        month(period).into(),
                        number.as_deref().into(),
                        measure.code().into(),
                        name.into(),
                        fact.unit.as_ref().map(UnitCode::as_str).into(),
                        unit_name.as_deref().into(),
                        fact.class.as_str().into(),
                        // What is only asserted has no time of its own.
                        (!fact.asserted).then_some(fact.occurred_at).into(),
                        fact.asserted.into(),
                    ])?;
                }
            }
        }
        Ok(())
    }
}

/// `202610` as `2026-10`.
fn month(period: Period) -> String {
    format!("{}-{:02}", period / 100, period % 100)
}
