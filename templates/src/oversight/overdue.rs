//! 临期超期: by unit, time left, in whose hands and how much time was spent, whom to call.

use askama::Template;

use crate::components::{Link, Paging};
use crate::desk::{AsOf, CaseRow};
use crate::shell::{NavItem, Shell};

/// `GET /oversight/overdue?unit=&list=`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/overdue.html")]
pub struct Overdue {
    /// Context.
    pub shell: Shell,
    /// The units above; empty for the whole city.
    pub crumbs: Vec<Link>,
    /// The unit whose cases are listed, or `全市`.
    pub unit: String,
    /// Its picture; none for the whole city.
    pub picture: Option<Link>,
    /// Liaisons of that unit.
    pub contacts: Vec<Contact>,
    /// Units below with something overdue or near, most overdue first.
    pub units: Vec<OverdueUnit>,
    /// 已超期, 24 小时内到期.
    pub tabs: Vec<NavItem>,
    /// Cases of the list.
    pub rows: Vec<OverdueCase>,
    /// Said when there is none.
    pub empty: String,
    /// Pages.
    pub paging: Paging,
    /// Freshness.
    pub as_of: AsOf,
}

/// A unit with something overdue or near.
#[derive(Debug, Clone, Default)]
pub struct OverdueUnit {
    /// Name.
    pub name: String,
    /// The same page for this unit.
    pub href: String,
    /// Overdue cases, units below included.
    pub over: u64,
    /// Due within 24 hours.
    pub near: u64,
    /// Open in all.
    pub open: u64,
    /// Liaisons.
    pub contacts: Vec<Contact>,
}

/// Whom to call.
#[derive(Debug, Clone, Default)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// Phone; empty when none is on record.
    pub phone: String,
}

/// A case with the time spent.
#[derive(Debug, Clone)]
pub struct OverdueCase {
    /// The row.
    pub case: CaseRow,
    /// Since when in these hands, for example `已 3 天 2 小时`.
    pub held: String,
    /// Since filing, for example `共 8 天`.
    pub total: String,
}

impl Overdue {
    /// A city on an ordinary day.
    #[must_use]
    pub fn sample() -> Self {
        let contact = |name: &str, phone: &str| Contact { name: name.into(), phone: phone.into() };
        let unit = |name: &str, code: &str, over, near, open, contacts| OverdueUnit {
            name: name.into(),
            href: format!("/oversight/overdue?unit={code}"),
            over,
            near,
            open,
            contacts,
        };
        Self {
            shell: Shell::sample_desk("/oversight/overdue"),
            crumbs: vec![Link::new("/oversight", "今日")],
            unit: "全市".into(),
            picture: None,
            contacts: Vec::new(),
            units: vec![
                unit("市城市管理局", "0101", 12, 7, 210, vec![contact("林晓岚", "13900000001")]),
                unit("西湾区人民政府", "330502", 9, 14, 530, vec![contact("赵启明", "13900000002"), contact("钱一诺", "")]),
                unit("东城区人民政府", "330503", 0, 3, 188, Vec::new()),
            ],
            tabs: vec![
                NavItem::counted("/oversight/overdue", "已超期", 21, true),
                NavItem::counted("/oversight/overdue?list=near", "24 小时内到期", 24, false),
            ],
            rows: CaseRow::samples()
                .into_iter()
                .map(|case| OverdueCase { case, held: "已 3 天 2 小时".into(), total: "共 8 天".into() })
                .collect(),
            empty: "没有超期的诉求件。".into(),
            paging: Paging { summary: "本页 3 件".into(), ..Paging::default() },
            as_of: AsOf::sample(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let unit = Overdue {
        unit: "市城市管理局".into(),
        picture: Some(Link::new("/oversight/units/0101", "单位画像")),
        contacts: vec![Contact { name: "林晓岚".into(), phone: "13900000001".into() }],
        units: Vec::new(),
        rows: Vec::new(),
        ..Overdue::sample()
    };
    vec![("oversight-overdue", crate::html(&Overdue::sample())), ("oversight-overdue-unit", crate::html(&unit))]
}
