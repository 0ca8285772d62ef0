//! What a run amounted to, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::traffic::Counts;
use crate::trigger::PumpState;
use crate::verify::Verification;

/// How many profiles that are wrong are named.
const MISMATCHES_SHOWN: usize = 5;

/// Writes what a command found to a file, as JSON for people and programs.
///
/// # Errors
/// What the system says.
pub fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    std::fs::write(path, serde_json::to_string_pretty(value)? + "\n")
}

/// The summary of a run. The fields are a contract: `--json` writes them, scripts read them.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Seconds from the start of the program to the first decision, with whatever had to be installed and built.
    pub first_attempt_s: Option<f64>,
    /// Purchases of the past that the API took, new or there already.
    pub imported: u64,
    /// Those of them that were there already.
    pub duplicates: u64,
    /// Attempts that got a decision.
    pub scored: u64,
    /// Decisions that were made with something missing.
    pub degraded: u64,
    /// Decisions by action.
    pub actions: BTreeMap<String, u64>,
    /// What the customers did, by outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// What the customers said later.
    pub feedback: u64,
    /// Requests of any kind that did not end in 2xx.
    pub not_2xx: u64,
    /// The first of them.
    pub first_not_2xx: Option<String>,
    /// Customers that were played.
    pub customers: u64,
    /// Entries that these customers have; `null`, as the next three, where the run did not end by itself.
    pub entries: Option<u64>,
    /// Purchases and attempts that the API took and that are no entry.
    pub entries_missing: Option<u64>,
    /// Profiles that were compared with their entries.
    pub profiles: Option<u64>,
    /// Profiles that differ.
    pub profile_mismatches: Option<u64>,
    /// The first of them, in words.
    pub mismatches: Vec<String>,
    /// Lines of the functions' logs that were looked through.
    pub log_lines: Option<u64>,
    /// Those that tell something of a customer.
    pub log_leaks: Option<u64>,
    /// Some of them, in words.
    pub leaks: Vec<String>,
    /// Stream records that the profile updater took.
    pub stream_applied: u64,
    /// Stream records that it could not take.
    pub stream_given_up: u64,
    /// How old the last record of a batch was at most when it was delivered, in milliseconds.
    pub stream_iterator_age_max_ms: u64,
    /// Median latency of the scoring requests, in milliseconds.
    pub p50_ms: Option<f64>,
    /// The latency that 95 % of them did not exceed.
    pub p95_ms: Option<f64>,
    /// The latency that 99 % of them did not exceed.
    pub p99_ms: Option<f64>,
    /// The longest latency.
    pub longest_ms: f64,
    /// Seconds that the imports took, until everything was learned.
    pub import_s: f64,
    /// Seconds that the live part took, until everything was learned.
    pub live_s: f64,
}

/// How long the parts of a run took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Durations {
    /// The imports, until everything was learned.
    pub import: Duration,
    /// The live part, until everything was learned.
    pub live: Duration,
}

impl Summary {
    /// Sums up.
    pub fn new(counts: Counts, stream: &PumpState, durations: Durations, verification: Option<Verification>) -> Self {
        let ms = |share| counts.latencies.percentile(share).map(|latency| rounded(latency.as_secs_f64() * 1e3));
        let (p50_ms, p95_ms, p99_ms) = (ms(0.50), ms(0.95), ms(0.99));
        Self {
            first_attempt_s: counts.first_attempt.map(|duration| rounded(duration.as_secs_f64())),
            imported: counts.imported,
            duplicates: counts.duplicates,
            scored: counts.scored,
            degraded: counts.degraded,
            longest_ms: rounded(counts.latencies.longest().as_secs_f64() * 1e3),
            actions: counts.actions,
            outcomes: counts.outcomes,
            feedback: counts.feedback,
            not_2xx: counts.not_2xx,
            first_not_2xx: counts.first_not_2xx,
            customers: counts.customers.len() as u64,
            entries: verification.as_ref().map(|verification| verification.entries),
            entries_missing: verification.as_ref().map(|verification| {
                (counts.imported - counts.duplicates + counts.scored).saturating_sub(verification.entries)
            }),
            profiles: verification.as_ref().map(|verification| verification.profiles),
            profile_mismatches: verification.as_ref().map(|verification| verification.mismatches.len() as u64),
            log_lines: verification.as_ref().map(|verification| verification.logs.lines),
            log_leaks: verification.as_ref().map(|verification| verification.logs.leaks.len() as u64),
            leaks: verification
                .iter()
                .flat_map(|verification| verification.logs.leaks.iter().take(MISMATCHES_SHOWN).cloned())
                .collect(),
            mismatches: verification
                .map(|verification| verification.mismatches.into_iter().take(MISMATCHES_SHOWN).collect())
                .unwrap_or_default(),
            stream_applied: stream.applied,
            stream_given_up: stream.given_up,
            stream_iterator_age_max_ms: stream.iterator_age_ms_max,
            p50_ms,
            p95_ms,
            p99_ms,
            import_s: rounded(durations.import.as_secs_f64()),
            live_s: rounded(durations.live.as_secs_f64()),
        }
    }

    /// Whether everything went as it should: every request answered, every one of them an entry, every record learned, every
    /// profile right, nothing of a customer in a log.
    pub fn is_clean(&self) -> bool {
        let failures = [self.entries_missing, self.profile_mismatches, self.log_leaks].into_iter().flatten();
        self.not_2xx + self.stream_given_up + failures.sum::<u64>() == 0
    }

