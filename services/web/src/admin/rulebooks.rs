//! Rulebooks: which version holds when, its text, and the adoption of a new one after all its faults are told.

use application::Error;
use chrono::NaiveDate;
use domain::rulebook::versions::Adoption;
use domain::rulebook::{Rulebook, examples};
use domain::time::legal_day;
use projections::Reference;
use templates::admin::{CheckReport, ExampleResult, RulebookAdopt, RulebookRow, RulebookView, Rulebooks};
use templates::components::{Errors, SummaryRow, Tag, Tone};

use super::{crumbs, day, faults, faulty, fields, kept, text};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

/// Most lines of difference that are told.
const CHANGES: usize = 30;

pub(crate) async fn list(ctx: Ctx) -> Reply {
    let reference = ctx.app().reference();
    let today = legal_day(ctx.app().now());
    let adoptions = reference.rulebooks.adoptions();
    let rows = (0..adoptions.len()).rev().map(|at| row(adoptions, at, today)).collect();
    page(&Rulebooks { shell: shell::of(&ctx), rows, may_adopt: true })
}

fn row(adoptions: &[Adoption], at: usize, today: NaiveDate) -> RulebookRow {
    let one = &adoptions[at];
    let reference = one.rulebook.reference();
    let holds = |one: &Adoption| one.from <= today && one.until.is_none_or(|until| today <= until);
    // Of those that hold today the last recorded counts.
    let current = adoptions.iter().rposition(holds);
    let state = match () {
        () if one.from > today => Tag::new("未生效", Tone::Info),
        () if !holds(one) => Tag::new("已失效", Tone::Neutral),
        () if current == Some(at) => Tag::new("现行", Tone::Good),
        () => Tag::new("被替换", Tone::Neutral),
    };
    RulebookRow {
        href: format!("/admin/rulebooks/{reference}"),
        reference,
        title: one.rulebook.title.clone(),
        from: one.from.to_string(),
        until: one.until.map(|until| until.to_string()).unwrap_or_default(),
        adopted: words::moment(one.recorded_at).text,
        state,
    }
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let reference = ctx.app().reference();
    let adoptions = reference.rulebooks.adoptions();
    let name = ctx.part("reference");
    let at = adoptions.iter().rposition(|one| one.rulebook.reference() == name).ok_or(Fault::NotFound)?;
    let rules = &adoptions[at].rulebook;
    let labels = |labels: Vec<&str>| labels.join("、");
    page(&RulebookView {
        shell: shell::of(&ctx),
        crumbs: crumbs("/admin/rulebooks", "规则文件"),
        row: row(adoptions, at, legal_day(ctx.app().now())),
        facts: vec![
            SummaryRow::new("依据", &rules.basis.join("\n")),
            SummaryRow::new("诉求类型", &labels(rules.classes.iter().map(|class| class.label.as_str()).collect())),
            SummaryRow::new("渠道", &labels(rules.channels.iter().map(|channel| channel.label.as_str()).collect())),
            SummaryRow::new("时限规定", &format!("{} 条", rules.limits.len())),
            SummaryRow::new("指标", &labels(rules.indicators.iter().map(|indicator| indicator.label.as_str()).collect())),
        ],
        lines: reference.rulebooks.text(name).unwrap_or_default().lines().map(str::to_owned).collect(),
    })
}

pub(crate) async fn adopt_form(ctx: Ctx) -> Reply {
    let form = kept(&ctx);
    page(&adopt_page(&ctx, &form, form.get("text"), Errors::none(), None))
}

fn adopt_page(ctx: &Ctx, form: &Form, text: &str, errors: Errors, report: Option<CheckReport>) -> RulebookAdopt {
    RulebookAdopt {
        shell: shell::of(ctx),
        crumbs: crumbs("/admin/rulebooks", "规则文件"),
        form: fields(ctx, "", "/admin/rulebooks/adopt").with(errors),
        text: text.to_owned(),
        from: form.get("from").to_owned(),
        until: form.get("until").to_owned(),
        report,
    }
}

pub(crate) async fn adopt(ctx: Ctx, form: Form) -> Reply {
    let text = match text(&form) {
        Ok(text) => text,
        Err(errors) => return invalid(&adopt_page(&ctx, &form, form.get("text"), errors, None)),
    };
    let mut report = check(&ctx, &text);
    let adopting = form.get("do") != "check";
    let (from, until) = (day(form.get("from")), day(form.get("until")));
    let mut errors = if report.faults.is_empty() { Errors::none() } else { faulty(report.faults.len()) };
    if adopting && from.is_none() {
        errors = errors.and("from", "请填写从哪天起生效，例如 2026-11-01");
    }
    if !form.get("until").trim().is_empty() && until.is_none() {
        errors = errors.and("until", "日期写法不对，例如 2026-12-31；不填表示一直有效");
    }
    let Some(from) = from.filter(|_| adopting && !errors.any()) else {
        let shown = adopt_page(&ctx, &form, &text, errors.clone(), Some(report));
        return if errors.any() { invalid(&shown) } else { page(&shown) };
    };
    match ctx.app().adopt_rulebook(&ctx.meta(&form)?, &text, from, until).await {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, &format!("{} 已采用，{} 起生效", report.reference, words::date(from)));
            see_other("/admin/rulebooks")
        }
        Err(Error::Rules(problems)) => {
            report.faults = faults(problems);
            let errors = faulty(report.faults.len());
            invalid(&adopt_page(&ctx, &form, &text, errors, Some(report)))
        }
        Err(error) => Err(error.into()),
    }
}

/// All faults at once; when there are none, the worked examples and what differs from the version in force.
fn check(ctx: &Ctx, text: &str) -> CheckReport {
    let reference = ctx.app().reference();
    match Rulebook::parse(text) {
        Err(problems) => CheckReport { faults: faults(problems), ..CheckReport::default() },
        Ok(rules) => CheckReport {
            reference: rules.reference(),
            faults: Vec::new(),
            examples: rules.run_examples(reference.calendar()).into_iter().map(example).collect(),
            changes: changes(ctx, &reference, text),
        },
    }
}

fn example(result: examples::ExampleResult) -> ExampleResult {
    ExampleResult { title: result.title, expected: result.expected, computed: result.got, passed: result.ok }
}

/// Lines that only the one or only the other text has.
fn changes(ctx: &Ctx, reference: &Reference, text: &str) -> Vec<String> {
    let Some(current) = words::rules(reference, ctx.app().now()) else { return Vec::new() };
    let old = reference.rulebooks.text(&current.reference()).unwrap_or_default();
    let meant = |text: &str| {
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    let (old, new) = (meant(old), meant(text));
    let only = |one: &[String], other: &[String], word: &str| {
        let other: std::collections::HashSet<&String> = other.iter().collect();
        one.iter().filter(|line| !other.contains(line)).map(|line| format!("{word}：{line}")).collect::<Vec<_>>()
    };
    let mut all = only(&old, &new, "删去");
    all.extend(only(&new, &old, "新增"));
    if all.len() > CHANGES {
        let more = all.len() - CHANGES;
        all.truncate(CHANGES);
        all.push(format!("另有 {more} 行不同"));
    }
    all
}
