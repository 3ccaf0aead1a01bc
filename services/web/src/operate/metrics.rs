//! `/metrics` in the text format of Prometheus.
//!
//! Every family stands in the table in `ops/docs/operating.md`, and a test compares the two. Labels are closed sets:
//! lines of the route table, names of files and checks. No value of a label comes from a request.

use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use domain::notice::NoticeStage;
use domain::time::Instant;
use event_log::{Reading, Stats};

use super::checks::Level;
use super::observe::{self, Observed, Views};
use super::{Build, Kind, Operate, Report, Requests, checks};

/// The files of a data directory that grow.
const FILES: [&str; 6] = ["log.db", "views.db", "scores.db", "search.db", "audit.db", "ballots.db"];

/// The families, one after the other.
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (place, (key, value)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{key}=\"{value}\"", if place == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    fn gauge(&mut self, name: &str, help: &str, value: Option<impl Display>) {
        self.one(name, "gauge", help, value);
    }

    fn counter(&mut self, name: &str, help: &str, value: Option<impl Display>) {
        self.one(name, "counter", help, value);
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: Option<impl Display>) {
        self.family(name, kind, help);
        if let Some(value) = value {
            self.value(name, &[], value);
        }
    }

    /// `unit`: how many of the counted unit make one of the told unit.
    fn histogram(&mut self, name: &str, labels: &[(&str, &str)], reading: &Reading, unit: f64) {
        let bucket = format!("{name}_bucket");
        for (bound, count) in &reading.below {
            let bound = (*bound as f64 / unit).to_string();
            self.value(&bucket, &[labels, &[("le", &bound)]].concat(), count);
        }
        self.value(&bucket, &[labels, &[("le", "+Inf")]].concat(), reading.count);
        self.value(&format!("{name}_sum"), labels, reading.sum as f64 / unit);
        self.value(&format!("{name}_count"), labels, reading.count);
    }
}

/// Microseconds of a second.
const MICROS: f64 = 1e6;

impl Operate {
    /// The counts and states of this node, as Prometheus reads them.
    pub async fn metrics(&self) -> String {
        let seen = observe::observe(self).await;
        let report = checks::judge(&seen, &self.settings);
        let mut text = Text(String::with_capacity(32 * 1024));
        self.process(&mut text);
        states(&mut text, &report);
        http(&mut text, &self.requests);
        log(&mut text, &seen, self.app.log.stats());
        views(&mut text, &seen);
        self.clockwork(&mut text, &seen);
        self.files(&mut text, &seen);
        backups(&mut text, &seen);
        text.0
    }

    fn process(&self, text: &mut Text) {
        let Build { version, commit, sqlite, features } = Build::this();
        text.family("xiaoneng_build_info", "gauge", "What the program was made of; always 1");
        text.value("xiaoneng_build_info", &[("version", version), ("commit", commit), ("sqlite", sqlite), ("features", features)], 1);
        text.gauge("process_start_time_seconds", "When the process began to serve", Some(seconds(self.started)));
        text.gauge("process_resident_memory_bytes", "Resident memory", resident());
    }

    fn clockwork(&self, text: &mut Text, seen: &Observed) {
        let health = seen.automation.as_ref();
        let of = |pick: fn(&automation::Health) -> u64| health.map(pick);
        let last = health.and_then(|health| health.last_tick).map(seconds);
        text.gauge("xiaoneng_automation_last_tick_timestamp_seconds", "When a tick of automation was last finished", last);
        text.counter("xiaoneng_automation_acts_total", "Acts of limits recorded by this process", of(|health| health.acts));
        text.counter("xiaoneng_automation_recomputed_total", "Cases looked at because of another calendar", of(|health| health.recomputed));
        text.counter("xiaoneng_automation_skipped_total", "Ticks skipped because the views were behind", of(|health| health.skipped));
        text.gauge("xiaoneng_automation_failing", "Cases and notices that fail and are tried again", of(|health| health.failing));
        text.counter("xiaoneng_outbox_sent_total", "Notices sent by this process", of(|health| health.sent));
        text.counter("xiaoneng_outbox_failed_total", "Deliveries of this process that failed", of(|health| health.failed));
        const OUTBOX: &str = "xiaoneng_outbox";
        text.family(OUTBOX, "gauge", "Notices waiting to be sent, claimed by a sender, parked for a person to look at");
        let views = self.app.projections.views();
        for (stage, name) in [(NoticeStage::Waiting, "waiting"), (NoticeStage::Claimed, "claimed"), (NoticeStage::Parked, "parked")] {
            if let Ok(count) = views.count_notices(stage) {
                text.value(OUTBOX, &[("stage", name)], count);
            }
        }
        let due = views.count_due(seen.now).ok();
        text.gauge("xiaoneng_due_acts", "Acts of running limits that are to come or late", due.map(|(all, _)| all));
        text.gauge(
            "xiaoneng_due_acts_late",
            "Acts of limits whose moment has passed and that are not recorded yet",
            due.map(|(_, late)| late),
        );
    }

