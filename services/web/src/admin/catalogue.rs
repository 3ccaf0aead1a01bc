//! The dispatch catalogue: which unit answers for which matter.

use application::Error;
use domain::catalogue::{Catalogue, Entry};
use domain::ids::UnitCode;
use domain::time::legal_day;
use projections::Reference;
use templates::admin::{Catalogue as CataloguePage, CatalogueEntry, CheckReport};
use templates::components::Errors;

use super::{day, faults, faulty, fields, kept, text};
use crate::ctx::Ctx;
use crate::error::{Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let form = kept(&ctx);
    page(&catalogue_page(&ctx, &form, form.get("text"), Errors::none(), None))
}

fn catalogue_page(ctx: &Ctx, form: &Form, text: &str, errors: Errors, report: Option<CheckReport>) -> CataloguePage {
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let current = reference.catalogue(now);
    CataloguePage {
        shell: shell::of(ctx),
        version: current.as_ref().map(|one| format!("{}@{}", one.id, one.version)).unwrap_or_default(),
        entries: current.iter().flat_map(|one| one.entries.iter()).map(|one| entry(&reference, one)).collect(),
        empty: "派单目录还是空的，派单时不会有建议。请采用一个目录文件。".to_owned(),
        form: Some(fields(ctx, "", "/admin/catalogue").with(errors)),
        text: text.to_owned(),
        from: if form.get("from").is_empty() { legal_day(now).to_string() } else { form.get("from").to_owned() },
        report,
    }
}

fn entry(reference: &Reference, entry: &Entry) -> CatalogueEntry {
    CatalogueEntry {
        code: entry.code.clone(),
        label: entry.matter.clone(),
        words: entry.words.join("、"),
        unit: words::unit(reference, &entry.unit),
        place: if entry.division.is_empty() { String::new() } else { words::place(reference, &entry.division) },
        basis: entry.basis.clone(),
    }
}

pub(crate) async fn adopt(ctx: Ctx, form: Form) -> Reply {
    let text = match text(&form) {
        Ok(text) => text,
        Err(errors) => return invalid(&catalogue_page(&ctx, &form, form.get("text"), errors, None)),
    };
    let report = check(&ctx, &text)?;
    let adopting = form.get("do") != "check";
    let from = day(form.get("from"));
    let mut errors = if report.faults.is_empty() { Errors::none() } else { faulty(report.faults.len()) };
    if from.is_none() {
        errors = errors.and("from", "请填写从哪天起生效，例如 2026-11-01");
    }
    let Some(from) = from.filter(|_| adopting && !errors.any()) else {
        let shown = catalogue_page(&ctx, &form, &text, errors.clone(), Some(report));
        return if errors.any() { invalid(&shown) } else { page(&shown) };
    };
    match ctx.app().adopt_catalogue(&ctx.meta(&form)?, &text, from).await {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(
                true,
                &if done.events == 0 {
                    "这个目录已经采用，没有变化".to_owned()
                } else {
                    format!("派单目录 {} 已采用，{} 起生效", report.reference, words::date(from))
                },
            );
            see_other("/admin/catalogue")
        }
        Err(Error::Rules(problems)) => {
            let report = CheckReport { faults: faults(problems), ..report };
            let errors = faulty(report.faults.len());
            invalid(&catalogue_page(&ctx, &form, &text, errors, Some(report)))
        }
        Err(error) => Err(error.into()),
    }
}

/// All faults at once, by the register of units and the rulebook in force.
fn check(ctx: &Ctx, text: &str) -> Result<CheckReport, Error> {
    let reference = ctx.app().reference();
    let rules = words::rules(&reference, ctx.app().now()).ok_or(Error::NoRulebook)?;
    let known_unit = |code: &UnitCode| reference.unit(code).is_some();
    let known_class = |code: &str| rules.class(code).is_some();
    Ok(match Catalogue::parse(text, known_unit, known_class) {
        Ok(one) => CheckReport { reference: format!("{}@{}", one.id, one.version), ..CheckReport::default() },
        Err(problems) => CheckReport { faults: faults(problems), ..CheckReport::default() },
    })
}
