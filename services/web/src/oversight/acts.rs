//! What the pages of oversight share: what was typed into their forms and what is wrong with it, lists and freshness.

use application::access::{Act, may};
use application::{Actor, Error, Meta};
use domain::case::CaseState;
use domain::ids::{CaseId, UnitCode};
use domain::refusal::Refusal;
use projections::{CaseRow, Reference};
use templates::NavItem;
use templates::components::{Choice, Errors, Notice, Tone};
use templates::oversight::{ActForm, InspectionSheet, Kind, faulty};
use uuid::Uuid;

use crate::ctx::Ctx;
pub(super) use crate::desk::say::as_of;
use crate::error::Fault;
use crate::form::Form;
use crate::words;

/// Rows of a list.
pub(super) const ROWS: usize = 50;

/// What was typed into a form of a page, so that it is shown again.
#[derive(Default)]
pub(super) struct Typed {
    /// Path that the form was sent to; empty when none was.
    to: String,
    /// What was typed.
    form: Form,
    /// What is wrong with it.
    errors: Errors,
}

impl Typed {
    /// What this request sent, and what is wrong with it.
    pub(super) fn sent(ctx: &Ctx, form: Form, errors: Errors) -> Self {
        Self { to: ctx.path().to_owned(), form, errors }
    }

    /// What was kept for this page, if anything.
    pub(super) fn kept(ctx: &Ctx) -> Self {
        ctx.kept().map(|kept| Self { to: kept.to, form: Form::of(kept.fields), errors: Errors::none() }).unwrap_or_default()
    }

    /// Whether something is wrong with it.
    pub(super) fn is_wrong(&self) -> bool {
        self.errors.any()
    }

    /// A form of the page: filled, unfolded and with its errors when it is the one that was sent. Of forms that go to the
    /// same path, the one about the same finding, for example: its hidden fields tell.
    pub(super) fn fill(&self, act: ActForm) -> ActForm {
        let mut hidden = act.fields.iter().filter(|control| control.kind == Kind::Hidden);
        if act.form.action != self.to || !hidden.all(|control| self.form.get(&control.name) == control.value) {
            return act;
        }
        let act = act.typed(self.form.fields());
        ActForm { form: act.form.with(self.errors.clone()), ..act }
    }

    /// What a page says first when the form that was sent does not stand among its forms: why it was refused, and the
    /// words that would be lost.
    pub(super) fn notice<'a>(&self, acts: impl IntoIterator<Item = &'a ActForm>) -> Option<Notice> {
        let acts: Vec<&ActForm> = acts.into_iter().collect();
        let said = self.errors.iter().filter(|_| faulty(acts.iter().copied()).is_none());
        let mut lines: Vec<String> = said.map(|error| error.message.clone()).collect();
        let words = left_over(&self.form, &acts);
        let title = if words.is_empty() { "没有办成" } else { "刚才填写的内容没有提交" };
        if !words.is_empty() {
            lines.push("这一步现在不能再办，下面是您填写的文字，需要的请自行复制保存。".to_owned());
            lines.extend(words);
        }
        (!lines.is_empty()).then(|| Notice { tone: Tone::Warn, title: title.to_owned(), lines, link: None })
    }

    /// A sheet with that notice before the others.
    pub(super) fn on(&self, mut sheet: InspectionSheet) -> InspectionSheet {
        let notice = self.notice(sheet.forms());
        sheet.notices.splice(0..0, notice);
        sheet
    }
}

/// What people wrote and no control of the page holds, in lines. Codes, numbers, days and ids are no words of theirs: these
/// are ASCII without a blank.
fn left_over(form: &Form, acts: &[&ActForm]) -> Vec<String> {
    let written = |value: &str| !value.is_ascii() || value.trim().contains(char::is_whitespace);
    let held = |value: &str| acts.iter().flat_map(|act| &act.fields).any(|control| control.value == value);
    let left = form.fields().iter().map(|(_, value)| value.as_str()).filter(|value| written(value) && !held(value));
    left.flat_map(words::lines).collect()
}

/// The tabs of a list: code, name and, where that calls for somebody, how many stand there. All of them at the end.
pub(super) fn tabs<'t>(
    tabs: impl IntoIterator<Item = (&'t str, &'t str, Option<u64>)>,
    current: &str,
    address: impl Fn(&str) -> String,
) -> Vec<NavItem> {
    let tab = |(code, name, count): (&str, &str, Option<u64>)| match count {
        Some(count) => NavItem::counted(&address(code), name, count, code == current),
        None => NavItem::new(&address(code), name, code == current),
    };
    tabs.into_iter().chain([("all", "全部", None)]).map(tab).collect()
}

