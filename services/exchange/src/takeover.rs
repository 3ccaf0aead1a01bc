//! A row in the words of the domain: the command that takes it over.

use domain::case::command::{Asserted, TakeOver};
use domain::case::event::{Demand, Petitioner};

use crate::row::{ImportRow, Refusal};

/// Makes the command for a row. `source` is the mapping's, `number` the public number for a case that is new; the case
/// itself is `CaseId::of_external(source, &row.external_id)`.
///
/// An answer of which only the day is known counts from the beginning of that day, never before the filing: every
/// limit that ends with a day is judged the same by any hour of it.
///
/// # Errors
/// [`Refusal`] when neither the source nor the mapping gives a class or a channel, which a case must have.
pub fn take_over(row: &ImportRow, source: &str, number: String) -> Result<TakeOver, Refusal> {
    let missing = |what: &str, key: &str| Refusal {
        line: row.line,
        column: String::new(),
        reason: format!("没有{what}。请补填，或在映射的[{key}]中写明when_empty或constant"),
        value: String::new(),
    };
    let place = [&row.place.district, &row.place.street, &row.place.community].into_iter().flatten().map(String::as_str).collect();
    // A source without words still needs a line to tell its tickets apart: the matter, which it does tell.
    let title = row.title.clone().or_else(|| row.words.is_none().then(|| matter(&row.category)));
    Ok(TakeOver {
        number,
        source: source.to_owned(),
        external_id: row.external_id.clone(),
        fingerprint: row.fingerprint.iter().map(|byte| format!("{byte:02x}")).collect(),
        filed_at: row.filed_at.at,
        class: row.class.clone().ok_or_else(|| missing("诉求类型", "class"))?,
        channel: row.channel.clone().ok_or_else(|| missing("来源渠道", "channel"))?,
        division: row.place.code.clone().unwrap_or_default(),
        category: row.category.clone(),
        demand: Demand { title: title.unwrap_or_default(), words: row.words.clone().unwrap_or_default(), wish: String::new(), place },
        petitioner: row.petitioner.clone().map(|name| Petitioner { name, ..Petitioner::default() }),
        unit: row.unit.as_ref().map(|unit| (unit.code.clone(), unit.level)),
        answer: row.answer.clone().map(|answer| (answer, row.answered_at.map(|answered| answered.at.max(row.filed_at.at)))),
        asserted: row
            .asserted
            .iter()
            .map(|outcome| Asserted { measure: outcome.measure, value: outcome.value, provenance: outcome.column.clone() })
            .collect(),
    })
}

/// The path of the matter without repetitions.
fn matter(category: &[String]) -> String {
    let mut parts: Vec<&str> = category.iter().map(String::as_str).collect();
    parts.dedup();
    parts.join("／")
}

#[cfg(test)]
mod tests {
    use domain::ids::UnitCode;
    use domain::rulebook::Measure;
    use domain::unit::Level;

    use super::*;
    use crate::normalise::{Epoch, moment};
    use crate::row::{AssertedOutcome, Place, Unit};

    fn row() -> ImportRow {
        ImportRow {
            line: 2,
            external_id: "A1".into(),
            filed_at: moment("2024-03-05 09:00", Epoch::From1900).unwrap(),
            class: Some("complaint".into()),
            channel: Some("phone".into()),
            category: vec!["市容".into(), "市容".into(), "路灯".into()],
            place: Place {
                district: Some("坪山区".into()),
                street: Some("龙田街道".into()),
                community: None,
                code: Some("440310006".into()),
            },
            unit: Some(Unit { code: UnitCode::parse("u1").unwrap(), name: "城管局".into(), level: Level::County }),
            title: None,
            words: None,
            petitioner: Some("A000".into()),
            answer: Some("已修".into()),
            answered_at: Some(moment("2024-03-05", Epoch::From1900).unwrap()),
            asserted: vec![AssertedOutcome { measure: Measure::Answered, value: true, column: "按期".into() }],
            fingerprint: [0xab; 32],
        }
    }

    #[test]
    fn every_field_of_the_row_reaches_the_command() {
        let command = take_over(&row(), "city", "N1".into()).unwrap();
        assert_eq!(command.fingerprint, "ab".repeat(32));
        assert_eq!((command.division.as_str(), command.demand.place.as_str()), ("440310006", "坪山区龙田街道"));
        assert_eq!(command.demand.title, "市容／路灯");
        assert_eq!(command.unit, Some((UnitCode::parse("u1").unwrap(), Level::County)));
        assert_eq!(command.asserted, [Asserted { measure: Measure::Answered, value: true, provenance: "按期".into() }]);
        assert_eq!(command.petitioner.unwrap().name, "A000");
    }

    #[test]
    fn an_answer_known_by_its_day_is_not_before_the_demand() {
        let command = take_over(&row(), "city", "N1".into()).unwrap();
        assert_eq!(command.answer, Some(("已修".into(), Some(row().filed_at.at))));
    }

    #[test]
    fn a_title_is_not_made_for_a_row_that_has_words() {
        let command = take_over(&ImportRow { words: Some("灯不亮".into()), ..row() }, "city", "N1".into()).unwrap();
        assert_eq!((command.demand.title.as_str(), command.demand.words.as_str()), ("", "灯不亮"));
    }

    #[test]
    fn a_row_without_a_class_is_refused_and_none_is_made_up() {
        let refusal = take_over(&ImportRow { class: None, ..row() }, "city", "N1".into()).unwrap_err();
        assert!(refusal.reason.contains("when_empty"));
        assert!(take_over(&ImportRow { channel: None, ..row() }, "city", "N1".into()).is_err());
    }
}
