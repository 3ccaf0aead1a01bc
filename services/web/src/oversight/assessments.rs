//! The years of assessment: the list, the opening, one year with all its bodies, its acts.

use application::Error;
use application::assessment::Scored;
use chrono::Datelike;
use domain::account::Role;
use domain::assessment::year::{Marked, Points};
use domain::assessment::{Basis, BodyResult, BodyState, Stage, score};
use domain::ids::UnitCode;
use domain::private::Private;
use domain::ratio::Ratio;
use domain::refusal::Refusal;
use domain::rulebook::parse::Problem;
use domain::rulebook::scheme::{Grade, Part, SHIPPED, Scheme, Source};
use domain::time::legal_day;
use templates::NavItem;
use templates::admin::{CheckFault, CheckReport};
use templates::components::{Cell, Choice, Column, Errors, Link, Notice, Row, SummaryRow, Table, Tag, Tone};
use templates::desk::Form as Fields;
use templates::oversight::{AssessmentOpen, AssessmentPage, Assessments, MarkForm, PublishForm, Tier};

use crate::ctx::Ctx;
use crate::desk::say;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{csrf, shell, words};

/// Years of the list.
const YEARS: usize = 30;
/// Bodies of a page.
pub(super) const BODIES: usize = 200;
/// Lines of points that are taken at once.
const POINTS: usize = 2_000;
/// Objections of the list.
const OBJECTIONS: usize = 500;

pub(super) const LIST: &str = "/oversight/assessments";

/// A form with its token and an id of its own.
pub(super) fn fields(ctx: &Ctx, id: &str, action: &str) -> Fields {
    Fields::new(id, action, &csrf::token(ctx), &ctx.app().ids.uuid().to_string())
}

pub(super) fn year_of(ctx: &Ctx) -> Result<i32, Fault> {
    ctx.part("year").parse().ok().filter(|year| (2000..=2100).contains(year)).ok_or(Fault::NotFound)
}

pub(super) fn stage_tag(stage: Stage) -> Tag {
    let tone = match stage {
        Stage::Opened => Tone::Info,
        Stage::Drafted => Tone::Warn,
        Stage::Finalised | Stage::Published => Tone::Good,
    };
    Tag::new(stage.label(), tone)
}

pub(super) fn badge(tag: Tag) -> Cell {
    Cell { tag: Some(tag), ..Cell::default() }
}

/// Errors of a refusal with fields; anything else is a fault of its own.
pub(super) fn refused(error: Error) -> Result<Errors, Fault> {
    match error {
        Error::Refused(Refusal::Fields(fields)) => {
            Ok(fields.iter().fold(Errors::none(), |errors, field| errors.and(field.name, &field.words)))
        }
        other => Err(other.into()),
    }
}

pub(crate) async fn list(ctx: Ctx) -> Reply {
    let row = |row: &projections::StreamRow<domain::assessment::YearState>| {
        let state = &row.state;
        Row::new(vec![
            Cell::link(&format!("{LIST}/{}", state.year), format!("{} 年度", state.year)),
            badge(stage_tag(state.stage)),
            Cell::text(state.scheme().map(|scheme| scheme.title).unwrap_or_default()),
            Cell::text(state.bodies.len()),
            Cell::time(words::moment(state.opened_at)),
        ])
    };
    let rows = ctx.app().assessments(&ctx.actor()?, YEARS)?;
    let columns = ["年度", "进展", "方案"].map(Column::text).into_iter();
    page(&Assessments {
        shell: shell::of(&ctx),
        title: "年度考评".to_owned(),
        lead: format!("每年一次：采集评定 → 初评 → 异议 → 定稿 → 通报。列出最近 {YEARS} 年。"),
        table: Table {
            caption: "年度考评".to_owned(),
            caption_hidden: true,
            columns: columns.chain([Column::figures("单位数"), Column::text("建立时间")]).collect(),
            rows: rows.iter().map(row).collect(),
            empty: "还没有年度考评。效能办负责人可以按考评方案建立。".to_owned(),
            stacked: true,
        },
        open_href: ctx.staff()?.staff.is(Role::Director).then(|| format!("{LIST}/new")),
    })
}

pub(crate) async fn new(ctx: Ctx) -> Reply {
    let form = ctx.kept().map(|kept| Form::of(kept.fields)).unwrap_or_default();
    page(&open_page(&ctx, &form, form.get("text"), Errors::none(), None))
}

