//! All figures: what `--json` writes, and the same for people.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::bench::budgets::{Budget, Found, budgets};
use crate::bench::crowd::Crowd;
use crate::bench::fresh::Fresh;
use crate::bench::turns::Turns;
use crate::bench::{Bench, BenchError, Latency, Load, Work};
use crate::build::FLOOR;
use crate::stack::SCORER;

/// What of `sam build` is deployed, in the folder of each function.
const BOOTSTRAP: &str = "bootstrap";

/// All figures. The fields are a contract: `--json` writes them, scripts read them.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Median of scoring over median of the floor, both invoked directly, one at a time.
    pub score_p50_ratio_to_floor: f64,
    /// Median start of `score` to its first poll over that of the floor.
    pub start_ratio_to_floor: f64,
    /// Median first request of a fresh process of `score` over that of the floor.
    pub first_request_ratio_to_floor: f64,
    /// Median of the requests after the first over that of the floor, with nothing between bench and process.
    pub later_request_ratio_to_floor: f64,
    /// Requests of each kind, in turn and at each number at once.
    pub requests: u32,
    /// Scoring, invoked directly, one at a time.
    pub score: Latency,
    /// The bare function, invoked directly, one at a time.
    pub floor: Latency,
    /// Scoring by its HTTP route, one at a time.
    pub score_by_route: Latency,
    /// Telling the outcome by its HTTP route, one at a time.
    pub outcome_by_route: Latency,
    /// Every process.
    pub processes: Vec<Process>,
    /// Requests at 1, 10 and 100 at once.
    pub load: Vec<Load>,
    /// Thousands of different customers at once.
    pub crowd: Crowd,
    /// What functions use of a core and write to the log.
    pub work: Vec<Work>,
    /// The budgets of the design.
    pub budgets: Vec<Budget>,
}

/// One function: how long a fresh process takes, how large its file is, and what it holds in memory.
#[derive(Debug, Clone, Serialize)]
pub struct Process {
    /// The function.
    pub name: &'static str,
    /// Median milliseconds from its start to its first poll.
    pub start_ms: f64,
    /// Median milliseconds that it spent on a core until then; `null` where the system does not tell.
    pub start_cpu_ms: Option<f64>,
    /// Median milliseconds of the first request of a fresh process; `null` where none was made.
    pub first_request_ms: Option<f64>,
    /// Median milliseconds of the requests after the first; `null` where none was made.
    pub later_request_ms: Option<f64>,
    /// Bytes of the binary that `cargo local` runs.
    pub bytes: u64,
    /// Bytes of the binary that `sam build` made for arm64; `null` if it did not.
    pub deployed_bytes: Option<u64>,
    /// Resident bytes after everything; `null` where the system does not tell.
    pub resident_bytes: Option<u64>,
    /// Resident bytes at most; `null` where the system does not tell.
    pub resident_peak_bytes: Option<u64>,
}

impl Figures {
    pub(super) fn new(
        turns: Turns,
        fresh: &[Fresh],
        processes: Vec<Process>,
        load: Vec<Load>,
        crowd: Crowd,
        learning: Vec<Work>,
    ) -> Self {
        let ratio = |of: fn(&Fresh) -> Option<f64>| {
            let of = |name| fresh.iter().find(|fresh| fresh.name == name).and_then(of).unwrap_or(f64::NAN);
            of(SCORER) / of(FLOOR)
        };
        let Turns { requests, score, floor, score_by_route, outcome_by_route, mut work } = turns;
        work.extend(learning);
        let score_p50_ratio_to_floor = score.p50_ms / floor.p50_ms;
        let start_ratio_to_floor = ratio(|fresh| Some(fresh.start_ms));
        let ours = || processes.iter().filter(|process| process.name != FLOOR);
        let found = Found {
            score_p50_ratio: Some(score_p50_ratio_to_floor),
            start_ratio: Some(start_ratio_to_floor),
            deployed_bytes_max: ours().filter_map(|process| process.deployed_bytes).max(),
            resident_bytes_max: ours().filter_map(|process| process.resident_peak_bytes).max(),
        };
        Self {
            score_p50_ratio_to_floor,
            start_ratio_to_floor,
            first_request_ratio_to_floor: ratio(|fresh| fresh.first_ms),
            later_request_ratio_to_floor: ratio(|fresh| fresh.later_ms),
            requests,
            score,
            floor,
            score_by_route,
            outcome_by_route,
            processes,
            load,
            crowd,
            work,
            budgets: budgets(found),
        }
    }

    /// Whether every request was answered as it should be, and nothing of the crowd was lost.
    pub fn is_clean(&self) -> bool {
        self.load.iter().all(|load| load.failed == 0) && self.crowd.is_clean()
    }