/// What is wrong with a form, or the error's own page; for that what was typed is kept for the page at `path`, where coming
/// back makes sense.
pub(super) fn faults(ctx: &Ctx, path: &str, form: &Form, error: Error) -> Result<Errors, Fault> {
    errors(error).map_err(|error| {
        let fault = Fault::from(error);
        if !matches!(fault, Fault::NotFound | Fault::Forbidden) {
            ctx.keep(path, form.fields());
        }
        fault
    })
}

/// What a refusal says about the fields of a form or about the form; any other error comes back.
fn errors(error: Error) -> Result<Errors, Error> {
    match error {
        Error::Refused(Refusal::Fields(fields)) => {
            Ok(fields.iter().fold(Errors::none(), |errors, field| errors.and(field.name, &field.words)))
        }
        Error::Refused(refusal @ (Refusal::SamePerson(_) | Refusal::NoRule(_) | Refusal::OtherUnit)) => {
            Ok(Errors::one("", &refusal.to_string()))
        }
        other => Err(other),
    }
}

/// The circumstances of a form, bound to stream, account and act: a form id of another form is never taken for this one.
pub(super) fn meta(ctx: &Ctx, form: &Form, stream: &str, action: &str) -> Result<Meta, Fault> {
    let meta = ctx.meta(form)?;
    let bound = [stream.as_bytes(), ctx.staff()?.staff.account.0.as_bytes(), action.as_bytes()].concat();
    Ok(Meta { command: Uuid::new_v5(&meta.command, &bound), ..meta })
}

/// The open units, as a select offers them.
pub(super) fn units(reference: &Reference) -> Vec<Choice> {
    let open = reference.units().filter(|unit| unit.closed.is_none());
    open.map(|unit| Choice::new(unit.code.as_str(), unit.name())).collect()
}

/// A unit of the query; none when it is not asked for.
pub(super) fn unit_asked(ctx: &Ctx, reference: &Reference) -> Result<Option<UnitCode>, Fault> {
    match ctx.query("unit") {
        "" => Ok(None),
        code => Ok(Some(UnitCode::parse(code).ok().filter(|code| reference.unit(code).is_some()).ok_or(Fault::NotFound)?)),
    }
}

/// Where the rows of the page begin.
pub(super) fn before(ctx: &Ctx) -> Result<Option<i64>, Fault> {
    match ctx.query("before") {
        "" => Ok(None),
        text => text.parse().ok().filter(|key| *key > 0).map(Some).ok_or(Fault::NotFound),
    }
}

/// An address with a query; empty values are left out.
pub(super) fn href(base: &str, pairs: &[(&str, &str)]) -> String {
    let given: Vec<_> = pairs.iter().filter(|(_, value)| !value.is_empty()).collect();
    if given.is_empty() { base.to_owned() } else { format!("{base}?{}", serde_urlencoded::to_string(given).unwrap_or_default()) }
}

/// The row of a case, when this account may see it.
pub(super) fn visible_case(ctx: &Ctx, case: CaseId) -> Result<Option<CaseRow>, Fault> {
    let Some(row) = ctx.app().projections.views().case_by_id(case)? else { return Ok(None) };
    let state = CaseState {
        stage: row.stage,
        unit: row.unit.clone(),
        wrongdoing: row.wrongdoing,
        confidential: row.confidential,
        ..CaseState::default()
    };
    Ok(may(&Actor::Staff(ctx.staff()?.staff.clone()), Act::View, &state, ctx.app().reference().as_ref()).then_some(row))
}

/// The number of an official paper: `效牌〔2026〕12号`; its year alone as long as the views lack it.
pub(super) fn paper(word: &str, numbered: Option<(i32, u32)>) -> String {
    match numbered {
        Some((year, ordinal)) => format!("{word}〔{year}〕{ordinal}号"),
        None => format!("{word}（编号生成中）"),
    }
}

/// An open unit by its code or its whole name; else by a part of the name that only one has.
pub(super) fn find_unit(reference: &Reference, text: &str) -> Result<UnitCode, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("请填写单位全称或编码".to_owned());
    }
    let open = || reference.units().filter(|unit| unit.closed.is_none());
    if let Some(unit) = open().find(|unit| unit.code.as_str() == text || unit.name() == text) {
        return Ok(unit.code.clone());
    }
    let mut part = open().filter(|unit| unit.name().contains(text));
    match (part.next(), part.next()) {
        (Some(unit), None) => Ok(unit.code.clone()),
        (None, _) => Err(format!("名册里没有“{text}”，请填写全称或编码")),
        (Some(one), Some(two)) => Err(format!("“{text}”不止一个单位，例如{}、{}，请填写全称或编码", one.name(), two.name())),
    }
}

/// A number of working days; none when nothing was typed.
pub(super) fn days(form: &Form) -> Result<Option<u16>, Errors> {
    match form.get("days").trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Errors::one("days", "请填写工作日天数，例如 5")),
    }
}