fn open_page(ctx: &Ctx, form: &Form, text: &str, errors: Errors, report: Option<CheckReport>) -> AssessmentOpen {
    let this = ctx.app().assessment_year();
    let chosen = if form.get("year").is_empty() { this.to_string() } else { form.get("year").to_owned() };
    let years = [this, this - 1].map(|year| Choice::new(&year.to_string(), &format!("{year} 年"))).to_vec();
    let title = |text: &str| Scheme::of_opened(text).map(|scheme| scheme.title).unwrap_or_default();
    let shipped = SHIPPED.iter().map(|(name, text)| Choice::new(name, &format!("{}（{name}）", title(text)))).collect();
    AssessmentOpen {
        shell: shell::of(ctx),
        crumbs: vec![Link::new(LIST, "年度考评")],
        form: fields(ctx, "", &format!("{LIST}/new")).with(errors),
        years: Choice::select(years, &chosen),
        shipped: Choice::select(shipped, form.get("shipped")),
        text: text.to_owned(),
        report,
    }
}

/// A file counts before what is typed, and that before a shipped scheme.
fn scheme_text(form: &Form) -> Result<String, Errors> {
    let text = match form.file("file") {
        Some(file) => String::from_utf8(file.bytes.clone())
            .map_err(|_| Errors::one("file", "文件不是 UTF-8 编码的文本。请用文本编辑器另存为 UTF-8 后再上传"))?,
        None if !form.get("text").trim().is_empty() => form.get("text").to_owned(),
        None => SHIPPED.iter().find(|(name, _)| *name == form.get("shipped")).map(|(_, text)| (*text).to_owned()).unwrap_or_default(),
    };
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    if text.trim().is_empty() {
        Err(Errors::one("text", "请选择方案文件，或者粘贴方案全文，或者选用样例"))
    } else {
        Ok(text)
    }
}

fn report(problems: Vec<Problem>) -> CheckReport {
    let line = |line: Option<usize>| line.and_then(|line| u64::try_from(line).ok());
    let fault = |problem: Problem| CheckFault { line: line(problem.line), place: problem.path, reason: problem.reason };
    CheckReport { faults: problems.into_iter().map(fault).collect(), ..CheckReport::default() }
}

pub(crate) async fn create(ctx: Ctx, form: Form) -> Reply {
    let text = match scheme_text(&form) {
        Ok(text) => text,
        Err(errors) => return invalid(&open_page(&ctx, &form, form.get("text"), errors, None)),
    };
    let faulty = |problems: Vec<Problem>| {
        let errors = Errors::one("text", &format!("方案有 {} 处需要修改，见检查结果", problems.len()));
        invalid(&open_page(&ctx, &form, &text, errors, Some(report(problems))))
    };
    let scheme = match Scheme::parse(&text) {
        Ok(scheme) => scheme,
        Err(problems) => return faulty(problems),
    };
    if form.get("do") == "check" {
        let report = CheckReport { reference: scheme.reference(), ..CheckReport::default() };
        return page(&open_page(&ctx, &form, &text, Errors::none(), Some(report)));
    }
    let Ok(year) = form.get("year").parse::<i32>() else {
        return invalid(&open_page(&ctx, &form, &text, Errors::one("year", "请选择年度"), None));
    };
    match ctx.app().open_assessment(&ctx.meta(&form)?, year, &text).await {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, &format!("{year} 年度考评已建立"));
            see_other(&format!("{LIST}/{year}"))
        }
        Err(Error::Rules(problems)) => faulty(problems),
        Err(error) => invalid(&open_page(&ctx, &form, &text, refused(error)?, None)),
    }
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let form = ctx.kept().map(|kept| Form::of(kept.fields)).unwrap_or_default();
    page(&year_page(&ctx, &form, "", Errors::none()).await?)
}

/// One act of the year.
pub(crate) async fn act(ctx: Ctx, form: Form) -> Reply {
    let year = year_of(&ctx)?;
    let action = ctx.part("action").to_owned();
    let meta = ctx.meta(&form)?;
    let (done, told) = match action.as_str() {
        "mark" => match marked(&form) {
            Ok(marked) => (ctx.app().mark_assessment(&meta, year, marked).await, "评定分已登记"),
            Err(errors) => return invalid(&year_page(&ctx, &form, &action, errors).await?),
        },
        "draft" => (ctx.app().draft_assessment(&meta, year).await, "初评已生成，各单位可以查看得分明细并提出异议"),
        "finalise" => (ctx.app().finalise_assessment(&meta, year).await, "已定稿"),
        "publish" => (ctx.app().publish_assessment(&meta, year, form.get("number")).await, "发文字号已登记，参加考评的单位可以看到通报"),
        _ => return Err(Fault::NotFound),
    };
    match done {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, told);
            see_other(&format!("{LIST}/{year}"))
        }
        Err(error) => invalid(&year_page(&ctx, &form, &action, refused(error)?).await?),
    }
}