    fn files(&self, text: &mut Text, seen: &Observed) {
        let spaces =
            || seen.disks.iter().filter_map(|disk| disk.space.map(|space| (if disk.name == "日志" { "log" } else { "data" }, space)));
        text.family(
            "xiaoneng_disk_free_bytes",
            "gauge",
            "Free space of the disk of the data directory, and of the log where it lies apart",
        );
        for (name, space) in spaces() {
            text.value("xiaoneng_disk_free_bytes", &[("disk", name)], space.free);
        }
        text.family("xiaoneng_disk_size_bytes", "gauge", "Size of that disk");
        for (name, space) in spaces() {
            text.value("xiaoneng_disk_size_bytes", &[("disk", name)], space.total);
        }
        text.family("xiaoneng_file_bytes", "gauge", "Size of a file and of its write-ahead log");
        for file in FILES {
            let dir = if file == "log.db" { self.log_dir() } else { self.data().map(std::path::Path::to_owned) };
            let Some(dir) = dir else { continue };
            for (name, part) in [(file.to_owned(), "main"), (format!("{file}-wal"), "wal")] {
                if let Ok(meta) = std::fs::metadata(dir.join(name)) {
                    text.value("xiaoneng_file_bytes", &[("file", file), ("part", part)], meta.len());
                }
            }
        }
    }
}

fn http(text: &mut Text, requests: &Requests) {
    const SECONDS: &str = "xiaoneng_http_request_seconds";
    text.family(SECONDS, "histogram", "Time until the head of the answer, by line of the route table");
    for (method, route, line) in requests.lines() {
        let reading = line.time.read();
        if reading.count > 0 {
            text.histogram(SECONDS, &[("method", method), ("route", route)], &reading, MICROS);
        }
    }
    const FAILURES: &str = "xiaoneng_http_failures_total";
    text.family(FAILURES, "counter", "Answers of class 5xx, by line of the route table");
    for (method, route, line) in requests.lines() {
        let count = line.failures.load(Relaxed);
        if count > 0 {
            text.value(FAILURES, &[("method", method), ("route", route)], count);
        }
    }
    const RESPONSES: &str = "xiaoneng_http_responses_total";
    text.family(RESPONSES, "counter", "Answers, by part of the site and class of status");
    for (side, class, count) in requests.answers() {
        text.value(RESPONSES, &[("side", side), ("class", class)], count);
    }
    text.gauge("xiaoneng_http_in_flight", "Requests under way", Some(requests.in_flight.load(Relaxed)));
    const REFUSALS: &str = "xiaoneng_refusals_total";
    text.family(REFUSALS, "counter", "People told to come again: the log took no more or could not be used (503), too many tries (429)");
    for (reason, count) in requests.refusals() {
        text.value(REFUSALS, &[("reason", reason)], count);
    }
    const SIGN_INS: &str = "xiaoneng_sign_ins_total";
    text.family(SIGN_INS, "counter", "Sign-ins of staff, by whether name and password were right");
    for (result, count) in ["good", "wrong"].iter().zip(&requests.sign_ins) {
        text.value(SIGN_INS, &[("result", result)], count.load(Relaxed));
    }
}

fn states(text: &mut Text, report: &Report) {
    text.gauge("xiaoneng_ready", "1 when this node is ready", Some(u8::from(report.ready())));
    text.family("xiaoneng_check", "gauge", "Each check of readiness: 0 good, 1 attention, 2 fault");
    for kind in Kind::ALL {
        let level = report.checks.iter().find(|check| check.kind == kind).map(|check| check.level);
        // The end that has not begun is good.
        if let Some(level) = level.or((kind == Kind::Stopping).then_some(Level::Good)) {
            let value = match level {
                Level::Good => 0,
                Level::Warn => 1,
                Level::Bad => 2,
            };
            text.value("xiaoneng_check", &[("check", kind.code())], value);
        }
    }
}

fn log(text: &mut Text, seen: &Observed, stats: Option<&Stats>) {
    let count = |pick: fn(&Stats) -> &AtomicU64| stats.map(|stats| pick(stats).load(Relaxed));
    text.gauge("xiaoneng_log_events", "Events in the log", Some(seen.log.events));
    text.gauge("xiaoneng_log_last_event_timestamp_seconds", "When the last event was recorded", seen.log.last_event.map(seconds));
    text.gauge("xiaoneng_log_writable", "1 when the log can be written", Some(u8::from(seen.log.fault.is_none())));
    text.counter("xiaoneng_log_appended_total", "Events appended by this process", count(|stats| &stats.events));
    text.gauge("xiaoneng_log_queue", "Appends waiting for the writer or in its hands", count(|stats| &stats.queue));
    text.counter("xiaoneng_log_refused_total", "Appends not taken because the queue was full", count(|stats| &stats.refused));
    text.counter("xiaoneng_log_failed_total", "Groups and probes that could not be written", count(|stats| &stats.failed));
    text.family("xiaoneng_log_group_appends", "histogram", "Appends committed together");
    if let Some(stats) = stats {
        text.histogram("xiaoneng_log_group_appends", &[], &stats.groups.read(), 1.0);
    }
    text.family("xiaoneng_log_commit_seconds", "histogram", "Time of a commit, its sync included");
    if let Some(stats) = stats {
        text.histogram("xiaoneng_log_commit_seconds", &[], &stats.commits.read(), MICROS);
    }
}

