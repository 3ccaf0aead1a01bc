//! The circular (通报) of a year's assessment: what it says, for the print page and the document alike.

use application::assessment::Scored;
use chrono::Datelike;
use domain::assessment::{BodyResult, Stage, score};
use domain::ratio::Ratio;
use domain::rulebook::scheme::{Grade, Group, Part};
use domain::time::{CHINA, Instant, legal_day};

/// A part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// 一、…
    Heading(String),
    /// A paragraph.
    Text(String),
}

/// A table with its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annex {
    /// Title.
    pub title: String,
    /// Names of the columns; the first holds names, the others figures or words.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
}

/// A circular.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circular {
    /// 发文机关标志, without 文件.
    pub organ: String,
    /// 发文字号.
    pub number: String,
    /// Title.
    pub title: String,
    /// 主送机关.
    pub to: String,
    /// Text.
    pub blocks: Vec<Block>,
    /// 成文日期.
    pub date: String,
    /// Annexes.
    pub annexes: Vec<Annex>,
    /// Scheme, its hash, the place in the log and the time.
    pub trace: String,
}

fn day(at: Instant) -> String {
    let day = legal_day(at);
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

const ORDER: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];

impl Circular {
    /// What the circular of a year says as it stands. The same place in the log gives the same words.
    #[must_use]
    pub fn of(scored: &Scored) -> Self {
        let (year, scheme) = (&scored.year, &scored.scheme);
        let dated =
            [year.published.as_ref().map(|one| one.0), year.finalised.as_ref().map(|one| one.0), year.drafted.as_ref().map(|one| one.0)];
        let at = dated.into_iter().flatten().next().unwrap_or(year.opened_at);
        let draft = if year.stage >= Stage::Finalised { "" } else { "（征求意见稿）" };
        let groups: Vec<&Group> = scheme.groups.iter().filter(|group| scored.results.iter().any(|one| one.group == group.code)).collect();
        let number = match &year.published {
            Some((_, published)) => published.number.clone(),
            None => format!("{}〔{}〕　号", scheme.circular.mark, legal_day(at).year()),
        };
        let mut blocks = vec![
            Block::Heading("一、考评情况".to_owned()),
            Block::Text(format!(
                "按照《{}》（{}），对 {} 个单位进行了 {} 年度绩效考评。考评分 {} 组，各组分别评定，组间不作比较。得分依据截至平台日志第 {} 条的记录计算。{}",
                scheme.title,
                scheme.reference(),
                scored.results.len(),
                year.year,
                groups.len(),
                scored.cut_off,
                objections(scored),
            )),
            Block::Heading("二、考评结果".to_owned()),
        ];
        for (index, group) in groups.iter().enumerate() {
            let order = ORDER.get(index).copied().unwrap_or("其他");
            blocks.push(Block::Text(format!("（{order}）{}。{}", group.label, grades(scored, group))));
        }
        blocks.push(Block::Heading("三、有关说明".to_owned()));
        blocks.push(Block::Text(format!(
            "得分按分数精确计算，只在列示时四舍五入保留 {} 位小数；没有样本的项目按方案规定处理。各等次内按单位代码排列，不分先后。各单位每一项得分的计数和依据的记录，可以在平台的得分明细中逐项查看。",
            scheme.places()
        )));
        let annexes = groups.iter().map(|group| annex(scored, group)).collect();
        let made = at.with_timezone(&CHINA).format("%Y-%m-%d %H:%M:%S");
        Self {
            organ: scheme.circular.organ.clone(),
            number,
            title: format!("关于 {} 年度绩效考评结果的通报{draft}", year.year),
            to: scheme.circular.to.clone(),
            blocks,
            date: day(at),
            annexes,
            trace: format!("考评方案 {}，SHA-256 {}；平台日志第 {} 条；{made}", scheme.reference(), year.hash, scored.cut_off),
        }
    }
}

fn objections(scored: &Scored) -> String {
    match &scored.year.finalised {
        Some((_, finalised)) if finalised.changed + finalised.kept > 0 => {
            format!(
                "征求意见期间收到异议 {} 项，经裁定更正 {} 项、维持 {} 项。",
                finalised.changed + finalised.kept,
                finalised.changed,
                finalised.kept
            )
        }
        Some(_) => "征求意见期间没有单位提出异议。".to_owned(),
        None => String::new(),
    }
}

fn members<'s>(scored: &'s Scored, group: &'s Group) -> impl Iterator<Item = &'s BodyResult> {
    scored.results.iter().filter(|result| result.group == group.code)
}

fn name<'s>(scored: &'s Scored, result: &'s BodyResult) -> &'s str {
    scored.year.body(&result.unit).map_or(result.unit.as_str(), |body| body.name.as_str())
}

fn grades(scored: &Scored, group: &Group) -> String {
    let mut words = Vec::new();
    for grade in Grade::ALL {
        let names: Vec<&str> = members(scored, group).filter(|result| result.grade == grade).map(|result| name(scored, result)).collect();
        if !names.is_empty() {
            words.push(format!("{}（{} 个）：{}", grade.label(), names.len(), names.join("、")));
        }
    }
    format!("{}。", words.join("；"))
}

fn annex(scored: &Scored, group: &Group) -> Annex {
    let places = scored.scheme.places();
    let shown = |ratio: Ratio| ratio.fixed(places);
    let row = |result: &BodyResult| {
        let mut cells = vec![name(scored, result).to_owned()];
        cells.extend(Part::ALL.map(|part| shown(score::part_sum(&scored.scheme, &result.lines, part))));
        cells.push(result.total.map_or_else(|| "—".to_owned(), shown));
        cells.push(result.grade.label().to_owned());
        cells
    };
    let mut columns = vec!["单位".to_owned()];
    columns.extend(Part::ALL.map(|part| part.label().to_owned()));
    columns.extend(["总分".to_owned(), "等次".to_owned()]);
    Annex {
        title: format!("{} 年度绩效考评得分（{}，满分 {}）", scored.year.year, group.label, scored.scheme.full(&group.code).short()),
        columns,
        rows: members(scored, group).map(row).collect(),
    }
}