/// Lines `unit,points`.
fn marked(form: &Form) -> Result<Marked, Errors> {
    let mut errors = Errors::none();
    let mut points = Vec::new();
    let lines: Vec<&str> = form.get("points").lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() > POINTS {
        return Err(Errors::one("points", &format!("一次最多登记 {POINTS} 行，请分几次登记")));
    }
    for line in lines {
        match line.split_once([',', '，', '\t']).map(|(unit, value)| (UnitCode::parse(unit.trim()), value.trim())) {
            // A body without points gets none now.
            Some((Ok(_), "")) => {}
            Some((Ok(unit), value)) => points.push(Points { unit, points: value.to_owned() }),
            _ if errors.len() < 5 => {
                let shown: String = line.chars().take(20).collect();
                errors = errors.and("points", &format!("“{shown}”看不明白，请写成 单位代码,分数，例如 0101,9.5"));
            }
            _ => {}
        }
    }
    if errors.any() {
        return Err(errors);
    }
    Ok(Marked { item: form.get("item").to_owned(), points, reason: Private::new(form.get("reason").trim().to_owned()) })
}

async fn year_page(ctx: &Ctx, form: &Form, faulty: &str, errors: Errors) -> Result<AssessmentPage, Fault> {
    let scored = ctx.app().assessment(&ctx.actor()?, year_of(ctx)?).await?;
    let (year, scheme) = (&scored.year, &scored.scheme);
    let base = format!("{LIST}/{}", year.year);
    let members = |code: &str| year.bodies.iter().filter(|body| body.group == code).count();
    let asked = scheme.group(ctx.query("group"));
    let group = asked.or_else(|| scheme.groups.iter().find(|group| members(&group.code) > 0)).ok_or(Fault::NotFound)?;
    let staff = &ctx.staff()?.staff;
    let director = staff.is(Role::Director);
    let post = |action: &str| {
        let errors = if faulty == action { errors.clone() } else { Errors::none() };
        fields(ctx, action, &format!("{base}/{action}")).with(errors)
    };
    let (tiers, next) = tiers(ctx, &scored, &group.code, &base);
    let missing = scored.missing();
    let draft = director && (year.stage == Stage::Opened || (year.stage == Stage::Drafted && missing > 0));
    let over = year.drafted.as_ref().is_some_and(|(_, drafted)| ctx.app().now() >= drafted.objections_until);
    let finalise = (year.stage == Stage::Drafted && over) || (year.stage == Stage::Finalised && missing > 0) || faulty == "finalise";
    let count = |n: usize| u64::try_from(n).unwrap_or_default();
    let number = || format!("{}〔{}〕1号", scheme.circular.mark, legal_day(ctx.app().now()).year());
    Ok(AssessmentPage {
        shell: shell::of(ctx),
        crumbs: vec![Link::new(LIST, "年度考评")],
        title: format!("{} 年度绩效考评", year.year),
        stage: stage_tag(year.stage),
        facts: facts(&scored),
        notices: notices(ctx, &scored, missing),
        groups: scheme
            .groups
            .iter()
            .map(|one| {
                let href = format!("{base}?group={}", one.code);
                NavItem::counted(&href, &one.label, count(members(&one.code)), one.code == group.code)
            })
            .collect(),
        group: group.label.clone(),
        exclusions: exclusions(&scored, &group.code),
        scores: match year.stage {
            Stage::Opened => "试算得分（没有定，每次打开按现在的记录计算）".to_owned(),
            Stage::Drafted => "初评得分".to_owned(),
            Stage::Finalised | Stage::Published => "最后得分".to_owned(),
        },
        tiers,
        next,
        objections: objections(&scored, &base),
        draft: draft.then(|| (post("draft"), if missing > 0 { "继续生成初评" } else { "生成初评" }.to_owned())),
        mark: mark_form(&scored, staff, form, faulty == "mark", post("mark")),
        finalise: (director && finalise).then(|| post("finalise")),
        publish: (director && year.stage == Stage::Finalised && missing == 0).then(|| PublishForm {
            form: post("publish"),
            number: if faulty == "publish" { form.get("number").to_owned() } else { number() },
        }),
        annexes: vec![
            Link::new(&format!("{base}/circular"), "通报（打印页）"),
            Link::new(&format!("{base}/circular/docx"), "通报（DOCX）"),
            Link::new(&format!("{base}/lines/csv"), "全部得分明细（CSV）"),
            Link::new(&format!("{base}/lines/xlsx"), "全部得分明细（XLSX）"),
        ],
        months: (1..=12).map(|month| Link::new(&format!("{base}/month/{month}"), &format!("{month}月"))).collect(),
        as_of: say::as_of(ctx)?,
    })
}

