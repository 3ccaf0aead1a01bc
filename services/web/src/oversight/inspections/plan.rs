//! The form that makes a plan.

use application::access::inspection::{Act, may};
use application::inspections::{NewPlan, of_form};
use domain::account::{Role, StaffKind};
use domain::ids::{AccountId, UnitCode};
use domain::inspection::{Cadence, Lots, Mode, Plan, Target};
use domain::time::legal_day;
use projections::Reference;
use templates::components::{Choice, Errors, Link};
use templates::oversight::{ActForm, Control, InspectionSheet, Kind};
use uuid::Uuid;

use super::super::acts::{Typed, faults};
use super::super::parts::{bound, day, fields};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

const PATH: &str = "/oversight/inspections/new";
/// Most people offered for a team.
const PEOPLE: usize = 60;
/// Longest list of units typed, in characters.
const TYPED: usize = 4_000;

pub(crate) async fn get(ctx: Ctx) -> Reply {
    page(&sheet(&ctx, &Typed::kept(&ctx))?)
}

/// Those who can inspect: civil servants of the efficiency office.
fn people(reference: &Reference) -> Vec<(AccountId, String)> {
    let inspects = |account: &&&std::sync::Arc<projections::Account>| {
        account.enabled && account.staff == StaffKind::CivilServant && (account.has(Role::Inspector) || account.has(Role::Director))
    };
    let mut all: Vec<_> = reference.accounts().iter().filter(inspects).map(|account| (account.id, account.name.clone())).collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all.truncate(PEOPLE);
    all
}

fn sheet(ctx: &Ctx, typed: &Typed) -> Result<InspectionSheet, Fault> {
    if !may(&ctx.actor()?, Act::Plan, None) {
        return Err(Fault::Forbidden);
    }
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let rules = words::rules(&reference, now).ok_or(Fault::App(application::Error::NoRulebook))?;
    let today = legal_day(now);
    let own = ctx.staff()?.staff.account;
    let person = |(id, name): (AccountId, String)| Choice { selected: id == own, ..Choice::new(&id.0.to_string(), &name) };
    let team = people(&reference).into_iter().map(person).collect();
    let items = rules.findings.iter().map(|one| Choice { selected: true, ..Choice::new(&one.code, &one.label) }).collect();
    let modes = vec![
        Choice::new(Mode::Open.code(), "明察").hint("可以事先通知"),
        Choice::new(Mode::Covert.code(), "暗访").hint("不发通知、不打招呼；检查结束前计划只有检查组和批准人看得到"),
    ];
    let targets = vec![
        Choice::new("units", "指定单位").hint("在下面写明单位"),
        Choice::new("draw", "随机抽取（双随机）").hint("批准后当场抽取单位和检查人员，过程可以核验"),
    ];
    let cadences = Cadence::ALL.map(|one| Choice::new(one.code(), one.label())).to_vec();
    let controls = vec![
        Control::new(Kind::Text, "theme", "检查主题", "").hint("最多 60 字。"),
        Control::new(Kind::Radio, "mode", "方式", "").of(Choice::select(modes, Mode::Open.code())),
        Control::new(Kind::Select, "cadence", "频次", "")
            .of(Choice::select(cadences, Cadence::Once.code()))
            .hint("一期内没有到访的，系统到期自动记为漏查。"),
        Control::new(Kind::Day, "from", "开始日期", &today.to_string()),
        Control::new(Kind::Day, "to", "结束日期", ""),
        Control::new(Kind::Boxes, "items", "检查内容", "").of(items),
        Control::new(Kind::Boxes, "team", "检查组", "").of(team).hint("至少 2 人；随机抽取时从中抽出每个单位的检查人员。"),
        Control::new(Kind::Radio, "target", "检查对象", "").of(Choice::select(targets, "units")),
        Control::new(Kind::Lines, "units", "指定的单位（指定单位时填写）", "").hint("每行一个单位名称或代码，最多 60 个。"),
        Control::new(Kind::Number, "general", "抽取几个一般单位（随机抽取时填写）", "2"),
        Control::new(Kind::Number, "focus", "抽取几个重点单位", "0").hint("投诉和问题多的单位单独抽取，抽中的机会更大。"),
        Control::new(Kind::Number, "focus_marks", "本年扣分记录达到几条算重点单位", "3"),
        Control::new(Kind::Number, "per_unit", "每个单位几名检查人员", "2"),
        Control::new(Kind::Lines, "recusals", "回避（选填）", "").hint("每行写“姓名 单位名称”，表示此人不检查该单位。"),
    ];
    Ok(InspectionSheet {
        shell: shell::of(ctx),
        crumbs: vec![Link::new("/oversight/inspections", "明察暗访")],
        title: "制定检查计划".to_owned(),
        number: String::new(),
        state: None,
        notices: Vec::new(),
        facts: Vec::new(),
        sections: Vec::new(),
        acts: vec![typed.fill(ActForm {
            form: fields(ctx, "", PATH, None),
            hint: "计划由效能办负责人批准；制定人不能批准自己的计划。提交时登记计划的校验值。".to_owned(),
            fields: controls,
            button: "提交批准".to_owned(),
            ..ActForm::default()
        })],
        narrow: false,
    })
}

