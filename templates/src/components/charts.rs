//! Geometry of the charts. Figures come ready to print; this module only turns them into places on the drawing.

use serde::{Deserialize, Serialize};

use super::Tone;

/// A small line without axes, for tiles. Needs words, because the drawing has no labels.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sparkline {
    /// Title for screen readers.
    pub title: String,
    /// The values in one sentence.
    pub description: String,
    /// Points in a box of 100 × 28.
    pub points: String,
    /// Place of the last value.
    pub last_x: String,
    /// Place of the last value.
    pub last_y: String,
}

impl Sparkline {
    /// From the values in their order.
    #[must_use]
    pub fn new(title: &str, description: &str, values: &[f64]) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let span = if high > low { high - low } else { 1.0 };
        let step = 92.0 / (values.len().max(2) - 1) as f64;
        let at = |index: usize, value: f64| (4.0 + step * index as f64, 24.0 - 20.0 * (value - low) / span);
        let places: Vec<(f64, f64)> = values.iter().enumerate().map(|(index, value)| at(index, *value)).collect();
        let last = places.last().copied().unwrap_or((96.0, 14.0));
        Self { title: title.into(), description: description.into(), points: join(&places), last_x: number(last.0), last_y: number(last.1) }
    }
}

/// One bar of a [`BarChart`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Bar {
    /// Name.
    pub label: String,
    /// Figure as printed.
    pub value: String,
    /// Where the bar leads.
    pub href: Option<String>,
    /// Length, of 100.
    pub width: String,
}

/// Horizontal bars with a table twin.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct BarChart {
    /// Id, unique on the page.
    pub id: String,
    /// Title.
    pub title: String,
    /// The message in one sentence.
    pub description: String,
    /// Bars.
    pub bars: Vec<Bar>,
    /// Headings of the table twin.
    pub columns: Vec<String>,
    /// Rows of the table twin.
    pub table: Vec<Vec<String>>,
}

impl BarChart {
    /// Bars from (name, value, printed value, link). Values are not negative.
    #[must_use]
    pub fn new(id: &str, title: &str, description: &str, columns: [&str; 2], values: &[(&str, f64, &str, Option<&str>)]) -> Self {
        let high = values.iter().map(|(_, value, ..)| *value).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
        let bars = values.iter().map(|(label, value, printed, href)| Bar {
            label: (*label).into(),
            value: (*printed).into(),
            href: href.map(Into::into),
            width: number((100.0 * value / high).max(0.5)),
        });
        Self {
            id: id.into(),
            title: title.into(),
            description: description.into(),
            bars: bars.collect(),
            columns: columns.iter().map(|column| (*column).into()).collect(),
            table: values.iter().map(|(label, _, printed, _)| vec![(*label).into(), (*printed).into()]).collect(),
        }
    }
}

/// A band of a [`Bullet`].
#[derive(Debug, Clone, Default)]
pub struct Band {
    /// Start.
    pub x: String,
    /// Length.
    pub width: String,
}

/// A value against its target and the range of like units.
#[derive(Debug, Clone, Default)]
pub struct Bullet {
    /// Title for screen readers.
    pub title: String,
    /// Value, target and range in one sentence.
    pub description: String,
    /// Length of the bar, of 300.
    pub width: String,
    /// Place of the target.
    pub target_x: Option<String>,
    /// Range of like units.
    pub interval: Option<Band>,
}

impl Bullet {
    /// All values as shares of the full length (0 to 1); outside values are cut.
    #[must_use]
    pub fn new(title: &str, description: &str, value: f64, target: Option<f64>, peers: Option<(f64, f64)>) -> Self {
        let place = |share: f64| 300.0 * share.clamp(0.0, 1.0);
        Self {
            title: title.into(),
            description: description.into(),
            width: number(place(value)),
            target_x: target.map(|share| number((place(share) - 1.5).clamp(0.0, 297.0))),
            interval: peers.map(|(low, high)| Band { x: number(place(low)), width: number((place(high) - place(low)).max(0.0)) }),
        }
    }
}

/// A mark on an axis.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Mark {
    /// Place of the line.
    pub at: String,
    /// Base line of the words.
    pub text_at: String,
    /// Words.
    pub label: String,
}

/// A line of a [`LineChart`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Series {
    /// Name.
    pub name: String,
    /// Points.
    pub points: String,
    /// Dots: x, y, words.
    pub dots: Vec<(String, String, String)>,
}

/// A small line chart with up to three lines and a table twin.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LineChart {
    /// Id, unique on the page.
    pub id: String,
    /// Title.
    pub title: String,
    /// The message in one sentence.
    pub description: String,
    /// Horizontal lines with their values.
    pub grid: Vec<Mark>,
    /// Names along the bottom.
    pub labels: Vec<Mark>,
    /// Lines.
    pub series: Vec<Series>,
    /// Headings of the table twin.
    pub columns: Vec<String>,
    /// Rows of the table twin.
    pub table: Vec<Vec<String>>,
}

