//! Processes are started again when they end, and none is left behind.

use std::path::{Path, PathBuf};
use std::time::Duration;

use local::processes::supervisor::Environment;
use local::processes::{GroupChild, Incident, Service, Supervisor, Watchdog, pid_file};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::emulator::Folder;

fn watchdog() -> Watchdog {
    Watchdog::start(Path::new(env!("CARGO_BIN_EXE_local"))).unwrap()
}

/// A service that is a line of shell.
fn shell(name: &str, line: &str) -> Service {
    Service {
        name: name.to_owned(),
        program: PathBuf::from("/bin/sh"),
        arguments: vec!["-c".into(), line.into()],
        environment: Environment::Only(vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())]),
        folder: PathBuf::from("/"),
    }
}

/// Prints its own process id and that of a child, and waits for the child.
const TWO_PROCESSES: &str = "sleep 1000 & echo $$ $!; wait";

/// Whether a process runs. One that has ended and was not waited for (its parent died first) does not.
fn is_running(pid: i32) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'),
        Err(_) if Path::new("/proc/self").exists() => false,
        Err(_) => Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid).is_ok()),
    }
}

/// Asks again and again until it is so.
async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..500 {
        if let Some(seen) = look() {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never seen: {what}");
}

/// The process ids that a service of [`TWO_PROCESSES`] has printed.
async fn printed_pids(log: &Path) -> Vec<i32> {
    eventually("two process ids", || {
        let text = std::fs::read_to_string(log).ok()?;
        let pids: Vec<i32> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        (text.ends_with('\n') && pids.len() == 2).then_some(pids)
    })
    .await
}

#[tokio::test]
async fn stopping_leaves_no_process_not_even_a_stubborn_childs_child() {
    let folder = Folder::new("stop");
    let (mut supervisor, _incidents) = Supervisor::new(folder.path().to_owned(), watchdog()).unwrap();
    supervisor.start(shell("polite", TWO_PROCESSES)).unwrap();
    supervisor.start(shell("deaf-child", "(trap '' TERM; sleep 1000) & echo $$ $!; wait")).unwrap();
    let mut pids = printed_pids(&folder.path().join("polite.log")).await;
    pids.extend(printed_pids(&folder.path().join("deaf-child.log")).await);
    assert!(pids.iter().all(|pid| is_running(*pid)));
    supervisor.stop().await;
    eventually("the end of all", || pids.iter().all(|pid| !is_running(*pid)).then_some(())).await;
}

#[tokio::test]
async fn the_watchdog_kills_what_a_killed_parent_leaves() {
    let folder = Folder::new("watchdog");
    let watchdog = watchdog();
    let log = folder.path().join("orphan.log");
    let mut command = tokio::process::Command::new("/bin/sh");
    command.args(["-c", TWO_PROCESSES]).stdout(std::fs::File::create(&log).unwrap());
    let orphan = GroupChild::spawn(command, &watchdog).unwrap();
    let pids = printed_pids(&log).await;
    // Nobody is left to clean up; all that happens is that the line to the watchdog ends.
    std::mem::forget(orphan);
    watchdog.finish();
    eventually("the end of the orphans", || pids.iter().all(|pid| !is_running(*pid)).then_some(())).await;
}

#[tokio::test]
async fn the_watchdog_spares_what_has_ended() {
    let watchdog = watchdog();
    let mut ended = GroupChild::spawn(tokio::process::Command::new("true"), &watchdog).unwrap();
    assert!(ended.wait().await.unwrap().success());
    watchdog.finish();
}

#[tokio::test]
async fn what_crashes_is_reported_with_the_end_of_its_log_and_started_again() {
    let folder = Folder::new("crash-once");
    let (mut supervisor, mut incidents) = Supervisor::new(folder.path().to_owned(), watchdog()).unwrap();
    let marker = folder.path().join("marker");
    let line =
        format!("if [ -e {0} ]; then sleep 1000; fi; touch {0}; echo going; echo down >&2; exit 3", marker.display());
    supervisor.start(shell("shaky", &line)).unwrap();

    let incident: Incident = incidents.recv().await.unwrap();
    assert_eq!(incident.last_lines, ["going", "down"]);
    let text = incident.to_string();
    for part in ["shaky ended (exit status: 3)", "starting again", "shaky.log ends:\n    going\n    down"] {
        assert!(text.contains(part), "{text}");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(incidents.try_recv().is_err(), "it was started again and runs");
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_keeps_crashing_is_given_up() {
    let folder = Folder::new("crash-always");
    let (mut supervisor, mut incidents) = Supervisor::new(folder.path().to_owned(), watchdog()).unwrap();
    supervisor.start(shell("broken", "exit 1")).unwrap();
    let mut pauses_ms = Vec::new();
    let last = loop {
        let incident = incidents.recv().await.unwrap();
        match incident.restart_in {
            Some(pause) => pauses_ms.push(pause.as_millis()),
            None => break incident.to_string(),
        }
    };
    assert_eq!(pauses_ms, [200, 400, 800, 1600, 3200]);
    assert!(last.contains("6 times in a row and is given up"), "{last}");
    assert!(last.contains("broken.log is empty"), "{last}");
    supervisor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_killed_is_started_again_however_often_and_told() {
    let folder = Folder::new("killed");
    let (mut supervisor, mut incidents) = Supervisor::new(folder.path().to_owned(), watchdog()).unwrap();
    let endings = supervisor.start(shell("victim", "kill -9 $$")).unwrap();
    assert_eq!(*endings.borrow(), None);
    for _ in 0..10 {
        let incident = incidents.recv().await.unwrap();
        assert_eq!(incident.restart_in, Some(Duration::from_millis(200)), "{incident}");
        assert_eq!(endings.borrow().as_ref(), Some(&incident.how));
    }
    supervisor.stop().await;
}

#[tokio::test]
async fn the_process_id_of_a_service_stands_beside_its_log_as_long_as_it_runs() {
    let folder = Folder::new("pid");
    let (mut supervisor, mut incidents) = Supervisor::new(folder.path().to_owned(), watchdog()).unwrap();
    supervisor.start(shell("sleeper", "sleep 1000")).unwrap();
    let file = pid_file(folder.path(), "sleeper");
    let pid = || std::fs::read_to_string(&file).ok().filter(|text| text.ends_with('\n'));
    let first = eventually("a process id", pid).await;
    let process = Pid::from_raw(first.trim().parse().unwrap()).unwrap();
    kill_process(process, Signal::KILL).unwrap();
    incidents.recv().await.unwrap();
    eventually("another process id", || pid().filter(|pid| *pid != first)).await;
    supervisor.stop().await;
    assert_eq!(pid(), None);
}

#[tokio::test]
async fn a_program_that_is_not_there_is_an_incident() {
    let folder = Folder::new("missing");
    let (mut supervisor, mut incidents) = Supervisor::new(folder.path().to_owned(), watchdog()).unwrap();
    supervisor.start(Service { program: PathBuf::from("/no/such/program"), ..shell("missing", "") }).unwrap();
    let incident = incidents.recv().await.unwrap();
    assert!(incident.how.contains("No such file"), "{}", incident.how);
    supervisor.stop().await;
}