/// A unit in use by its code or its exact name.
fn unit_named(reference: &Reference, text: &str) -> Option<UnitCode> {
    let by_code = UnitCode::parse(text).ok().and_then(|code| reference.unit(&code).cloned());
    let unit = by_code.or_else(|| reference.units().find(|unit| unit.closed.is_none() && unit.name() == text).cloned())?;
    unit.closed.is_none().then(|| unit.code.clone())
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// The plan of a form, or what has to be mended before the rules are asked.
fn read(reference: &Reference, form: &Form) -> Result<NewPlan, Errors> {
    let mut wrong = Errors::none();
    let mut say = |field: &str, words: &str| wrong = std::mem::take(&mut wrong).and(field, words);
    let mode = if form.get("mode") == Mode::Covert.code() { Mode::Covert } else { Mode::Open };
    let cadence = Cadence::of_code(form.get("cadence"));
    if cadence.is_none() {
        say("cadence", "请选择频次");
    }
    let (from, to) = (day(form.get("from")), day(form.get("to")));
    if from.is_none() {
        say("from", "请填写开始日期，例如 2026-05-06");
    }
    if to.is_none() {
        say("to", "请填写结束日期，例如 2026-05-31");
    }
    let known = people(reference);
    let chosen = |value: &str| Uuid::try_parse(value).ok().map(AccountId).filter(|id| known.iter().any(|(one, _)| one == id));
    let mut team: Vec<AccountId> = form.all("team").filter_map(chosen).collect();
    team.sort_unstable();
    team.dedup();
    let target = if form.get("target") == "draw" {
        let mut number = |name: &'static str, most: u64| {
            let number = form.number(name).filter(|number| *number <= most);
            if number.is_none() {
                say(name, &format!("请填写 0 到 {most} 之间的整数"));
            }
            number.and_then(|number| u16::try_from(number).ok()).unwrap_or_default()
        };
        let (general, focus) = (number("general", 60), number("focus", 60));
        let (focus_marks, per_unit) = (number("focus_marks", 999), number("per_unit", 9));
        let mut recusals = Vec::new();
        for line in lines(form.get("recusals")) {
            let pair = line.split_once(char::is_whitespace).and_then(|(name, unit)| {
                let account = known.iter().find(|(id, known)| known == name && team.contains(id))?.0;
                Some((account, unit_named(reference, unit.trim())?))
            });
            match pair {
                Some(pair) => recusals.push(pair),
                None => say("recusals", &format!("“{line}”看不懂：请写检查组成员的姓名、空格、单位名称")),
            }
        }
        Target::Draw(Lots { general, focus, focus_marks, per_unit: u8::try_from(per_unit).unwrap_or_default(), recusals })
    } else {
        let mut units: Vec<UnitCode> = Vec::new();
        if form.get("units").chars().count() > TYPED {
            say("units", "单位名单过长，请分开制定计划");
        } else {
            for line in lines(form.get("units")) {
                match unit_named(reference, line) {
                    Some(code) if units.contains(&code) => {}
                    Some(code) => units.push(code),
                    None => say("units", &format!("没有找到单位“{line}”，请核对名称或代码")),
                }
            }
        }
        Target::Units(units)
    };
    let items = form.all("items").map(str::to_owned).collect();
    match (cadence, from, to) {
        (Some(cadence), Some(from), Some(to)) if !wrong.any() => Ok(NewPlan {
            mode,
            team,
            theme: form.get("theme").to_owned(),
            plan: Plan { cadence, from, to, items, target, nonce: String::new() },
        }),
        _ => Err(wrong),
    }
}

pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    if !may(&ctx.actor()?, Act::Plan, None) {
        return Err(Fault::Forbidden);
    }
    let reference = ctx.app().reference();
    let mut new = match read(&reference, &form) {
        Ok(new) => new,
        Err(errors) => return invalid(&sheet(&ctx, &Typed::sent(&ctx, form, errors))?),
    };
    let rules = words::rules(&reference, ctx.app().now()).ok_or(Fault::App(application::Error::NoRulebook))?;
    new.plan.items.retain(|code| rules.finding(code).is_some());
    let meta = bound(&ctx, &form, "inspection", "plan")?;
    let id = of_form(meta.command);
    match ctx.app().plan_inspection(&meta, id, &new).await {
        Ok(outcome) => {
            ctx.seen(outcome.seq).await;
            ctx.flash(true, "计划已提交，等待效能办负责人批准。");
            see_other(&format!("/oversight/inspections/{id}"))
        }
        Err(error) => {
            let errors = faults(&ctx, PATH, &form, error)?;
            invalid(&sheet(&ctx, &Typed::sent(&ctx, form, errors))?)
        }
    }
}
