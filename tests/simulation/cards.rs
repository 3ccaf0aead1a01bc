//! What must hold of cards in every log, whatever happened: each ground once, at its instant, and none without a ground.

use std::collections::BTreeMap;

use domain::card::trigger::{TOO_OLD, triggers};
use domain::card::{CardEvent, CardStage, CardState};
use domain::case::CaseState;
use domain::event::Event;
use domain::folded::Folded;
use domain::ids::{CardId, CaseId};
use domain::time::from_micros;
use event_log::Envelope;

use crate::world::World;

/// Examines the cards of a world that has come to rest; how many were called for, and how many taken back.
pub fn examine<'a>(world: &World, cases: impl Iterator<Item = (CaseId, &'a CaseState)>, events: &[Envelope]) -> (usize, usize) {
    let (seed, now) = (world.seed, world.now());
    let (mut called, mut taken_back) = (0, 0);
    let mut cards: BTreeMap<String, CardState> = BTreeMap::new();
    for envelope in events {
        let Ok(Event::Card(event)) = Event::from_slice(&envelope.kind, envelope.version, &envelope.data) else { continue };
        let name = format!("seed {seed}: {} of {}", envelope.kind, envelope.stream);
        let before = cards.remove(&envelope.stream);
        let at = from_micros(envelope.occurred_at);
        match (&event, &before) {
            (CardEvent::Triggered(e), before) => {
                assert!(before.as_ref().is_none_or(|card| card.stage == CardStage::Withdrawn), "{name} stands twice");
                assert!(at >= e.due || e.rule == domain::card::Rule::RedOnRehandling, "{name} comes before the limit was broken");
                assert!(!e.evidence.is_empty(), "{name} shows nothing");
                assert_eq!(envelope.actor, "automation:cards", "{name}");
                called += 1;
            }
            (CardEvent::Withdrawn(_), Some(card)) => {
                assert!(card.stage.is_live(), "{name} stands twice");
                taken_back += 1;
            }
            (_, Some(_)) => {}
            (event, None) => panic!("{name}: {event:?} of a card that nobody triggered"),
        }
        cards.insert(envelope.stream.clone(), CardState::evolve(before, at, &event).unwrap());
    }
    let reference = world.node(0).application.reference();
    let rules = |name: &str| reference.rulebooks.by_reference(name).map(|rules| rules.cards.clone());
    let calendar = |version: &str| reference.calendars.by_version(version).unwrap_or_else(|| reference.calendar());
    let mut grounds: BTreeMap<String, CardId> = BTreeMap::new();
    for (id, case) in cases {
        for ground in triggers(case, rules, calendar) {
            let card = ground.card(id);
            grounds.insert(card.stream(), card);
            let found = cards.get(&card.stream()).filter(|card| card.stage != CardStage::Withdrawn);
            // What came in the last week cannot have been too old when it was found.
            if ground.at <= now && now - ground.at <= TOO_OLD {
                assert!(found.is_some(), "seed {seed}: no card for {ground:?} of {}", id.stream());
            }
            if let Some(card) = found {
                assert_eq!((card.triggered_at, &card.unit, card.case), (ground.at, &ground.unit, id), "seed {seed}");
            }
        }
    }
    for (stream, card) in cards.iter().filter(|(_, card)| card.stage.is_live()) {
        assert!(grounds.contains_key(stream), "seed {seed}: {stream} has lost its ground: {card:?}");
    }
    (called, taken_back)
}