    /// The figures as tables.
    pub fn in_words(&self) -> String {
        [
            self.turns_in_words(),
            self.processes_in_words(),
            self.load_in_words(),
            self.crowd_in_words(),
            self.rest_in_words(),
        ]
        .join("\n")
    }

    fn turns_in_words(&self) -> String {
        let row = |name: &str, latency: Latency| {
            format!("{name:<28}{:>8.2} ms{:>8.2} ms{:>8.2} ms\n", latency.p50_ms, latency.p95_ms, latency.p99_ms)
        };
        let title = format!("one at a time, {} each", self.requests);
        let mut words = format!("{title:<28}{:>11}{:>11}{:>11}\n", "p50", "p95", "p99");
        words += &row("score", self.score);
        words += &row("floor (same two calls)", self.floor);
        words += &row("score by its route", self.score_by_route);
        words += &row("outcome by its route", self.outcome_by_route);
        words + &format!("score / floor, p50: {:.2}\n", self.score_p50_ratio_to_floor)
    }

    fn processes_in_words(&self) -> String {
        let shown = |number: Option<f64>| number.map_or("–".to_owned(), |number| format!("{number:.1}"));
        let megabytes = |bytes: Option<u64>| shown(bytes.map(|bytes| bytes as f64 / 1e6));
        let row = |name: &str, cells: [String; 8]| {
            format!("{name:<18}") + &cells.map(|cell| format!("{cell:>12}")).concat() + "\n"
        };
        let titles =
            ["first poll", "on a core", "1st request", "later ones", "file", "for arm64", "resident", "at most"];
        let units = ["ms", "ms", "ms", "ms", "MB", "MB", "MB", "MB"];
        let mut words = row("fresh processes", titles.map(str::to_owned)) + &row("", units.map(str::to_owned));
        for process in &self.processes {
            let [start, cpu, first, later] =
                [Some(process.start_ms), process.start_cpu_ms, process.first_request_ms, process.later_request_ms]
                    .map(shown);
            let [file, deployed, resident, peak] =
                [Some(process.bytes), process.deployed_bytes, process.resident_bytes, process.resident_peak_bytes]
                    .map(megabytes);
            words += &row(process.name, [start, cpu, first, later, file, deployed, resident, peak]);
        }
        let (start, first, later) =
            (self.start_ratio_to_floor, self.first_request_ratio_to_floor, self.later_request_ratio_to_floor);
        words + &format!("score / floor: start {start:.2}, first request {first:.2}, later ones {later:.2}\n")
    }

    fn load_in_words(&self) -> String {
        let mut words =
            format!("{:<28}{:>9}{:>10}{:>11}{:>11}{:>8}\n", "at once", "", "a second", "p50", "p99", "failed");
        for load in &self.load {
            let Load { name, at_once, per_second, latency, failed, .. } = load;
            words += &format!(
                "{name:<28}{at_once:>9}{per_second:>10.0}{:>8.2} ms{:>8.2} ms{failed:>8}\n",
                latency.p50_ms, latency.p99_ms
            );
            words +=
                &load.first_failure.as_ref().map_or_else(String::new, |failure| format!("    the first: {failure}\n"));
        }
        words + "(one process each, the updater held: those at once wait for each other, as in Lambda they would not)\n"
    }

    fn crowd_in_words(&self) -> String {
        let Crowd { customers, under_way, failed, per_second, latency, learned_s, batches, given_up, .. } = &self.crowd;
        let checked = &self.crowd.checked;
        let mut words = format!(
            "{customers} customers at once, {under_way} requests under way: {failed} failed; {per_second:.0} a second, p50 {:.0} ms, p99 {:.0} ms\n",
            latency.p50_ms, latency.p99_ms
        );
        words +=
            &format!("everything learned after {learned_s:.1} s, in {batches} batches, {given_up} changes given up\n");
        words += &format!(
            "in the table {} entries, {} lost, {} too many; {} profiles differ from their entries\n",
            checked.entries, checked.lost, checked.surplus, checked.profile_mismatches
        );
        for difference in self.crowd.first_failure.iter().chain(&checked.differences) {
            words += &format!("    {difference}\n");
        }
        words
    }

    fn rest_in_words(&self) -> String {
        let mut words = String::new();
        for Work { function, of, cpu_ms, log_bytes, .. } in &self.work {
            let cpu = cpu_ms.map_or("–".to_owned(), |ms| format!("{ms:.3}"));
            words += &format!("{function}, each {of}: {cpu} ms of a core, {log_bytes:.0} bytes of log\n");
        }
        words.push('\n');
        for budget in &self.budgets {
            words += &format!("{budget}\n");
        }
        words
    }
}

