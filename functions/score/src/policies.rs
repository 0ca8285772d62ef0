//! The policies in force: the deployed one, unless the table holds another, and what the latest review makes of it; looked up once a
//! minute.
//!
//! A document that cannot be read, or that is no policy or review, changes nothing: the last one that could be used stays in force,
//! the log says why, and every look counts it until somebody mends it.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use edge::metrics::PolicyMetrics;
use engine::policy::{Policy, PolicyError};
use engine::review::Review;
use store::ports::{PolicyDocuments, ReadPolicies};
// The runtime's clock, so that a simulation's minute is one here as well.
use tokio::time::{Instant, timeout};

/// How long what was read stands.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// What one decision is made under.
#[derive(Debug, Clone)]
pub(crate) struct InForce {
    pub(crate) live: Arc<Policy>,
    pub(crate) shadow: Option<Arc<Policy>>,
}

#[derive(Debug)]
pub(crate) struct Policies {
    deployed: Arc<Policy>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The policies as they were published.
    published: InForce,
    /// What all customers together have shown.
    review: Option<Review>,
    /// The policies as the review leaves them.
    in_force: InForce,
    documents: PolicyDocuments,
    /// Which of the documents cannot be used.
    rejected: BTreeSet<&'static str>,
    looked_at: Option<Instant>,
}

impl Policies {
    /// Begins with the deployed policy.
    pub(crate) fn new(deployed: Policy) -> Self {
        let deployed = Arc::new(deployed);
        let in_force = InForce { live: Arc::clone(&deployed), shadow: None };
        let documents = PolicyDocuments::default();
        let rejected = BTreeSet::new();
        let state = State { published: in_force.clone(), review: None, in_force, documents, rejected, looked_at: None };
        Self { deployed, state: Mutex::new(state) }
    }

    /// What is in force.
    pub(crate) fn in_force(&self) -> InForce {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).in_force.clone()
    }

    /// Looks into the table if it is time to, for at most `budget`.
    pub(crate) async fn refresh(&self, ports: &impl ReadPolicies, budget: Duration) {
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.looked_at.is_some_and(|looked_at| looked_at.elapsed() < KEPT_FOR) {
                return;
            }
            // One of many at once looks; a table that does not answer is asked again only in a minute.
            state.looked_at = Some(Instant::now());
        }
        let unread = |cause: &dyn Display| {
            tracing::error!(%cause, "the policies could not be read; the last ones stay in force");
            false
        };
        // Boxed, because nearly every decision gets by without it.
        let is_read = match timeout(budget, Box::pin(ports.read_policies())).await {
            Ok(Ok(documents)) => {
                self.take(documents);
                true
            }
            Ok(Err(error)) => unread(&error),
            Err(elapsed) => unread(&elapsed),
        };
        self.measure(is_read);
    }

    /// Counts a look, and what is wrong with what it found.
    fn measure(&self, is_read: bool) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        PolicyMetrics {
            timestamp: SystemTime::now(),
            function: "score",
            policy_looks: 1,
            policies_unread: (!is_read).into(),
            policies_rejected: state.rejected.len() as u64,
            rejected: state.rejected.iter().copied().collect::<Vec<_>>().join(" "),
            policy: state.in_force.live.version.clone(),
        }
        .emit();
    }

    fn take(&self, documents: PolicyDocuments) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.documents == documents {
            return;
        }
        if state.documents.live != documents.live {
            match read(documents.live.as_deref()) {
                Ok(live) => {
                    state.rejected.remove("policy");
                    state.published.live = live.map_or_else(|| Arc::clone(&self.deployed), Arc::new);
                    tracing::info!(policy = %state.published.live.version, "a policy is in force");
                }
                Err(error) => {
                    state.rejected.insert("policy");
                    tracing::error!(cause = %error, "the policy in the table cannot be used; the last one stays in force");
                }
            }
        }
        if state.documents.shadow != documents.shadow {
            match read(documents.shadow.as_deref()) {
                Ok(shadow) => {
                    state.rejected.remove("shadow");
                    state.published.shadow = shadow.map(Arc::new);
                }
                Err(error) => {
                    state.rejected.insert("shadow");
                    state.published.shadow = None;
                    tracing::error!(cause = %error, "the shadow policy in the table cannot be used");
                }
            }
        }
        if state.documents.review != documents.review {
            match documents.review.as_deref().map(|document| Review::from_json(document.as_bytes())).transpose() {
                Ok(review) => {
                    state.rejected.remove("review");
                    state.review = review;
                }
                Err(error) => {
                    state.rejected.insert("review");
                    tracing::error!(cause = %error, "the review in the table cannot be used; the last one stays in force");
                }
            }
        }
        state.in_force = state.published.reviewed(state.review.as_ref());
        state.documents = documents;
    }
}

impl InForce {
    /// The policies as a review leaves them.
    fn reviewed(&self, review: Option<&Review>) -> Self {
        let Some(review) = review else { return self.clone() };
        let reviewed = |policy: &Arc<Policy>| Arc::new(policy.reviewed(review));
        Self { live: reviewed(&self.live), shadow: self.shadow.as_ref().map(reviewed) }
    }
}

fn read(document: Option<&str>) -> Result<Option<Policy>, PolicyError> {
    document.map(|document| Policy::from_json(document.as_bytes())).transpose()
}