/// The end of a legal day typed as `2026-06-30`: the next day's 00:00 at +08:00.
pub(super) fn end_of_day(text: &str) -> Option<domain::time::Instant> {
    let day: chrono::NaiveDate = text.trim().parse().ok()?;
    let next = day.succ_opt()?.and_time(chrono::NaiveTime::MIN);
    next.and_local_timezone(domain::time::CHINA).single().map(|end| end.to_utc())
}

#[cfg(test)]
mod tests {
    use templates::desk;
    use templates::oversight::Control;

    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        Form::of(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn typed(to: &str, fields: &[(&str, &str)]) -> Typed {
        Typed { to: to.to_owned(), form: form(fields), errors: Errors::none() }
    }

    fn reply(number: &str) -> ActForm {
        let agrees = vec![Choice::new("yes", "认可"), Choice::new("no", "有异议")];
        ActForm {
            form: desk::Form::new(number, "/desk/findings/1", "", ""),
            fields: vec![
                Control::new(Kind::Radio, "agrees", "", "").of(agrees),
                Control::new(Kind::Lines, "words", "", "事先写好的"),
                Control::new(Kind::Hidden, "number", "", number),
            ],
            ..ActForm::default()
        }
    }

    #[test]
    fn only_the_form_that_was_sent_is_filled() {
        let fields = [("agrees", "no"), ("words", "当时在后台。"), ("number", "2")];
        let sent = Typed { errors: Errors::one("words", "太短"), ..typed("/desk/findings/1", &fields) };
        let filled = sent.fill(reply("2"));
        assert!(filled.form.is_open() && filled.form.errors.any() && filled.fields[0].choices[1].selected);
        assert_eq!((filled.fields[1].value.as_str(), filled.fields[2].value.as_str()), ("当时在后台。", "2"));
        let elsewhere = typed("/desk/findings/2", &fields);
        for other in [sent.fill(reply("1")), elsewhere.fill(reply("2")), Typed::default().fill(reply("2"))] {
            assert!(!other.form.is_open() && other.fields[1].value == "事先写好的");
        }
    }

    #[test]
    fn words_that_no_form_takes_are_left_over_and_nothing_else() {
        let sent = typed(
            "/desk/findings/1",
            &[
                ("csrf", "k3J_x-9"),
                ("form_id", "5c0e8f0e-6f0d-5b7e-9a55-0d4f6c1b2a33"),
                ("number", "2"),
                ("agrees", "no"),
                ("due", "2026-05-20"),
                ("held", "2026-05-06T10:00"),
                ("units", "330502001"),
                ("note", " "),
                ("words", "当时在后台。\n\n 见 <监控>。"),
                ("reason", "see the record"),
            ],
        );
        let left = ["当时在后台。", "见 <监控>。", "see the record"];
        assert_eq!(left_over(&sent.form, &[]), left);
        assert_eq!(left_over(&sent.form, &[&reply("1")]), left, "the form of another finding holds them not");
        assert_eq!(left_over(&sent.form, &[&sent.fill(reply("2"))]), ["see the record"]);
        let notice = sent.notice(&[reply("1")]).unwrap();
        assert_eq!(notice.title, "刚才填写的内容没有提交");
        assert!(notice.lines[0].starts_with("这一步现在不能再办") && notice.lines[1..] == left, "{notice:?}");
        assert!(Typed::default().notice(&[reply("1")]).is_none());
    }

    #[test]
    fn what_is_wrong_with_a_form_that_is_not_there_is_said_all_the_same() {
        let sent = Typed { errors: Errors::one("", "签名应当由另一位人员办理"), ..typed("/a", &[]) };
        let notice = sent.notice(&[]).unwrap();
        assert_eq!((notice.title.as_str(), notice.lines), ("没有办成", vec!["签名应当由另一位人员办理".to_owned()]));
        let drawn = ActForm { form: desk::Form::new("", "/a", "", ""), ..ActForm::default() };
        assert!(sent.notice(&[sent.fill(drawn)]).is_none(), "the form says it itself");
    }

    #[test]
    fn only_what_can_be_mended_in_the_form_is_said_at_it() {
        let field = errors(Refusal::field("due", "请选择").into()).unwrap();
        assert_eq!(field.on("due"), Some("请选择"));
        for refusal in [Refusal::SamePerson("签名"), Refusal::NoRule("提级".to_owned()), Refusal::OtherUnit] {
            let said = refusal.to_string();
            assert_eq!(errors(refusal.into()).unwrap(), Errors::one("", &said));
        }
        let elsewhere: [Error; 6] = [
            Refusal::Stage("已办结").into(),
            Refusal::Late("异议").into(),
            Refusal::Exists.into(),
            Refusal::Missing.into(),
            Error::Clash { seen: 1, now: 2 },
            Error::Busy,
        ];
        assert!(elsewhere.into_iter().all(|error| errors(error).is_err()));
    }
}
