//! Metrics: one wide event per request in CloudWatch's embedded metric format, written when its guard is dropped.
//!
//! The names that dashboards and alarms use are the fields of these structs, in `PascalCase`. No customer, merchant or
//! amount is ever a dimension or a field.

use std::time::{Duration, SystemTime};

use metrique::ServiceMetrics;
use metrique::emf::Emf;
use metrique::unit::{Microsecond, Millisecond};
use metrique::unit_of_work::metrics;
use metrique::writer::{AttachGlobalEntrySink, AttachGlobalEntrySinkExt, FormatExt, GlobalEntrySink};

/// The CloudWatch namespace of every metric, where there is only one Guardian; the template gives each stack its own below it.
pub const NAMESPACE: &str = "FinancialGuardian";

/// Sends all metrics to standard output, each as it is complete: a function is frozen between events, so nothing may wait.
pub(crate) fn attach(namespace: &str) {
    if ServiceMetrics::try_sink().is_some() {
        return;
    }
    // A function lives as long as its process, and so do its metrics.
    let output = format(namespace).output_to_makewriter(|| std::io::stdout().lock());
    ServiceMetrics::write_directly_to(output).forget();
}

/// How metrics are written: one JSON object a line, which names namespace, dimensions, metrics and units for CloudWatch.
pub fn format(namespace: &str) -> Emf {
    Emf::builder(namespace.to_owned(), vec![vec![]]).build()
}

/// Whether metrics have somewhere to go; in tests they have not.
macro_rules! emit {
    ($metrics:expr) => {
        if ServiceMetrics::try_sink().is_some() {
            drop($metrics.append_on_drop(ServiceMetrics::sink()));
        }
    };
}

/// One HTTP request.
#[derive(Debug)]
#[metrics(rename_all = "PascalCase", emf::dimension_sets = [["Function"], ["Function", "Route"]])]
pub struct RequestMetrics {
    /// When it came.
    #[metrics(timestamp)]
    pub timestamp: SystemTime,
    /// The function that answered.
    pub function: &'static str,
    /// The route, with placeholders instead of ids.
    pub route: &'static str,
    /// Always 1.
    pub requests: u64,
    /// 1 for a status of 400 to 499.
    pub client_errors: u64,
    /// 1 for a status of 500 and above.
    pub server_errors: u64,
    /// From the event to the answer.
    #[metrics(unit = Millisecond)]
    pub duration: Duration,
}

impl RequestMetrics {
    /// Writes the event.
    pub fn emit(self) {
        emit!(self);
    }
}

/// One decision.
#[derive(Debug)]
#[metrics(rename_all = "PascalCase", emf::dimension_sets = [["Function"], ["Function", "Action"]])]
pub struct DecisionMetrics {
    /// When it was made.
    #[metrics(timestamp)]
    pub timestamp: SystemTime,
    /// The function that decided.
    pub function: &'static str,
    /// The action.
    pub action: &'static str,
    /// Always 1.
    pub decisions: u64,
    /// 1 if the customer was interrupted.
    pub interventions: u64,
    /// 1 if something was missing.
    pub degraded: u64,
    /// 1 if the decision could not be recorded.
    pub unrecorded: u64,
    /// 1 if it repeats an earlier one for the same key.
    pub repeated: u64,
    /// 1 if too little was known of the customer to rely on it: the model and the policy as they do for newcomers.
    pub learning: u64,
    /// How many of the policy's rules failed on it.
    pub rule_errors: u64,
    /// Reading the customer and the merchant.
    #[metrics(unit = Millisecond)]
    pub read: Duration,
    /// Comparing and deciding.
    #[metrics(unit = Microsecond)]
    pub engine: Duration,
    /// Recording the entry.
    #[metrics(unit = Millisecond)]
    pub write: Duration,
    /// Which model scored. No dimension, as the two below: to be filtered by in the log, and it costs no metric of its own.
    pub model: String,
    /// Which policy decided.
    pub policy: String,
    /// What could not be read, with blanks between; empty if nothing was missing.
    pub missing: String,
}

impl DecisionMetrics {
    /// Writes the event.
    pub fn emit(self) {
        emit!(self);
    }
}

/// One look of a process at what is published in the table.
#[derive(Debug)]
#[metrics(rename_all = "PascalCase", emf::dimension_sets = [["Function"]])]
pub struct PolicyMetrics {
    /// When it looked.
    #[metrics(timestamp)]
    pub timestamp: SystemTime,
    /// The function that looked.
    pub function: &'static str,
    /// Always 1.
    pub policy_looks: u64,
    /// 1 if the table did not answer: what was known before stays in force.
    pub policies_unread: u64,
    /// How many of the documents there (policy, shadow, review) cannot be used.
    pub policies_rejected: u64,
    /// Which, with blanks between.
    pub rejected: String,
    /// The policy that decides now.
    pub policy: String,
}

impl PolicyMetrics {
    /// Writes the event.
    pub fn emit(self) {
        emit!(self);
    }
}

/// One batch of the stream.
#[derive(Debug)]
#[metrics(rename_all = "PascalCase", emf::dimension_sets = [["Function"]])]
pub struct BatchMetrics {
    /// When it came.
    #[metrics(timestamp)]
    pub timestamp: SystemTime,
    /// The function that learned.
    pub function: &'static str,
    /// Records in the batch.
    pub records: u64,
    /// Changes learned.
    pub learned: u64,
    /// Changes that were learned before.
    pub repeated: u64,
    /// Records that tell nothing to learn.
    pub ignored: u64,
    /// Records that cannot be read and never will be by this version.
    pub poison: u64,
    /// Records handed back to be tried again, poison included.
    pub failed: u64,
    /// How often a profile was written by somebody else in between.
    pub conflicts: u64,
    /// From the youngest record's writing to its learning.
    #[metrics(unit = Millisecond)]
    pub age: Duration,
    /// From the event to the answer.
    #[metrics(unit = Millisecond)]
    pub duration: Duration,
}

impl BatchMetrics {
    /// Writes the event.
    pub fn emit(self) {
        emit!(self);
    }
}
