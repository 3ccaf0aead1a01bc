//! Duties and marks as overviews ask for them: of several holders at once, of everybody, of one unit with its streams.

use domain::duty::Holder;
use domain::ids::{CaseId, UnitCode};
use domain::mark::MarkKind;
use domain::time::{Instant, from_micros, micros};
use rusqlite::params;
use rusqlite::types::Value;
use uuid::Uuid;

use super::write::NEVER;
use super::{DutyRow, MarkRow, NamedDuty, NamedMark, Unseen};
use crate::page::SortValue;
use crate::{At, Page, PageKey, ViewError, Views};

/// The place of a duty in a list: due, key of the stream, task.
type Place = (i64, i64, String);

fn page_key(place: &Place) -> PageKey {
    PageKey { value: SortValue::Text(format!("{}:{}", place.0, place.2)), key: place.1 }
}

fn place(key: &PageKey) -> Result<Place, ViewError> {
    let SortValue::Text(text) = &key.value else { return Err(ViewError::Row("page key")) };
    let (due, task) = text.split_once(':').ok_or(ViewError::Row("page key"))?;
    Ok((due.parse().map_err(|_| ViewError::Row("page key"))?, key.key, task.to_owned()))
}

impl Views {
    /// A page of the duties of several holders together, due first; a duty that two of them share stands once.
    /// `task` limits them to one task; what is unseen is left out.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn duties_of(
        &self,
        holders: &[Holder],
        unseen: &Unseen,
        task: Option<&str>,
        at: &At,
        limit: usize,
    ) -> Result<Page<NamedDuty>, ViewError> {
        let (order, beyond) = if matches!(at, At::Before(_)) { ("DESC", "<") } else { ("ASC", ">") };
        let (from, clause) = match at {
            At::First => (None, String::new()),
            At::After(key) | At::Before(key) => (Some(place(key)?), format!("AND (d.due_at, d.key, d.task) {beyond} (?6, ?7, ?8)")),
        };
        let (seen, hidden) = unseen.clause(4);
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!(
            "SELECT d.due_at, d.key, d.task, s.name, d.since, s.year, s.ordinal FROM duty d JOIN stream s USING (key) \
             WHERE d.holder = ?1 AND (?2 IS NULL OR d.task = ?2) AND {seen} {clause} \
             ORDER BY d.due_at {order}, d.key {order}, d.task {order} LIMIT ?3"
        ))?;
        let mut all: Vec<(Place, NamedDuty)> = Vec::new();
        for holder in holders {
            let mut values: Vec<Value> =
                vec![holder.name().into(), task.map_or(Value::Null, |task| task.to_owned().into()), (limit as i64 + 1).into()];
            values.extend(hidden.clone());
            if let Some((due, key, task)) = &from {
                values.extend([(*due).into(), (*key).into(), task.clone().into()]);
            }
            let mut rows = statement.query(rusqlite::params_from_iter(values))?;
            while let Some(row) = rows.next()? {
                let (due, key, task): Place = (row.get(0)?, row.get(1)?, row.get(2)?);
                let duty = DutyRow {
                    stream: row.get(3)?,
                    task: task.clone(),
                    since: from_micros(row.get(4)?),
                    due: (due != NEVER).then(|| from_micros(due)),
                };
                all.push(((due, key, task), NamedDuty { duty, year: row.get(5)?, ordinal: row.get(6)? }));
            }
        }
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all.dedup_by(|(a, _), (b, _)| a == b);
        if order == "DESC" {
            all.reverse();
        }
        all.truncate(limit + 1);
        Ok(Page::of(all.into_iter().map(|(place, duty)| (page_key(&place), duty)).collect(), limit, at))
    }

    /// How many duties of each task several holders have together, and how many of them are late: `(task, all, late)`.
    /// A duty that two of them share counts once; what is unseen does not count.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn duty_counts_of(&self, holders: &[Holder], unseen: &Unseen, now: Instant) -> Result<Vec<(String, u64, u64)>, ViewError> {
        let (seen, [units, own]) = unseen.clause(2);
        let mut values: Vec<Value> = vec![micros(now).into(), units, own];
        values.extend(holders.iter().map(|holder| Value::from(holder.name())));
        let marks: Vec<String> = (4..=values.len()).map(|at| format!("?{at}")).collect();
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(&format!(
            "SELECT task, count(*), count(*) FILTER (WHERE due_at <= ?1) FROM (SELECT DISTINCT task, due_at, key FROM duty d \
             WHERE holder IN ({}) AND {seen}) GROUP BY task ORDER BY task",
            marks.join(",")
        ))?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs(), row.get::<_, i64>(2)?.unsigned_abs()))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many duties of these tasks there are, whoever holds them, and how many are late. Whoever asks names tasks that
    /// everybody who sees the answer may know of; a duty of several holders counts once.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn task_counts(&self, tasks: &[&str], now: Instant) -> Result<Vec<(u64, u64)>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(
            "SELECT count(*), count(*) FILTER (WHERE due_at <= ?2) FROM (SELECT DISTINCT due_at, key FROM duty WHERE task = ?1)",
        )?;
        let count = |task: &&str| {
            statement.query_row(params![task, micros(now)], |row| {
                Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?.unsigned_abs()))
            })
        };
        Ok(tasks.iter().map(count).collect::<Result<_, _>>()?)
    }

    /// How many standing marks of a kind all units have from `from` to before `to`.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn marks_of_kind(&self, kind: MarkKind, from: Instant, to: Instant) -> Result<u64, ViewError> {
        let connection = self.views()?;
        let mut statement =
            connection.prepare_cached("SELECT count(*) FROM mark WHERE kind = ?1 AND at >= ?2 AND at < ?3 AND revoked_seq IS NULL")?;
        let n: i64 = statement.query_row(params![kind.code(), micros(from), micros(to)], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }

    /// The marks of a unit from `from` to before `to`, latest first, each with the number of its stream and with the case
    /// that its stream is about (a state names it `case`, first in `cases`, or in its `ground`).
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn named_marks(&self, unit: &UnitCode, from: Instant, to: Instant, limit: usize) -> Result<Vec<NamedMark>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(
            "SELECT m.seq, s.name, m.kind, m.code, m.at, m.revoked_seq, s.year, s.ordinal, coalesce(json_extract(s.state, '$.case'), json_extract(s.state, '$.cases[0]'), \
             json_extract(s.state, '$.ground.case.case'), json_extract(s.state, '$.ground.card.case')) \
             FROM mark m INDEXED BY mark_unit_at CROSS JOIN stream s USING (key) WHERE m.unit = ?1 AND m.at >= ?2 AND m.at < ?3 \
             ORDER BY m.at DESC, m.seq DESC, m.ord DESC LIMIT ?4",
        )?;
        let mut rows = statement.query(params![unit.as_str(), micros(from), micros(to), limit as i64])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let mark = MarkRow {
                seq: row.get::<_, i64>(0)?.unsigned_abs(),
                stream: row.get(1)?,
                unit: unit.clone(),
                kind: MarkKind::of_code(row.get_ref(2)?.as_str().unwrap_or_default()).ok_or(ViewError::Row("mark"))?,
                code: row.get(3)?,
                at: from_micros(row.get(4)?),
                revoked: row.get::<_, Option<i64>>(5)?.map(i64::unsigned_abs),
            };
            let case = row.get_ref(8)?.as_str().ok().and_then(|id| Uuid::try_parse(id).ok()).map(CaseId);
            all.push(NamedMark { mark, year: row.get(6)?, ordinal: row.get(7)?, case });
        }
        Ok(all)
    }

    /// How many marks of each kind a unit has from `from` to before `to`: those that stand, and those that were taken back.
    /// Reads one stretch of an index, whatever the number of its streams.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn mark_sums(&self, unit: &UnitCode, from: Instant, to: Instant) -> Result<Vec<(MarkKind, u64, u64)>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(
            "SELECT kind, count(*) FILTER (WHERE revoked_seq IS NULL), count(revoked_seq) FROM mark INDEXED BY mark_unit \
             WHERE unit = ?1 AND at >= ?2 AND at < ?3 GROUP BY kind ORDER BY kind",
        )?;
        let mut rows = statement.query(params![unit.as_str(), micros(from), micros(to)])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let kind = MarkKind::of_code(row.get_ref(0)?.as_str().unwrap_or_default()).ok_or(ViewError::Row("mark"))?;
            all.push((kind, row.get::<_, i64>(1)?.unsigned_abs(), row.get::<_, i64>(2)?.unsigned_abs()));
        }
        Ok(all)
    }

    /// How many standing marks of each kind some units have from `from` to before `to`, for a page of a list of units.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn mark_counts_of(&self, units: &[UnitCode], from: Instant, to: Instant) -> Result<Vec<(UnitCode, MarkKind, u64)>, ViewError> {
        let connection = self.views()?;
        let mut statement = connection.prepare_cached(
            "SELECT kind, count(*) FROM mark WHERE unit = ?1 AND at >= ?2 AND at < ?3 AND revoked_seq IS NULL GROUP BY kind ORDER BY kind",
        )?;
        let mut all = Vec::new();
        for unit in units {
            let mut rows = statement.query(params![unit.as_str(), micros(from), micros(to)])?;
            while let Some(row) = rows.next()? {
                let kind = MarkKind::of_code(row.get_ref(0)?.as_str().unwrap_or_default()).ok_or(ViewError::Row("mark"))?;
                all.push((unit.clone(), kind, row.get::<_, i64>(1)?.unsigned_abs()));
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    //! Over rows made by hand: what writes them is tested where streams are folded.

    use domain::account::Role;

    use super::*;
    use crate::files::FileKind;

    fn unit(code: &str) -> UnitCode {
        UnitCode::parse(code).unwrap()
    }

    fn views(dir: &std::path::Path, rows: &str) -> Views {
        for kind in [FileKind::Views, FileKind::Scores, FileKind::Search] {
            let connection = kind.open(dir).unwrap();
            if kind == FileKind::Views {
                connection.execute_batch(rows).unwrap();
            }
        }
        Views::open(dir).unwrap()
    }

    const STREAMS: &str = "INSERT INTO stream (key, name, kind, year, ordinal, revision, seq, state) VALUES
        (1, 'card-a', 'card', 2026, 1, 1, 1, '{\"case\":\"00000000-0000-0000-0000-000000000007\"}'),
        (2, 'card-b', 'card', 2026, 2, 1, 2, '{}'), (3, 'order-c', 'order', 2026, 1, 1, 3, '{}');";

    #[test]
    fn duties_of_several_holders_are_one_list_due_first_and_its_pages_have_no_gap() {
        let dir = tempfile::tempdir().unwrap();
        let rows = "INSERT INTO duty (holder, due_at, key, task, since) VALUES
            ('unit:0101', 50, 3, 'order_feedback', 1), ('unit:0101', 20, 1, 'card_object', 1),
            ('role:head', 20, 1, 'card_object', 1), ('role:head', 30, 2, 'a', 1), ('role:head', 30, 2, 'b', 1),
            ('role:head', 9223372036854775807, 3, 'c', 1), ('role:director', 1, 3, 'order_review', 1), ('unit:0102', 5, 2, 'card_object', 1);";
        let views = views(dir.path(), &format!("{STREAMS}{rows}"));
        let holders = [Holder::Unit(unit("0101")), Holder::Office(Role::Head)];
        let all = Unseen::default();
        let (mut at, mut seen, mut pages) = (At::First, Vec::new(), Vec::new());
        loop {
            let page = views.duties_of(&holders, &all, None, &at, 2).unwrap();
            seen.extend(page.rows.iter().map(|row| (row.duty.task.clone(), row.ordinal)));
            pages.push(page.clone());
            let Some(next) = page.next else { break };
            // As it goes through an address.
            at = At::After(next.to_string().parse().unwrap());
        }
        let tasks: Vec<(&str, u32)> = seen.iter().map(|(task, n)| (task.as_str(), *n)).collect();
        assert_eq!(tasks, [("card_object", 1), ("a", 2), ("b", 2), ("order_feedback", 1), ("c", 1)]);
        let back = views.duties_of(&holders, &all, None, &At::Before(pages[1].previous.clone().unwrap()), 2).unwrap();
        assert_eq!((back.rows, back.previous), (pages[0].rows.clone(), None));
        assert_eq!(pages[2].rows[0].duty.due, None);
        assert_eq!(views.duties_of(&holders, &all, Some("card_object"), &At::First, 9).unwrap().rows.len(), 1);
        let counts = views.duty_counts_of(&holders, &all, from_micros(30)).unwrap();
        let late: Vec<(&str, u64, u64)> = counts.iter().map(|(task, n, late)| (task.as_str(), *n, *late)).collect();
        assert_eq!(late, [("a", 1, 1), ("b", 1, 1), ("c", 1, 0), ("card_object", 1, 1), ("order_feedback", 1, 0)]);
        // Over everybody: the shared duty once, the other unit's besides.
        assert_eq!(views.task_counts(&["card_object", "order_review", "none"], from_micros(5)).unwrap(), [(2, 1), (1, 1), (0, 0)]);
    }

    #[test]
    fn what_is_unseen_is_in_no_list_and_no_count() {
        let dir = tempfile::tempdir().unwrap();
        let rows = "INSERT INTO stream (key, name, kind, year, ordinal, revision, seq, state) VALUES
            (1, 'investigation-a', 'investigation', 2026, 1, 1, 1, '{}'), (2, 'investigation-b', 'investigation', 2026, 2, 1, 2, '{}'),
            (3, 'card-c', 'card', 2026, 1, 1, 3, '{}'), (4, 'order-d', 'order', 2026, 1, 1, 4, '{}'),
            (5, 'escalation-e', 'escalation', 2026, 1, 1, 5, '{\"unit\":\"0101\"}');
            INSERT INTO investigation (key, number, unit, stage, advised) VALUES (1, 'A', '0101', 'filed', 0), (2, 'B', '0102', 'filed', 1);
            INSERT INTO case_row (key, id, number, title, class, channel, urgency, division, stage, unit, section, filed_at, provisional, breached, round, flags, revision)
            VALUES (9, x'09', 'N', '', '', '', '', '', 'handling', '0101', '', 1, 0, 1, 1, 1, 1);
            INSERT INTO card (key, id, case_id, unit, colour, stage, tab) VALUES (3, x'03', x'09', '0101', 'red', 'issued', 'issued');
            INSERT INTO order_row (key, unit, case_id, tab) VALUES (4, '0101', x'09', 'open');
            INSERT INTO escalation_open (ladder, level, due_at, key, wrongdoing) VALUES ('response', 2, 1, 5, 1);
            INSERT INTO duty (holder, due_at, key, task, since) VALUES
            ('role:inspector', 1, 1, 'investigation_accept', 1), ('role:inspector', 2, 2, 'investigation_answer', 1),
            ('unit:0102', 3, 2, 'investigation_adopt', 1), ('unit:0101', 4, 3, 'card_object', 1), ('unit:0101', 5, 4, 'order_feedback', 1),
            ('unit:0101', 6, 5, 'escalation_handle', 1), ('unit:0103', 7, 5, 'escalation_handle', 1), ('unit:0103', 8, 3, 'card_object', 1);";
        let views = views(dir.path(), rows);
        let tasks = |holder: Holder, unseen: &Unseen| -> Vec<String> {
            let holders = [holder];
            let page = views.duties_of(&holders, unseen, None, &At::First, 9).unwrap();
            let mut listed: Vec<String> = page.rows.into_iter().map(|row| row.duty.task).collect();
            listed.sort();
            let counted = views.duty_counts_of(&holders, unseen, from_micros(9)).unwrap();
            assert_eq!(counted.iter().map(|(task, ..)| task.clone()).collect::<Vec<_>>(), listed, "{holders:?}");
            listed
        };
        let office = || Holder::Office(Role::Inspector);
        let of = |code: &str| Holder::Unit(unit(code));
        let none = Unseen::default();
        assert_eq!(tasks(office(), &none), ["investigation_accept", "investigation_answer"]);
        let clear = Unseen { investigations_of: vec![unit("0101")], ..Unseen::default() };
        assert_eq!(tasks(office(), &clear), ["investigation_answer"]);
        let all = Unseen { investigations_of: vec![unit("0101"), unit("0102")], ..Unseen::default() };
        assert_eq!(tasks(of("0102"), &all), [""; 0]);
        assert_eq!(tasks(of("0102"), &Unseen { own: Some(unit("0102")), ..all }), ["investigation_adopt"], "its own to answer");
        // Reports of wrongdoing: the unit in charge, no other unit, no outsourced staff.
        assert_eq!(tasks(of("0101"), &none), ["card_object", "escalation_handle", "order_feedback"]);
        assert_eq!(tasks(of("0103"), &none), [""; 0]);
        assert_eq!(tasks(of("0101"), &Unseen { wrongdoing: true, ..Unseen::default() }), [""; 0]);
    }

    #[test]
    fn marks_of_a_unit_name_their_stream_and_case_and_say_what_was_revoked() {
        let dir = tempfile::tempdir().unwrap();
        let rows = "INSERT INTO mark (seq, ord, key, unit, kind, code, at, revoked_seq) VALUES
            (1, 0, 1, '0101', 'yellow_card', '', 10, 9), (2, 0, 2, '0101', 'yellow_card', '', 20, NULL),
            (3, 0, 3, '0101', 'order', '', 30, NULL), (4, 0, 3, '0102', 'order', '', 30, NULL), (5, 0, 3, '0101', 'order', '', 99, NULL);";
        let views = views(dir.path(), &format!("{STREAMS}{rows}"));
        let (from, to) = (from_micros(0), from_micros(40));
        let marks = views.named_marks(&unit("0101"), from, to, 10).unwrap();
        let said: Vec<_> =
            marks.iter().map(|one| (one.mark.seq, one.ordinal, one.mark.revoked, one.case.map(|case| case.0.as_u128()))).collect();
        assert_eq!(said, [(3, 1, None, None), (2, 2, None, None), (1, 1, Some(9), Some(7))]);
        assert_eq!(views.named_marks(&unit("0101"), from, to, 2).unwrap().len(), 2);
        assert_eq!(views.marks_of_kind(MarkKind::YellowCard, from, to).unwrap(), 1);
        let sums = views.mark_sums(&unit("0101"), from, to).unwrap();
        assert_eq!(sums, [(MarkKind::Order, 1, 0), (MarkKind::YellowCard, 1, 1)]);
        let counts = views.mark_counts_of(&[unit("0102"), unit("0101")], from, to).unwrap();
        let expected = [("0102", MarkKind::Order, 1), ("0101", MarkKind::Order, 1), ("0101", MarkKind::YellowCard, 1)];
        assert_eq!(counts, expected.map(|(code, kind, n)| (unit(code), kind, n)));
    }
}