impl LineChart {
    /// Lines over the same labels; a missing value leaves a gap in dots and table. `low` and `high` bound the axis.
    /// `unit` is printed behind every figure (`%`, or empty).
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "a chart is read in one call; a builder would say less")]
    pub fn new(
        id: &str,
        title: &str,
        description: &str,
        labels: &[&str],
        series: &[(&str, Vec<Option<f64>>)],
        low: f64,
        high: f64,
        unit: &str,
    ) -> Self {
        let span = if high > low { high - low } else { 1.0 };
        let step = 276.0 / (labels.len().max(2) - 1) as f64;
        let x = |index: usize| 64.0 + step * index as f64;
        let y = |value: f64| 160.0 - 148.0 * ((value - low) / span).clamp(0.0, 1.0);
        let print = |value: f64| format!("{}{unit}", number(value));
        let grid = (0..=4).map(|quarter| {
            let value = low + span * f64::from(quarter) / 4.0;
            Mark { at: number(y(value)), text_at: number(y(value) + 4.0), label: print(value) }
        });
        // Twelve month names do not fit on a phone: show at most six, the last always.
        let every = labels.len().div_ceil(6).max(1);
        let shown = labels.iter().enumerate().filter(|(index, _)| (labels.len() - 1 - index).is_multiple_of(every));
        let lines = series.iter().map(|(name, values)| {
            let places: Vec<(f64, f64, String)> = values
                .iter()
                .enumerate()
                .filter_map(|(index, value)| {
                    let label = labels.get(index)?;
                    value.map(|value| (x(index), y(value), format!("{label} {name}：{}", print(value))))
                })
                .collect();
            Series {
                name: (*name).into(),
                points: join(&places.iter().map(|(x, y, _)| (*x, *y)).collect::<Vec<_>>()),
                dots: places.into_iter().map(|(x, y, text)| (number(x), number(y), text)).collect(),
            }
        });
        let table = labels.iter().enumerate().map(|(index, label)| {
            let cells = series.iter().map(|(_, values)| values.get(index).copied().flatten().map_or("—".into(), print));
            std::iter::once((*label).to_owned()).chain(cells).collect()
        });
        Self {
            id: id.into(),
            title: title.into(),
            description: description.into(),
            grid: grid.collect(),
            labels: shown.map(|(index, label)| Mark { at: number(x(index)), text_at: String::new(), label: (*label).into() }).collect(),
            series: lines.collect(),
            columns: std::iter::once("月份".to_owned()).chain(series.iter().map(|(name, _)| (*name).into())).collect(),
            table: table.collect(),
        }
    }
}

/// Direction of a figure against an earlier one, in words.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Change {
    /// For example `比上月高 1.2 个百分点`.
    pub text: String,
    /// Whether that is good.
    pub tone: Tone,
}

/// A figure of a scorecard.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Tile {
    /// Name of the indicator.
    pub name: String,
    /// Figure as printed.
    pub value: String,
    /// Unit, for example `%` or `件`.
    pub unit: String,
    /// Numerator and denominator in words.
    pub detail: String,
    /// Where the figure leads: the cases that made it.
    pub href: Option<String>,
    /// Against the last period.
    pub change: Option<Change>,
    /// Trend.
    pub spark: Option<Sparkline>,
    /// Small print: definition, too few samples.
    pub note: String,
    /// Colour of the edge.
    pub tone: Tone,
}

fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    if rounded.fract() == 0.0 { format!("{rounded:.0}") } else { format!("{rounded:.1}") }
}

fn join(places: &[(f64, f64)]) -> String {
    places.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_the_drawing_and_the_others_follow_in_proportion() {
        let chart = BarChart::new("b", "t", "d", ["名", "件"], &[("甲", 10.0, "10", None), ("乙", 5.0, "5", None)]);
        assert_eq!((chart.bars[0].width.as_str(), chart.bars[1].width.as_str()), ("100", "50"));
    }

    #[test]
    fn a_missing_value_is_a_gap_in_the_line_and_a_dash_in_the_table() {
        let values = vec![Some(90.0), None, Some(100.0)];
        let chart = LineChart::new("l", "t", "d", &["1月", "2月", "3月"], &[("率", values)], 80.0, 100.0, "%");
        assert_eq!(chart.series[0].dots.len(), 2);
        assert_eq!(chart.table[1], vec!["2月", "—"]);
        assert_eq!(chart.grid[4].label, "100%");
    }

    #[test]
    fn a_flat_or_empty_sparkline_is_drawn_without_a_division_by_zero() {
        assert_eq!(Sparkline::new("t", "d", &[3.0, 3.0]).points, "4,24 96,24");
        assert_eq!(Sparkline::new("t", "d", &[]).points, "");
    }

    #[test]
    fn a_bullet_outside_its_scale_is_cut_at_the_end() {
        let bullet = Bullet::new("t", "d", 1.4, Some(1.0), Some((0.2, 0.5)));
        assert_eq!((bullet.width.as_str(), bullet.target_x.as_deref()), ("300", Some("297")));
        assert_eq!(bullet.interval.unwrap().width, "90");
    }
}