    /// The summary in words.
    pub fn in_words(&self) -> String {
        let mut text = String::new();
        let _ = self.write_words(&mut text);
        text.truncate(text.trim_end().len());
        text
    }

    fn write_words(&self, out: &mut String) -> std::fmt::Result {
        let counted = |counts: &mut dyn Iterator<Item = (&str, &u64)>| {
            let parts: Vec<String> = counts.map(|(name, count)| format!("{count} {name}")).collect();
            if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
        };
        let ms = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value} ms"));
        writeln!(out, "imported   {} purchases in {} s", self.imported, self.import_s)?;
        writeln!(out, "scored     {} attempts of {} customers in {} s", self.scored, self.customers, self.live_s)?;
        let actions = counted(&mut self.actions.iter().map(|(name, count)| (name.as_str(), count)));
        writeln!(out, "answered   {actions}; {} of them degraded", self.degraded)?;
        let outcomes = counted(&mut self.outcomes.iter().map(|(name, count)| (*name, count)));
        writeln!(out, "customers  {outcomes}; {} said something later", self.feedback)?;
        let (p50, p95, p99) = (ms(self.p50_ms), ms(self.p95_ms), ms(self.p99_ms));
        writeln!(out, "latency    p50 {p50}, p95 {p95}, p99 {p99}, longest {} ms (scoring requests)", self.longest_ms)?;
        let age_s = self.stream_iterator_age_max_ms as f64 / 1e3;
        let (applied, given_up) = (self.stream_applied, self.stream_given_up);
        writeln!(out, "learned    {applied} stream records, {given_up} given up, {age_s} s behind at most")?;
        if let (Some(entries), Some(missing)) = (self.entries, self.entries_missing) {
            writeln!(out, "entries    {entries}, {missing} missing")?;
        }
        if let (Some(profiles), Some(mismatches)) = (self.profiles, self.profile_mismatches) {
            writeln!(out, "profiles   {profiles} compared with their entries, {mismatches} differ")?;
            self.mismatches.iter().try_for_each(|mismatch| writeln!(out, "           {mismatch}"))?;
        }
        if let (Some(lines), Some(leaks)) = (self.log_lines, self.log_leaks) {
            writeln!(out, "logs       {lines} lines, {leaks} of them with something of a customer")?;
            self.leaks.iter().try_for_each(|leak| writeln!(out, "           {leak}"))?;
        }
        if let Some(failure) = &self.first_not_2xx {
            writeln!(out, "failed     {} requests; the first: {failure}", self.not_2xx)?;
        }
        Ok(())
    }
}

/// To a thousandth: what is finer is noise.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::logs::LogCheck;

    fn summary(counts: Counts, verification: Option<Verification>) -> Summary {
        Summary::new(counts, &PumpState::default(), Durations::default(), verification)
    }

    fn wrong_profiles(mismatch: &str, profiles: u64, entries: u64) -> Verification {
        Verification { profiles, entries, mismatches: vec![mismatch.to_owned()], ..Verification::default() }
    }

    #[test]
    fn the_contract_of_the_json() {
        let json = serde_json::to_value(summary(Counts::default(), Some(Verification::default()))).unwrap();
        for field in [
            "first_attempt_s",
            "imported",
            "scored",
            "not_2xx",
            "profiles",
            "profile_mismatches",
            "stream_iterator_age_max_ms",
            "p50_ms",
            "p95_ms",
            "p99_ms",
        ] {
            assert!(json.get(field).is_some(), "{field} is missing in {json}");
        }
        assert_eq!(json["profiles"], 0);
        assert_eq!(json["p50_ms"], serde_json::Value::Null);
    }

    #[test]
    fn a_run_is_clean_only_without_failures_and_mismatches() {
        assert!(summary(Counts::default(), None).is_clean());
        assert!(!summary(Counts { not_2xx: 1, ..Counts::default() }, None).is_clean());
        let wrong = wrong_profiles("c: amount", 1, 1);
        assert!(!summary(Counts::default(), Some(wrong)).is_clean());
        let unwritten = Counts { imported: 3, duplicates: 1, scored: 2, ..Counts::default() };
        let written = |entries| Some(Verification { entries, ..Verification::default() });
        assert!(!summary(unwritten.clone(), written(3)).is_clean());
        assert!(summary(unwritten, written(4)).is_clean());
        let logs = LogCheck { lines: 2, leaks: vec!["score.log: `ada` in `cause`".to_owned()] };
        let told = summary(Counts::default(), Some(Verification { logs, ..Verification::default() }));
        assert!(!told.is_clean());
        assert!(told.in_words().contains("2 lines, 1 of them with something of a customer\n           score.log"));
        let given_up = PumpState { given_up: 1, ..PumpState::default() };
        assert!(!Summary::new(Counts::default(), &given_up, Durations::default(), None).is_clean());
    }

    #[test]
    fn failures_and_mismatches_are_shown() {
        let counts = Counts { not_2xx: 2, first_not_2xx: Some("score: 422 {}".to_owned()), ..Counts::default() };
        let wrong = wrong_profiles("c1: amount", 3, 9);
        let words = summary(counts, Some(wrong)).in_words();
        assert!(words.contains("2 requests; the first: score: 422 {}"), "{words}");
        assert!(words.contains("3 compared with their entries, 1 differ\n           c1: amount"), "{words}");
    }
}