fn facts(scored: &Scored) -> Vec<SummaryRow> {
    let (year, scheme) = (&scored.year, &scored.scheme);
    let mut facts = vec![
        SummaryRow::new("考评方案", &format!("{}（{}）\nSHA-256 {}", scheme.title, scheme.reference(), year.hash)),
        SummaryRow::new("计分截止", &format!("日志第 {} 条记录；以后的记录不计入", scored.cut_off)),
        SummaryRow::new("取舍", &format!("按分数精确计算，只在显示时四舍五入保留 {} 位小数", scheme.places())),
    ];
    if let Some((at, drafted)) = &year.drafted {
        let until = words::due(drafted.objections_until).text;
        facts.push(SummaryRow::new("初评", &format!("{} 生成，{until} 前可以提出异议", words::moment(*at).text)));
    }
    if let Some((at, _)) = &year.finalised {
        facts.push(SummaryRow::new("定稿", &words::moment(*at).text));
    }
    if let Some((at, published)) = &year.published {
        facts.push(SummaryRow::new("通报", &format!("{}，{}", published.number, words::moment(*at).text)));
    }
    facts
}

fn notices(ctx: &Ctx, scored: &Scored, missing: usize) -> Vec<Notice> {
    let mut notices = Vec::new();
    if missing > 0 {
        let words = format!("还有 {missing} 个单位的得分没有写完，请在下面继续。结果与一次写完相同。");
        notices.push(Notice::new(Tone::Warn, "", &[&words]));
    }
    let drafted = scored.year.drafted.as_ref().filter(|_| scored.year.stage == Stage::Drafted);
    let waiting: usize = scored.bodies.iter().map(BodyState::undecided).sum();
    if waiting > 0 && drafted.is_some() {
        notices.push(Notice::new(Tone::Warn, "", &[&format!("有 {waiting} 项异议等候裁定，见下面的清单。")]));
    }
    if let Some((_, drafted)) = drafted.filter(|(_, drafted)| ctx.app().now() < drafted.objections_until) {
        let until = words::due(drafted.objections_until).text;
        notices.push(Notice::new(Tone::Info, "", &[&format!("提出异议的期限到 {until}，到期以后才能定稿。")]));
    }
    notices
}

fn exclusions(scored: &Scored, group: &str) -> Table {
    let row = |item: &domain::rulebook::scheme::Item| {
        let results = scored.results.iter().filter(|one| one.group == group);
        let (mut excluded, mut left, mut filled, mut missing) = (0, 0, 0, 0);
        for line in results.filter_map(|one| one.lines.iter().find(|line| line.item == item.id)) {
            excluded += line.counts.excluded;
            match line.basis {
                Basis::Counted => {}
                Basis::Left => left += 1,
                Basis::Full | Basis::Group { .. } => filled += 1,
                Basis::Missing => missing += 1,
            }
        }
        let figures = [excluded, left, filled, missing];
        let cells = std::iter::once(Cell::text(&item.label)).chain(figures.map(|n| Cell::text(words::count(n))));
        figures.iter().any(|n| *n > 0).then(|| Row::new(cells.collect()))
    };
    let figures = ["撤回的记录（条）", "不计该项（个单位）", "按满分或本组计（个单位）", "尚未评定（个单位）"].map(Column::figures);
    Table {
        caption: "剔除和无样本".to_owned(),
        caption_hidden: true,
        columns: std::iter::once(Column::text("项目")).chain(figures).collect(),
        rows: scored.scheme.items_of(group).filter_map(row).collect(),
        empty: "没有撤回的记录，各项都有样本。".to_owned(),
        stacked: true,
    }
}

