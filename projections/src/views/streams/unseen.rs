//! What somebody may find nothing of: complaints about the efficiency of units, and reports of wrongdoing. Lists and counts
//! of duties leave it out alike.

use domain::duty::Holder;
use domain::ids::UnitCode;
use rusqlite::types::Value;

use crate::views::cases::flag;

/// What somebody may find nothing of among duties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unseen {
    /// Complaints about the efficiency of these units.
    pub investigations_of: Vec<UnitCode>,
    /// Except what this unit itself has to do about them: the own one of whoever answers for it.
    pub own: Option<UnitCode>,
    /// Everything about a report of wrongdoing.
    pub wrongdoing: bool,
}

impl Unseen {
    /// A condition on `duty d` and its two parameters, the first of which has the number `first`.
    pub(super) fn clause(&self, first: usize) -> (String, [Value; 2]) {
        let own = first + 1;
        let wrongdoing = i64::from(self.wrongdoing);
        let (wrong, secret) = (flag::WRONGDOING, flag::WRONGDOING | flag::CONFIDENTIAL);
        // Reports of wrongdoing and what is to be kept secret are with the unit in charge alone.
        let elsewhere = |unit: &str| format!("(d.holder LIKE 'unit:%' AND d.holder IS NOT 'unit:' || {unit})");
        // What an office holds is looked up only for those who may not know of reports: 今日 counts it twice.
        let may_be = format!("({wrongdoing} OR d.holder LIKE 'unit:%')");
        let sql = format!(
            "NOT (d.task >= 'investigation_' AND d.task < 'investigation`' AND d.holder IS NOT ?{own} AND EXISTS \
             (SELECT 1 FROM investigation i WHERE i.key = d.key AND i.unit IN (SELECT value FROM json_each(?{first})))) \
             AND NOT (d.task >= 'escalation_' AND d.task < 'escalation`' AND {may_be} AND EXISTS \
             (SELECT 1 FROM escalation_open e CROSS JOIN stream t USING (key) WHERE e.key = d.key AND e.wrongdoing = 1 \
             AND ({wrongdoing} OR {}))) \
             AND NOT (d.task >= 'card_' AND d.task < 'card`' AND {may_be} AND EXISTS \
             (SELECT 1 FROM card c CROSS JOIN case_row k INDEXED BY case_hidden ON k.id = c.case_id WHERE c.key = d.key \
             AND k.flags & {secret} <> 0 AND (({wrongdoing} AND k.flags & {wrong} <> 0) OR {}))) \
             AND NOT ({wrongdoing} AND d.task >= 'order_' AND d.task < 'order`' AND EXISTS \
             (SELECT 1 FROM order_row o CROSS JOIN case_row k INDEXED BY case_hidden ON k.id = o.case_id WHERE o.key = d.key \
             AND k.flags & {secret} <> 0 AND k.flags & {wrong} <> 0))",
            elsewhere("json_extract(t.state, '$.unit')"),
            elsewhere("k.unit"),
        );
        let codes: Vec<&str> = self.investigations_of.iter().map(UnitCode::as_str).collect();
        let hidden = serde_json::to_string(&codes).unwrap_or_default();
        (sql, [hidden.into(), self.own.clone().map_or(Value::Null, |unit| Holder::Unit(unit).name().into())])
    }
}