fn views(text: &mut Text, seen: &Observed) {
    let both: [(&str, &Views); 2] = [("views", &seen.views), ("search", &seen.search)];
    let mut each = |name: &str, help: &str, pick: fn(&Views) -> u64| {
        text.family(name, "gauge", help);
        for (view, views) in both {
            text.value(name, &[("view", view)], pick(views));
        }
    };
    each(
        "xiaoneng_view_position",
        "Event of the log at which a view stands; against xiaoneng_log_events the progress of catching up",
        |view| view.position,
    );
    each("xiaoneng_view_lag_events", "Events that a view is behind the log", |view| view.behind);
    each("xiaoneng_view_stopped", "1 when a view has stopped at an event", |view| u64::from(view.fault.is_some()));
    text.gauge(
        "xiaoneng_view_lag_seconds",
        "How long the views have been behind what the log held then",
        Some(seen.views.behind_for.as_secs_f64()),
    );
    text.gauge("xiaoneng_search_skipped", "Events that search left out", Some(seen.search_skipped));
    text.gauge(
        "xiaoneng_clock_step_seconds",
        "By how much the clock was set within the last hour; 0 when it was not",
        Some(seen.stepped.map_or(0, |(_, by)| by)),
    );
}

fn backups(text: &mut Text, seen: &Observed) {
    let at = |run: &Option<application::backups::Run>| run.as_ref().map(|run| seconds(run.at));
    text.gauge(
        "xiaoneng_backup_timestamp_seconds",
        "When the latest good backup was made; 0 = never",
        Some(at(&seen.backups.backup).unwrap_or(0.0)),
    );
    text.gauge(
        "xiaoneng_rehearsal_timestamp_seconds",
        "When a restore was last rehearsed well; 0 = never",
        Some(at(&seen.backups.rehearsal).unwrap_or(0.0)),
    );
    text.gauge("xiaoneng_backup_failed", "1 when the latest backup or rehearsal failed", Some(u8::from(seen.backups.failed.is_some())));
    let bytes = seen.backups.backup.as_ref().map(|run| run.bytes);
    text.gauge("xiaoneng_backup_bytes", "Size of the latest good backup", bytes);
    let missing = seen.backups.backup.as_ref().map(|run| run.missing);
    text.gauge("xiaoneng_backup_attachments_missing", "Attachments that earlier backups held and the latest does not", missing);
}

fn seconds(at: Instant) -> f64 {
    domain::time::micros(at) as f64 / MICROS
}

/// Resident memory in bytes, as the system tells it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_ascii_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use uuid::Uuid;

    use super::*;
    use crate::operate::Line;
    use crate::routes::ROUTES;

    /// Series that are not about routes; the command-line test counts them on a real node.
    const OTHERS: usize = 200;

    #[test]
    fn every_route_answering_every_class_stays_below_two_thousand_series() {
        let requests = Requests::new(Uuid::nil());
        for line in (0..ROUTES.len()).map(|line| Some(Line(line))).chain([None]) {
            for status in [StatusCode::OK, StatusCode::SEE_OTHER, StatusCode::NOT_FOUND, StatusCode::INTERNAL_SERVER_ERROR] {
                requests.record(line, status, 40_000);
            }
        }
        let mut text = Text(String::new());
        http(&mut text, &requests);
        let series = text.0.lines().filter(|line| !line.starts_with('#')).count();
        assert!(series > ROUTES.len() && series + OTHERS < 2_000, "{series}");
    }

    #[test]
    fn a_histogram_is_told_in_the_unit_of_its_name_with_rising_buckets() {
        let requests = Requests::new(Uuid::nil());
        requests.record(Some(Line(1)), StatusCode::OK, 40_000);
        requests.record(Some(Line(1)), StatusCode::BAD_GATEWAY, 2_000_000);
        let mut text = Text(String::new());
        http(&mut text, &requests);
        let labels = format!("method=\"{}\",route=\"{}\"", ROUTES[1].method, ROUTES[1].path);
        for line in [
            format!("xiaoneng_http_request_seconds_bucket{{{labels},le=\"0.03\"}} 0"),
            format!("xiaoneng_http_request_seconds_bucket{{{labels},le=\"0.1\"}} 1"),
            format!("xiaoneng_http_request_seconds_bucket{{{labels},le=\"+Inf\"}} 2"),
            format!("xiaoneng_http_request_seconds_sum{{{labels}}} 2.04"),
            format!("xiaoneng_http_request_seconds_count{{{labels}}} 2"),
            format!("xiaoneng_http_failures_total{{{labels}}} 1"),
            "xiaoneng_http_responses_total{side=\"citizen\",class=\"5xx\"} 1".to_owned(),
        ] {
            assert!(text.0.lines().any(|found| found == line), "{line}\n{}", text.0);
        }
    }
}
