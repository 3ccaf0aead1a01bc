//! Marks and score sheets, computed anew from the events: none is counted twice, and what is final follows from its counts.

use std::collections::BTreeMap;

use chrono::Datelike;
use domain::assessment::score::{self, BodyCounts};
use domain::assessment::{BodyState, Stage, YearState, body_stream, year_stream};
use domain::folded::Folded;
use domain::mark::{Change, MarkKind};
use domain::rulebook::scheme::Source;
use domain::time::{Instant, from_micros, legal_day};
use event_log::Envelope;

use crate::office::Office;
use crate::supervised::{Reader, read, state_of};
use crate::world::at;

/// A mark that counts: unit, kind, code.
type Count = BTreeMap<(String, &'static str, String), u64>;

/// A mark that stands: legal year, unit, kind, code.
type Standing = (i64, String, MarkKind, String);

#[derive(Default)]
struct Marks {
    /// Of the stream that is being read.
    standing: Vec<Standing>,
    all: Vec<Standing>,
    /// When the clock has to look at a stream next.
    next: Vec<(String, Instant)>,
}

impl Reader for Marks {
    fn step<S: Folded>(&mut self, envelope: &Envelope, event: &S::Event, before: Option<&S>, after: &S) {
        let occurred = from_micros(envelope.occurred_at);
        for change in S::marks(before, occurred, event, after) {
            match change {
                Change::Add(mark) => {
                    let year = i64::from(legal_day(occurred).year());
                    self.standing.push((year, mark.unit.to_string(), mark.kind, mark.code));
                }
                Change::Revoke(kind) => self.standing.retain(|(_, _, of, _)| *of != kind),
            }
        }
    }

    fn end<S: Folded>(&mut self, stream: &str, state: &S) {
        self.all.append(&mut self.standing);
        self.next.extend(state.next_at().map(|at| (stream.to_owned(), at)));
    }
}

/// All marks that stand after these events, and when their streams are due.
fn fold(events: &[Envelope]) -> Marks {
    let mut marks = Marks::default();
    read(events, &mut marks);
    marks
}

/// The views count what the events say.
pub fn examine(office: &Office, events: &[Envelope]) -> usize {
    let seed = office.seed;
    let marks = fold(events);
    for (stream, at) in marks.next {
        assert!(at > office.now(), "seed {seed}: {stream} was due at {at}");
    }
    let mut expected = Count::new();
    for (_, unit, kind, code) in marks.all {
        *expected.entry((unit, kind.code(), code)).or_default() += 1;
    }
    let views = office.node(0).application.projections.views();
    let counted = views.mark_counts(at("2020-01-01T00:00:00"), at("2100-01-01T00:00:00"), u64::MAX).unwrap();
    let counted: Count = counted.into_iter().map(|(unit, kind, code, n)| ((unit.to_string(), kind.code(), code), n)).collect();
    assert_eq!(counted, expected, "seed {seed}: the views count other marks than the events");
    expected.values().sum::<u64>() as usize
}

/// Every sheet follows from its counts, and the counts of a draft from what stood in the log at its place. Answers how many
/// sheets are final.
pub async fn examine_years(office: &Office, events: &[Envelope]) -> usize {
    let (seed, mut finals) = (office.seed, 0);
    for year in &office.years {
        let state: YearState = office.look(&year_stream(*year)).await.unwrap();
        let scheme = state.scheme().unwrap();
        let Some((_, drafted)) = &state.drafted else { continue };
        let there: Vec<Envelope> = events.iter().filter(|event| event.seq <= drafted.cut_off).cloned().collect();
        let marks = fold(&there).all;
        let mut sheets = Vec::new();
        for body in &state.bodies {
            let found: BodyState = office.look(&body_stream(*year, &body.unit)).await.unwrap();
            let draft = found.drafted.as_ref().unwrap_or_else(|| panic!("seed {seed}: {} has no draft", body.unit));
            assert_eq!(draft.cut_off, drafted.cut_off, "seed {seed}: a body drafted by another place in the log");
            for line in &draft.sheet.lines {
                let counts = match scheme.item(&line.item).and_then(|item| item.source()) {
                    Some(Source::Mark(MarkKind::Honour, Some(code))) => {
                        state_of::<BodyState>(&there, &body_stream(*year, &body.unit)).map_or(0, |body| body.honours(code))
                    }
                    Some(Source::Mark(kind, None)) => {
                        let own = |unit: &str| body.counts.iter().any(|code| code.as_str() == unit);
                        let year = i64::from(*year);
                        marks.iter().filter(|(of, unit, mark, _)| *of == year && own(unit) && *mark == kind).count() as u64
                    }
                    _ => continue,
                };
                assert_eq!(line.counts.numerator, counts, "seed {seed}: {year} {} {}", body.unit, line.item);
            }
            finals += usize::from(found.finalised_at.is_some());
            sheets.push((found.sheet.clone().unwrap(), found.finalised_at.is_some()));
        }
        let counts: Vec<BodyCounts> = sheets
            .iter()
            .map(|(sheet, _)| BodyCounts {
                unit: sheet.unit.clone(),
                group: sheet.group.clone(),
                items: sheet.lines.iter().map(|line| (line.item.clone(), line.counts)).collect(),
            })
            .collect();
        for (result, (sheet, ended)) in score::score(&scheme, &counts).unwrap().iter().zip(&sheets).filter(|(_, (_, ended))| *ended) {
            assert!(*ended && state.stage >= Stage::Finalised, "seed {seed}");
            assert_eq!(
                (&result.lines, result.total, result.grade),
                (&sheet.lines, sheet.total, sheet.grade),
                "seed {seed}: {}",
                sheet.unit
            );
        }
    }
    finals
}
