//! Worklists: closed sets of buckets, orders and filters; anything else is no page.

use domain::ids::UnitCode;
use projections::{At, Bucket, HolderKey, PageKey, Reference, Sort, WorklistFilter, WorklistQuery};
use templates::NavItem;
use templates::components::{Choice, Direction, Paging};
use templates::desk::Worklist;

use super::say;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

/// Rows of a page.
const ROWS: usize = 50;

/// What the address asks for.
struct Asked {
    bucket: Bucket,
    sort: Sort,
    class: Option<String>,
    unit: Option<UnitCode>,
    at: At,
}

impl Asked {
    fn read(ctx: &Ctx, reference: &Reference) -> Result<Self, Fault> {
        let known = |code: &str| reference.rulebooks.adoptions().iter().any(|adoption| adoption.rulebook.class(code).is_some());
        let class = Some(ctx.query("class")).filter(|code| !code.is_empty());
        if class.is_some_and(|code| !known(code)) {
            return Err(Fault::NotFound);
        }
        let unit = match ctx.query("unit") {
            "" => None,
            code => Some(UnitCode::parse(code).ok().filter(|code| reference.unit(code).is_some()).ok_or(Fault::NotFound)?),
        };
        let key = |text: &str| text.parse::<PageKey>().map_err(|_| Fault::NotFound);
        let at = match (ctx.query("after"), ctx.query("before")) {
            ("", "") => At::First,
            (after, "") => At::After(key(after)?),
            ("", before) => At::Before(key(before)?),
            _ => return Err(Fault::NotFound),
        };
        let sort = match ctx.query("sort") {
            "" => Sort::default(),
            code => Sort::of_code(code).ok_or(Fault::NotFound)?,
        };
        let bucket = Bucket::of_code(ctx.part("bucket")).ok_or(Fault::NotFound)?;
        Ok(Self { bucket, sort, class: class.map(str::to_owned), unit, at })
    }

    fn base(&self) -> String {
        format!("/desk/worklist/{}", self.bucket.code())
    }

    /// The address of the same list in an order, at a place.
    fn href(&self, sort: Sort, place: Option<(&str, &PageKey)>) -> String {
        let mut pairs = vec![("sort", sort.code().to_owned())];
        pairs.extend(self.class.clone().map(|class| ("class", class)));
        pairs.extend(self.unit.as_ref().map(|unit| ("unit", unit.to_string())));
        pairs.extend(place.map(|(name, key)| (if name == "after" { "after" } else { "before" }, key.to_string())));
        format!("{}?{}", self.base(), serde_urlencoded::to_string(pairs).unwrap_or_default())
    }
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let (reference, now, session) = (ctx.app().reference(), ctx.app().now(), ctx.staff()?);
    let asked = Asked::read(&ctx, &reference)?;
    let lists = shell::buckets(session);
    // A list of another role is no page for this account.
    let (_, holder) = lists.iter().find(|(bucket, _)| *bucket == asked.bucket).ok_or(Fault::NotFound)?;
    let filter = WorklistFilter { class: asked.class.clone(), unit: asked.unit.clone(), hide_wrongdoing: say::hides_wrongdoing(session) };
    let query = WorklistQuery { holder: holder.clone(), bucket: asked.bucket, sort: asked.sort, filter, at: asked.at.clone(), limit: ROWS };
    let found = ctx.app().projections.views().worklist(&query)?;
    let rows: Vec<_> =
        found.rows.iter().filter(|row| say::sees(&session.staff, row, &reference)).map(|row| say::row(&reference, row, now)).collect();
    let paging = Paging {
        prev: found.previous.as_ref().map(|key| asked.href(asked.sort, Some(("before", key)))),
        next: found.next.as_ref().map(|key| asked.href(asked.sort, Some(("after", key)))),
        summary: if rows.is_empty() { String::new() } else { format!("本页 {} 件", rows.len()) },
    };
    let filtered = asked.class.is_some() || asked.unit.is_some();
    let empty = if filtered {
        "没有符合筛选条件的诉求件。可以清除筛选，或看看别的清单。"
    } else {
        "这个清单里现在没有诉求件。"
    };
    page(&Worklist {
        shell: shell::of(&ctx),
        title: shell::bucket_name(asked.bucket).to_owned(),
        tabs: tabs(&ctx, &lists, asked.bucket),
        sorts: sorts(&asked),
        base_href: asked.base(),
        sort: asked.sort.code().to_owned(),
        classes: Choice::select(classes(&reference, now), asked.class.as_deref().unwrap_or_default()),
        units: Choice::select(units(&reference, holder), asked.unit.as_ref().map(UnitCode::as_str).unwrap_or_default()),
        filtered,
        rows,
        empty: empty.to_owned(),
        paging,
        as_of: say::as_of(&ctx)?,
    })
}

fn tabs(ctx: &Ctx, lists: &[(Bucket, HolderKey)], current: Bucket) -> Vec<NavItem> {
    let item = |((bucket, _), count): (&(Bucket, HolderKey), u64)| {
        NavItem::counted(&format!("/desk/worklist/{}", bucket.code()), shell::bucket_name(*bucket), count, *bucket == current)
    };
    lists.iter().zip(shell::bucket_counts(ctx, lists)).map(item).collect()
}

fn sorts(asked: &Asked) -> Vec<(NavItem, Option<Direction>)> {
    let ended = asked.bucket == Bucket::Ended;
    let one = |sort: Sort| {
        let (text, direction) = match sort {
            Sort::Due if ended => ("办结时间", Direction::Descending),
            Sort::Due => ("期限", Direction::Ascending),
            Sort::FiledNewest => ("登记时间", Direction::Descending),
            Sort::Number => ("编号", Direction::Ascending),
        };
        let current = asked.sort == sort;
        (NavItem::new(&asked.href(sort, None), text, current), current.then_some(direction))
    };
    Sort::ALL.into_iter().map(one).collect()
}

/// The classes of the rulebook in force.
pub(super) fn classes(reference: &Reference, now: domain::time::Instant) -> Vec<Choice> {
    words::rules(reference, now)
        .map(|rules| rules.classes.iter().map(|class| Choice::new(&class.code, &class.label)).collect())
        .unwrap_or_default()
}

/// The units that cases of this holder can be with.
pub(super) fn units(reference: &Reference, holder: &HolderKey) -> Vec<Choice> {
    let codes: Vec<UnitCode> = match holder {
        HolderKey::Hotline => reference.units().filter(|unit| !unit.hotline).map(|unit| unit.code.clone()).collect(),
        HolderKey::Unit(own) => reference.subtree(own),
        HolderKey::Account(_) => Vec::new(),
    };
    if codes.len() < 2 {
        return Vec::new();
    }
    codes.iter().map(|code| Choice::new(code.as_str(), &words::unit(reference, code))).collect()
}
