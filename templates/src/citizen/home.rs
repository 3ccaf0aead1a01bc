//! `/`: three doors, emergencies, how today goes.

use askama::Template;

use crate::components::{Moment, Notice, Tile, Tone};
use crate::shell::Shell;

/// `/`
#[derive(Debug, Template)]
#[template(path = "citizen/home.html")]
pub struct Home {
    /// Context.
    pub shell: Shell,
    /// Announcements and the state of the service; may be empty.
    pub notices: Vec<Notice>,
    /// Today's figures.
    pub tiles: Vec<Tile>,
    /// How fresh the figures are.
    pub fresh: Moment,
}

impl Home {
    /// A working day.
    #[must_use]
    pub fn sample() -> Self {
        let tile = |name: &str, value: &str, unit: &str, detail: &str| Tile {
            name: name.into(),
            value: value.into(),
            unit: unit.into(),
            detail: detail.into(),
            ..Tile::default()
        };
        Self {
            shell: Shell::sample("/"),
            notices: vec![Notice::new(Tone::Info, "今天正常受理", &["网上随时可以提交；周末和法定节假日不计入答复期限。"])],
            tiles: vec![
                tile("今天收到", "186", "件", "截至 10:30"),
                tile("正在办理", "2,417", "件", "其中今天到期 93 件"),
                tile("今天答复", "74", "件", "按时 73 件，超期 1 件"),
                tile("本月按时答复率", "96.4", "%", "1,071 / 1,111 件到期"),
            ],
            fresh: Moment::new("2026-05-06T10:30:00+08:00", "2026年5月6日 10:30"),
        }
    }
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    let elder = Home { shell: Shell { elder: true, ..Shell::sample("/") }, ..Home::sample() };
    let quiet = Home { notices: Vec::new(), ..Home::sample() };
    vec![
        ("citizen-home", crate::html(&Home::sample())),
        ("citizen-home-elder", crate::html(&elder)),
        ("citizen-home-quiet", crate::html(&quiet)),
    ]
}
