//! A line in words with the numbers put in: the number follows from what stands on the page (invariant 10).

use super::score::{Basis, Line, part_sum, percent};
use crate::ratio::Ratio;
use crate::rulebook::scheme::{Function, Item, Part, Scheme};

/// How the score of a line comes about.
pub fn line(item: &Item, line: &Line, places: u32) -> String {
    let shown = |ratio: Ratio| ratio.fixed(places);
    let full = item.full().short();
    let Some(score) = line.score else {
        return match line.basis {
            Basis::Missing => format!("满分 {full}，尚未评定，暂不计这一项"),
            _ => format!("满分 {full}，{}，不计这一项，其余各项折算", few(item, line)),
        };
    };
    let rate = |numerator: u64, denominator: u64, words: &str| {
        let Ok(rate) = percent(numerator, denominator) else { return String::new() };
        let formula = match item.function {
            Function::Linear => format!("{full} − {} ×（{} − {}），差额不足 0 按 0", item.k().short(), item.target().short(), shown(rate)),
            Function::Inverse => format!("{full} − {} ×（{} − {}），差额不足 0 按 0", item.k().short(), shown(rate), item.target().short()),
            _ => format!("达到第 {} 档", band(item, rate)),
        };
        let floor = if item.floor() > Ratio::ZERO { format!("，最低 {}", item.floor().short()) } else { String::new() };
        format!("{words}比率 {numerator} ÷ {denominator} ＝ {}%；{formula}{floor}，得 {}", shown(rate), shown(score))
    };
    match (line.basis, item.function) {
        (Basis::Full, _) => format!("{}，按满分 {full} 计", few(item, line)),
        (Basis::Group { numerator, denominator }, _) => rate(numerator, denominator, &format!("{}，按本组合计的", few(item, line))),
        (_, Function::Linear | Function::Inverse | Function::Bands) => rate(line.counts.numerator, line.counts.denominator, ""),
        (_, Function::Count) => {
            let (n, per) = (line.counts.numerator, item.per().short());
            match item.part {
                Part::Bonus => format!("{n} 项，每项加 {per} 分，最多 {full} 分，得 {}", shown(score)),
                Part::Verification => format!("{n} 次，每次扣 {per} 分，最多扣 {full} 分，得 {}", shown(score)),
                Part::Indicators | Part::Review => format!("满分 {full}，{n} 件，每件扣 {per} 分，得 {}", shown(score)),
            }
        }
        (_, Function::Manual) => format!("满分 {full}，评定得 {}", shown(score)),
    }
}

fn few(item: &Item, line: &Line) -> String {
    if line.counts.denominator == 0 {
        "没有样本".to_owned()
    } else {
        format!("样本 {} 件，不足 {} 件", line.counts.denominator, item.min_samples)
    }
}

fn band(item: &Item, rate: Ratio) -> usize {
    let bands = item.bands();
    bands.iter().position(|(at_least, _)| rate >= *at_least).unwrap_or(bands.len()) + 1
}

/// How the total comes about.
pub fn total(scheme: &Scheme, group: &str, lines: &[Line], total: Option<Ratio>) -> String {
    let sum = |part: Part| part_sum(scheme, lines, part);
    let places = scheme.places();
    let Some(total) = total else { return "没有一项可以计算，不参加评定".to_owned() };
    let base: Vec<&Line> = lines.iter().filter(|line| scheme.item(&line.item).is_some_and(|item| item.part.is_base())).collect();
    let counted = base.iter().filter(|line| line.score.is_some()).filter_map(|line| scheme.item(&line.item));
    let counted = counted.fold(Ratio::ZERO, |sum, item| sum.plus(item.full()).unwrap_or(sum));
    let full = scheme.full(group);
    let earned = sum(Part::Indicators).plus(sum(Part::Review)).unwrap_or(Ratio::ZERO);
    let mut words = format!("指标考核和工作评议 {}", earned.fixed(places));
    if counted != full {
        words.push_str(&format!("（计分项满分 {}，折算到 {}：×{}÷{}）", counted.short(), full.short(), full.short(), counted.short()));
    }
    for part in [Part::Bonus, Part::Verification] {
        let cap = scheme.cap(part).unwrap_or(Ratio::ZERO);
        let sum = sum(part);
        let limited = sum.clamp(cap.negated(), cap);
        let sign = if part == Part::Bonus { "＋" } else { "−" };
        let magnitude = if limited < Ratio::ZERO { limited.negated() } else { limited };
        let capped = if limited == sum { String::new() } else { format!("（已到上限 {}）", cap.short()) };
        words.push_str(&format!(" {sign} {} {}{capped}", part.label(), magnitude.fixed(places)));
    }
    format!("{words} ＝ {}", total.fixed(places))
}
