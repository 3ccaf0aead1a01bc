//! Marks and score sheets, computed anew from the events: none is counted twice, and what is final follows from its counts.

use std::collections::BTreeMap;

use domain::assessment::score::{self, BodyCounts};
use domain::assessment::{BodyState, Stage, YearState, body_stream, year_stream};
use domain::campaign::Campaign;
use domain::campaign::ballot::Batch;
use domain::card::CardState;
use domain::draw::DrawState;
use domain::escalation::Escalation;
use domain::events::Stored;
use domain::folded::Folded;
use domain::inspection::InspectionState;
use domain::investigation::Investigation;
use domain::mark::{Change, MarkKind};
use domain::matter::{MatterState, TaskState};
use domain::order::OrderState;
use domain::rectification::RectificationState;
use domain::rulebook::scheme::Source;
use domain::time::from_micros;
use event_log::Envelope;

use crate::office::Office;
use crate::world::at;

/// A mark that counts: unit, kind, code.
type Count = BTreeMap<(String, &'static str, String), u64>;

fn of_stream<S: Folded>(envelopes: &[&Envelope], counts: &mut Count) -> Option<S> {
    let (mut state, mut standing): (Option<S>, Vec<(String, MarkKind, String)>) = (None, Vec::new());
    for envelope in envelopes {
        let event = S::Event::from_slice(&envelope.kind, envelope.version, &envelope.data).unwrap();
        let occurred = from_micros(envelope.occurred_at);
        let before = state.clone();
        state = S::evolve(state, occurred, &event);
        for change in S::marks(before.as_ref(), occurred, &event, state.as_ref()?) {
            match change {
                Change::Add(mark) => standing.push((mark.unit.to_string(), mark.kind, mark.code)),
                Change::Revoke(kind) => standing.retain(|(_, of, _)| *of != kind),
            }
        }
    }
    for (unit, kind, code) in standing {
        *counts.entry((unit, kind.code(), code)).or_default() += 1;
    }
    state
}

/// All marks that stand after these events, and what is due of their streams.
fn fold(seed: u64, now: domain::time::Instant, events: &[Envelope]) -> Count {
    let mut streams: BTreeMap<&str, Vec<&Envelope>> = BTreeMap::new();
    for envelope in events {
        streams.entry(envelope.stream.as_str()).or_default().push(envelope);
    }
    let mut counts = Count::new();
    for (name, envelopes) in streams {
        macro_rules! kinds { ($($kind:ty),*) => {
            match name.split_once('-').map_or(name, |(kind, _)| kind) {
                $(kind if kind == <$kind>::KIND => {
                    let state = of_stream::<$kind>(&envelopes, &mut counts).unwrap();
                    assert!(state.next_at().is_none_or(|at| at > now), "seed {seed}: {name} was due at {:?}", state.next_at());
                })*
                _ => {}
            }
        }; }
        kinds!(
            OrderState,
            MatterState,
            TaskState,
            CardState,
            InspectionState,
            RectificationState,
            Investigation,
            YearState,
            BodyState,
            Escalation,
            Campaign,
            Batch,
            DrawState
        );
    }
    counts
}

/// The views count what the events say.
pub fn examine(office: &Office, events: &[Envelope]) -> usize {
    let seed = office.seed;
    let expected = fold(seed, office.now(), events);
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
        let marks = fold_at(&there);
        let mut sheets = Vec::new();
        for body in &state.bodies {
            let found: BodyState = office.look(&body_stream(*year, &body.unit)).await.unwrap();
            let draft = found.drafted.as_ref().unwrap_or_else(|| panic!("seed {seed}: {} has no draft", body.unit));
            assert_eq!(draft.cut_off, drafted.cut_off, "seed {seed}: a body drafted by another place in the log");
            for line in &draft.sheet.lines {
                let counts = match scheme.item(&line.item).and_then(|item| item.source()) {
                    Some(Source::Mark(MarkKind::Honour, Some(code))) => {
                        let own: Vec<&Envelope> = there.iter().filter(|event| event.stream == body_stream(*year, &body.unit)).collect();
                        of_stream::<BodyState>(&own, &mut Count::new()).map_or(0, |body| body.honours(code))
                    }
                    Some(Source::Mark(kind, None)) => {
                        let own = |unit: &str| body.counts.iter().any(|code| code.as_str() == unit);
                        let year = i64::from(*year);
                        marks.iter().filter(|(of, unit, mark)| *of == year && own(unit) && *mark == kind).count() as u64
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

/// Standing marks with the legal year in which they came, after these events.
fn fold_at(events: &[Envelope]) -> Vec<(i64, String, MarkKind)> {
    use chrono::Datelike;
    let mut streams: BTreeMap<&str, Vec<(i64, String, MarkKind)>> = BTreeMap::new();
    let mut by_stream: BTreeMap<&str, Vec<&Envelope>> = BTreeMap::new();
    for envelope in events {
        by_stream.entry(envelope.stream.as_str()).or_default().push(envelope);
    }
    fn follow<S: Folded>(envelopes: &[&Envelope]) -> Vec<(i64, String, MarkKind)> {
        let (mut state, mut standing): (Option<S>, Vec<(i64, String, MarkKind)>) = (None, Vec::new());
        for envelope in envelopes {
            let event = S::Event::from_slice(&envelope.kind, envelope.version, &envelope.data).unwrap();
            let occurred = from_micros(envelope.occurred_at);
            let before = state.clone();
            state = S::evolve(state, occurred, &event);
            let year = i64::from(domain::time::legal_day(occurred).year());
            for change in S::marks(before.as_ref(), occurred, &event, state.as_ref().unwrap()) {
                match change {
                    Change::Add(mark) => standing.push((year, mark.unit.to_string(), mark.kind)),
                    Change::Revoke(kind) => standing.retain(|(_, _, of)| *of != kind),
                }
            }
        }
        standing
    }
    for (name, envelopes) in by_stream {
        let standing = match name.split_once('-').map_or(name, |(kind, _)| kind) {
            "order" => follow::<OrderState>(&envelopes),
            "task" => follow::<TaskState>(&envelopes),
            "card" => follow::<CardState>(&envelopes),
            "inspection" => follow::<InspectionState>(&envelopes),
            "rectification" => follow::<RectificationState>(&envelopes),
            "investigation" => follow::<Investigation>(&envelopes),
            _ => continue,
        };
        streams.insert(name, standing);
    }
    streams.into_values().flatten().collect()
}
