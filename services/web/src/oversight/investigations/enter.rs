//! `/oversight/investigations/new`: an inspector enters what came by telephone, on paper or in person.

use domain::account::Role;
use domain::ids::UnitCode;
use domain::investigation::{Complainant, NewComplaint, Source, Statement, System};
use templates::components::{Choice, Errors, Link};
use templates::desk;
use templates::oversight::{ActForm, Control, InvestigationNew, Kind};
use uuid::Uuid;

use super::super::acts::faults;
use super::{unit_names, unit_of};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{csrf, shell};

const PATH: &str = "/oversight/investigations/new";
const SOURCES: [Source; 3] = [Source::Phone, Source::Letter, Source::Visit];

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let typed = ctx.kept().map(|kept| Form::of(kept.fields)).unwrap_or_default();
    page(&build(&ctx, &typed, Errors::none())?)
}

fn build(ctx: &Ctx, typed: &Form, errors: Errors) -> Result<InvestigationNew, Fault> {
    if !ctx.staff()?.staff.is(Role::Inspector) {
        return Err(Fault::NotFound);
    }
    let reference = ctx.app().reference();
    let id = typed.uuid("form_id").unwrap_or_else(|| ctx.app().ids.uuid()).to_string();
    let text = |kind: Kind, name: &str, label: &str, hint: &str| Control::new(kind, name, label, typed.get(name)).hint(hint);
    let choice = |name: &str, label: &str, all: Vec<Choice>| Control::select(name, label, all, typed.get(name));
    let fields = vec![
        choice("source", "来源", SOURCES.iter().map(|one| Choice::new(one.code(), one.label())).collect()),
        choice("system", "违反的制度", System::ALL.iter().map(|one| Choice::new(one.code(), one.label())).collect()),
        text(Kind::Lines, "words", "发生了什么", "最多 2000 字。"),
        text(Kind::Text, "when", "什么时候", ""),
        text(Kind::Lines, "evidence", "证据（选填）", "最多 2000 字。"),
        text(Kind::Text, "official", "被投诉人（选填）", ""),
        text(Kind::Text, "name", "投诉人姓名（匿名的不填）", "姓名和电话都不填的，按匿名办理。"),
        text(Kind::Text, "phone", "投诉人电话（匿名的不填）", ""),
    ];
    Ok(InvestigationNew {
        shell: shell::of(ctx),
        crumbs: vec![Link::new("/oversight/investigations", "效能投诉件")],
        act: ActForm {
            form: desk::Form::new("", PATH, &csrf::token(ctx), &id).with(errors),
            title: "登记效能投诉".to_owned(),
            button: "登记".to_owned(),
            fields,
            ..ActForm::default()
        },
        units: unit_names(&reference),
        unit: typed.get("unit").to_owned(),
    })
}

/// The complaint of a form, as citizens and inspectors fill it in; `named` when a name and a telephone were asked for.
pub(crate) fn complaint(
    ctx: &Ctx,
    form: &Form,
    source: Option<Source>,
    named: bool,
    errors: &mut Errors,
) -> Result<Option<NewComplaint>, Fault> {
    let mut found = std::mem::take(errors);
    let unit: Option<UnitCode> =
        unit_of(&ctx.app().reference(), form.get("unit")).map_err(|words| found = std::mem::take(&mut found).and("unit", &words)).ok();
    let system = System::of_code(form.get("system"));
    if system.is_none() {
        found = found.and("system", "请选择最接近的一种情形");
    }
    *errors = found;
    let (Some(unit), Some(system), Some(source), false) = (unit, system, source, errors.any()) else { return Ok(None) };
    let text = |name: &str| form.get(name).trim().to_owned();
    Ok(Some(NewComplaint {
        number: ctx.app().complaint_number()?,
        unit,
        system,
        source,
        statement: Statement { words: text("words"), when: text("when"), evidence: text("evidence") },
        official: text("official"),
        complainant: named.then(|| Complainant { name: text("name"), phone: text("phone") }),
    }))
}

pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    let source = Source::of_code(form.get("source")).filter(|one| SOURCES.contains(one));
    let mut errors = Errors::none();
    if source.is_none() {
        errors = errors.and("source", "请选择来源");
    }
    let named = !(form.get("name").trim().is_empty() && form.get("phone").trim().is_empty());
    let Some(new) = complaint(&ctx, &form, source, named, &mut errors)? else { return invalid(&build(&ctx, &form, errors)?) };
    let meta = ctx.meta(&form)?;
    // Bound to the account: nobody opens another one's complaint by the id of its form.
    let id = Uuid::new_v5(&ctx.staff()?.staff.account.0, meta.command.as_bytes());
    match ctx.app().file_complaint(&meta, id, new).await {
        Ok(filed) => {
            ctx.seen(filed.seq).await;
            ctx.flash(true, "已登记。投诉人凭投诉编号和查询码在网上查进度，查询码见下面，只告诉投诉人本人。");
            see_other(&format!("/oversight/investigations/{}", filed.id.0))
        }
        Err(error) => {
            let errors = faults(&ctx, PATH, &form, error)?;
            invalid(&build(&ctx, &form, errors)?)
        }
    }
}