impl Bench<'_> {
    /// Puts together what is known of each process: its starts, its file, its memory.
    pub(super) fn about_processes(&self, fresh: &[Fresh]) -> Result<Vec<Process>, BenchError> {
        let about = |fresh: &Fresh| {
            let program = self.surroundings.program.with_file_name(fresh.name);
            let file = fs::metadata(&program).map_err(BenchError::system(program.display().to_string()))?;
            let memory = self.processes.memory(fresh.name);
            Ok(Process {
                name: fresh.name,
                start_ms: fresh.start_ms,
                start_cpu_ms: fresh.start_cpu_ms,
                first_request_ms: fresh.first_ms,
                later_request_ms: fresh.later_ms,
                bytes: file.len(),
                deployed_bytes: deployed_bytes(&self.surroundings.workspace, fresh.name),
                resident_bytes: memory.map(|memory| memory.resident),
                resident_peak_bytes: memory.map(|memory| memory.peak),
            })
        };
        fresh.iter().map(about).collect()
    }
}

/// The size of what `sam build` left for a function.
fn deployed_bytes(workspace: &Path, function: &str) -> Option<u64> {
    let path = workspace.join("infra/.aws-sam/build").join(logical_id(function)).join(BOOTSTRAP);
    fs::metadata(path).ok().map(|file| file.len())
}

/// A function's name in the template: `profile-updater` is `ProfileUpdater`.
fn logical_id(function: &str) -> String {
    let capitalised = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    function.split('-').map(capitalised).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::crowd::Checked;

    fn figures(failed: usize, checked: Checked) -> Figures {
        let latency = |ms| Latency::of(vec![Duration::from_millis(ms)]);
        let turns = Turns {
            requests: 1,
            score: latency(12),
            floor: latency(10),
            score_by_route: latency(13),
            outcome_by_route: latency(9),
            work: Vec::new(),
        };
        let fresh = |name, start_ms, first_ms| Fresh {
            name,
            start_ms,
            start_cpu_ms: Some(start_ms - 1.0),
            first_ms: Some(first_ms),
            later_ms: Some(2.0),
        };
        let load = Load {
            name: "score",
            at_once: 10,
            requests: 5,
            failed,
            first_failure: (failed > 0).then(|| "a 500".to_owned()),
            per_second: 100.0,
            latency: latency(20),
        };
        let crowd = Crowd {
            customers: 3,
            under_way: 3,
            failed: 0,
            first_failure: None,
            per_second: 10.0,
            latency: latency(30),
            learned_s: 1.0,
            batches: 1,
            given_up: 0,
            checked,
        };
        Figures::new(
            turns,
            &[fresh(SCORER, 11.0, 6.0), fresh(FLOOR, 10.0, 4.0)],
            Vec::new(),
            vec![load],
            crowd,
            Vec::new(),
        )
    }

    #[test]
    fn the_contract_of_the_json() {
        let json = serde_json::to_value(figures(0, Checked::default())).unwrap();
        let near = |name: &str, expect: f64| {
            let found = json.get(name).and_then(serde_json::Value::as_f64).unwrap_or_default();
            assert!((found - expect).abs() < 1e-9, "{name} is {found} in {json}");
        };
        near("score_p50_ratio_to_floor", 1.2);
        near("start_ratio_to_floor", 1.1);
        near("first_request_ratio_to_floor", 1.5);
        near("later_request_ratio_to_floor", 1.0);
        for (part, field) in [
            ("/score", "p50_ms"),
            ("/load/0", "at_once"),
            ("/load/0", "per_second"),
            ("/load/0", "p99_ms"),
            ("/crowd", "customers"),
            ("/crowd", "lost"),
            ("/crowd", "p50_ms"),
            ("/budgets/0", "holds"),
        ] {
            assert!(
                json.pointer(part).and_then(|part| part.get(field)).is_some(),
                "{part}/{field} is missing in {json}"
            );
        }
    }

    #[test]
    fn failures_and_losses_fail_and_slowness_does_not() {
        let slow = figures(0, Checked::default());
        assert!(slow.is_clean());
        let failing = figures(1, Checked::default());
        assert!(!failing.is_clean() && failing.in_words().contains("the first: a 500"));
        let lost = Checked { lost: 1, differences: vec!["crowd-1: lost".to_owned()], ..Checked::default() };
        let losing = figures(0, lost);
        assert!(!losing.is_clean() && losing.in_words().contains("    crowd-1: lost"));
        for wrong in
            [Checked { surplus: 1, ..Checked::default() }, Checked { profile_mismatches: 1, ..Checked::default() }]
        {
            assert!(!figures(0, wrong).is_clean());
        }
    }

    #[test]
    fn functions_are_found_where_sam_builds_them() {
        assert_eq!(["score", "profile-updater"].map(logical_id), ["Score", "ProfileUpdater"]);
    }
}
