use super::*;
use crate::folded::fold;

fn unit(n: u32) -> UnitCode {
    UnitCode::parse(&format!("01{n:02}")).unwrap()
}

fn account(n: u128) -> AccountId {
    AccountId(Uuid::from_u128(n))
}

fn registers() -> Registers {
    Registers {
        strata: vec![
            Stratum { label: "重点".to_owned(), take: 2, units: (1..=4).map(unit).collect() },
            Stratum { label: "一般".to_owned(), take: 3, units: (10..=30).map(unit).collect() },
        ],
        inspectors: (1..=5).map(account).collect(),
        per_unit: 2,
        recusals: vec![(account(1), unit(1)), (account(2), unit(12))],
    }
}

fn given(covert: bool) -> DrawState {
    let events = commit(None, Uuid::from_u128(9), account(1), registers(), "5eed", covert).unwrap();
    fold::<DrawState>(events.iter().map(|event| (Instant::default(), event))).unwrap()
}

#[test]
fn the_same_registers_seed_and_word_draw_the_same_in_whatever_order_they_stand() {
    let mut turned = registers();
    turned.strata.iter_mut().for_each(|stratum| stratum.units.reverse());
    turned.inspectors.reverse();
    turned.inspectors.push(account(1));
    assert_eq!(
        (turned.clone().in_order().hash(), turned.in_order().draw("5eed", "8816")),
        (registers().hash(), registers().draw("5eed", "8816"))
    );
}

#[test]
fn another_word_draws_otherwise_and_each_stratum_gives_its_number() {
    let drawn = registers().draw("5eed", "8816");
    assert_ne!(drawn, registers().draw("5eed", "8817"));
    assert_eq!(drawn.iter().filter(|one| one.unit <= unit(4)).count(), 2);
    assert_eq!(drawn.len(), 5);
}

#[test]
fn two_inspectors_come_to_each_unit_and_nobody_who_is_recused() {
    for word in 0..200 {
        for one in registers().draw("5eed", &word.to_string()) {
            let different: BTreeSet<_> = one.inspectors.iter().collect();
            assert_eq!(different.len(), 2);
            assert!(one.inspectors.iter().all(|account| !registers().recusals.contains(&(*account, one.unit.clone()))));
        }
    }
}

#[test]
fn every_unit_of_a_stratum_is_drawn_about_as_often_as_every_other() {
    let mut counts = std::collections::BTreeMap::new();
    for word in 0..2_100 {
        for one in registers().draw("5eed", &word.to_string()).into_iter().filter(|one| one.unit >= unit(10)) {
            *counts.entry(one.unit).or_insert(0) += 1;
        }
    }
    // 2,100 draws of 3 out of 21: 300 each, standard deviation 16.
    assert!(counts.len() == 21 && counts.values().all(|n| (220..=380).contains(n)), "{counts:?}");
}

#[test]
fn the_seed_is_hidden_until_it_is_revealed_and_then_fits_what_was_committed() {
    let state = given(false);
    assert_eq!(state.committed.commitment, sha256_hex(b"5eed"));
    assert!(!serde_json::to_string(&state.committed.registers).unwrap().contains("5eed"));
    let events = reveal(&state, account(1), " 8816 ", false).unwrap();
    let [DrawEvent::Revealed(revealed)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(
        (revealed.seed.known().map(String::as_str), revealed.result.known().unwrap()),
        (Some("5eed"), &registers().draw("5eed", "8816"))
    );
}

#[test]
fn nobody_draws_twice() {
    let state = given(false);
    let events = reveal(&state, account(1), "8816", false).unwrap();
    let drawn = DrawState::evolve(Some(state), Instant::default(), &events[0]).unwrap();
    assert_eq!(reveal(&drawn, account(1), "9999", false), Ok(Vec::new()));
    assert_eq!(commit(Some(&drawn), Uuid::from_u128(9), account(1), registers(), "other", false), Err(Refusal::Exists));
}

#[test]
fn too_few_units_or_inspectors_and_a_word_of_blanks_are_refused() {
    let mut few = registers();
    few.strata[0].take = 5;
    assert!(
        matches!(commit(None, Uuid::nil(), account(1), few, "s", false), Err(Refusal::Fields(fields)) if fields[0].words.contains("重点"))
    );
    let recused = Registers { recusals: (1..=4).map(|n| (account(n), unit(2))).collect(), ..registers() };
    assert!(matches!(commit(None, Uuid::nil(), account(1), recused, "s", false), Err(Refusal::Fields(_))));
    for word in ["", "123", "12 34", "一二三四五六七八九十一二三四五六七八九十一"] {
        assert!(matches!(reveal(&given(false), account(1), word, false), Err(Refusal::Fields(_))), "{word:?}");
    }
}

#[test]
fn the_draw_of_a_covert_check_shows_neither_units_nor_seed_in_the_clear() {
    let state = given(true);
    let events = reveal(&state, account(1), "8816", true).unwrap();
    let json = serde_json::to_value(match &events[0] {
        DrawEvent::Revealed(revealed) => revealed,
        DrawEvent::Committed(_) => panic!("not revealed"),
    })
    .unwrap();
    assert!(json["seed"].get("covert").is_some() && json["result"].get("covert").is_some());
    assert!(serde_json::to_value(&state.committed).unwrap()["registers"].get("covert").is_some());
}