fn tiers(ctx: &Ctx, scored: &Scored, group: &str, base: &str) -> (Vec<Tier>, Option<Link>) {
    let places = scored.scheme.places();
    let mut members: Vec<&BodyResult> = scored.results.iter().filter(|result| result.group == group).collect();
    members.sort_by(|a, b| (a.grade, &a.unit).cmp(&(b.grade, &b.unit)));
    let after = ctx.query("after");
    let start = members.iter().position(|result| result.unit.as_str() == after).map_or(0, |at| at + 1);
    let shown: Vec<&BodyResult> = members.iter().skip(start).take(BODIES).copied().collect();
    let last = shown.last().filter(|_| start + shown.len() < members.len());
    let next = last.map(|last| Link::new(&format!("{base}?group={group}&after={}", last.unit), "后面的单位"));
    let shown_as = |ratio: Ratio| ratio.fixed(places);
    let row = |result: &&BodyResult| {
        let name = scored.year.body(&result.unit).map_or(result.unit.as_str(), |body| body.name.as_str());
        let total = result.total.map_or_else(|| "—".to_owned(), shown_as);
        let mut cells = vec![Cell::link(&format!("{base}/{}", result.unit), name), Cell::text(total)];
        cells.extend(Part::ALL.map(|part| Cell::text(shown_as(score::part_sum(&scored.scheme, &result.lines, part)))));
        Row::new(cells)
    };
    let tier = |grade: Grade| {
        let rows: Vec<Row> = shown.iter().filter(|result| result.grade == grade).map(row).collect();
        let count = members.iter().filter(|result| result.grade == grade).count();
        let figures = std::iter::once(Column::figures("总分")).chain(Part::ALL.map(|part| Column::figures(part.label())));
        (!rows.is_empty()).then(|| Tier {
            label: grade.label().to_owned(),
            note: format!("{count} 个单位。同一等次内按单位代码排列，不排名次；得分相同的并列。"),
            table: Table {
                caption: format!("{}的单位", grade.label()),
                caption_hidden: true,
                columns: std::iter::once(Column::text("单位")).chain(figures).collect(),
                rows,
                empty: String::new(),
                stacked: true,
            },
        })
    };
    (Grade::ALL.into_iter().filter_map(tier).collect(), next)
}

fn objections(scored: &Scored, base: &str) -> Table {
    let mut found = Vec::new();
    for (body, state) in scored.year.bodies.iter().zip(&scored.bodies) {
        for objection in &state.objections {
            let label = scored.scheme.item(&objection.item).map_or(objection.item.as_str(), |item| item.label.as_str());
            let tag = match &objection.decided {
                None => Tag::new("待裁定", Tone::Warn),
                Some((_, true, _)) => Tag::new("已更正", Tone::Good),
                Some((_, false, _)) => Tag::new("维持", Tone::Neutral),
            };
            let name = Cell::link(&format!("{base}/{}", body.unit), &body.name);
            let row = Row::new(vec![name, Cell::text(label), Cell::time(words::moment(objection.at)), badge(tag)]);
            found.push((objection.decided.is_some(), row));
        }
    }
    // What waits comes first; the rest in the order of codes.
    found.sort_by_key(|(decided, _)| *decided);
    Table {
        caption: format!("异议（最多列出 {OBJECTIONS} 项）"),
        caption_hidden: true,
        columns: ["单位", "项目", "提出时间", "裁定"].map(Column::text).to_vec(),
        rows: found.into_iter().take(OBJECTIONS).map(|(_, row)| row).collect(),
        empty: "没有异议。".to_owned(),
        stacked: true,
    }
}

fn mark_form(scored: &Scored, staff: &application::Staff, form: &Form, typed: bool, fields: Fields) -> Option<MarkForm> {
    let manual = scored.scheme.items.iter().filter(|item| matches!(item.source(), Some(Source::Manual(role)) if staff.is(role)));
    let choice = |item: &domain::rulebook::scheme::Item| {
        let given = scored.year.points.get(&item.id).map_or(0, std::collections::BTreeMap::len);
        Choice::new(&item.id, &format!("{}（满分 {}，已登记 {given} 个单位）", item.label, item.full().short()))
    };
    let items: Vec<Choice> = manual.map(choice).collect();
    let value = |name: &str| if typed { form.get(name).to_owned() } else { String::new() };
    (scored.year.stage == Stage::Opened && !items.is_empty()).then(|| MarkForm {
        form: fields,
        items: Choice::select(items, &value("item")),
        points: value("points"),
        reason: value("reason"),
    })
}
