//! `POST /v1/review`: once an hour, what was counted of all customers is turned into what decisions go by: which variants are
//! stopped, and what helps.
//!
//! A schedule calls it; no caller of the API can, because the route is not in it (see the schedule in `infra/template.yaml`). What it writes lies
//! beside the policies, where `score` looks once a minute anyway.

use std::borrow::Cow;

use edge::{Answer, Problem, Route};
use engine::policy::{Policy, PolicyError};
use engine::review::{Counted, Review, ReviewError, Stopped};
use engine::time::Day;
use lambda_http::http::StatusCode;
use serde_json::value::RawValue;
use store::StoreError;

use crate::{MetricsReport, Ports};

pub(crate) const ROUTE: Route = Route::for_schedule("POST /v1/review");

/// How many days' roll-ups are held at once.
const DAYS_AT_ONCE: i32 = 31;

impl<P: Ports> MetricsReport<P> {
    /// Makes a review, and answers it. Each builds upon the one before; of two at once one is refused.
    pub(crate) async fn review(&self) -> Result<Answer, Problem> {
        let now = (self.clock)();
        let documents = self.ports.read_policies().await?;
        let policy = match &documents.live {
            Some(document) => Cow::Owned(Policy::from_json(document.as_bytes()).map_err(|error| unusable(&error))?),
            None => Cow::Borrowed(&self.policy),
        };
        let earlier = documents.review.as_deref().map(earlier).transpose()?.flatten();
        let counted = self.count(Review::first_day(&policy, now.day()), now.day()).await?;
        let review = Review::of(&policy, earlier.as_ref(), &counted, now);
        let document = review.to_json().map_err(|error| unreadable(&error))?;
        if !self.ports.put_review(&document, documents.review.as_deref()).await? {
            return Err(Problem::conflict(
                "CHANGED_MEANWHILE",
                "Another review was made at the same time, and stands.",
            ));
        }
        // Each replaces the one before: the log is where an auditor finds that of an earlier decision.
        tracing::info!(review = document, "reviewed");
        for Stopped { experiment, arm, interventions, annoying, annoyed_max, .. } in review.stopped_now() {
            tracing::warn!(experiment, arm, interventions, annoying, annoyed_max, "a variant annoys more than it may");
        }
        let body = RawValue::from_string(document).map_err(|error| unreadable(&error))?;
        Answer::json(&body)
    }

    /// What was counted from a day until today, without holding all of these days at once.
    async fn count(&self, mut from: Day, today: Day) -> Result<Counted, StoreError> {
        let mut counted = Counted::default();
        loop {
            let to = from.plus_days(DAYS_AT_ONCE - 1).min(today);
            let rollups = self.ports.read_rollups(from, to).await?;
            rollups.iter().for_each(|rollup| counted.add(rollup, today));
            if to >= today {
                return Ok(counted);
            }
            from = to.plus_days(1);
        }
    }
}

/// The review before. One that is damaged is as none: what it stopped is found again, because the counts of what is stopped
/// stand still.
fn earlier(document: &str) -> Result<Option<Review>, Problem> {
    match Review::from_json(document.as_bytes()) {
        Ok(review) => Ok(Some(review)),
        Err(error @ ReviewError::Damaged(_)) => {
            tracing::error!(cause = %error, "the review before cannot be used; this one begins anew");
            Ok(None)
        }
        Err(error @ ReviewError::Newer { .. }) => {
            let detail = "The review before was made by a newer version of Guardian, which must be deployed to go on.";
            Err(Problem { internal: Some(error.to_string()), ..Problem::conflict("NEWER_FORMAT", detail) })
        }
    }
}

/// Decisions go on under the policy that could be used last, and so does the review that was made under it.
fn unusable(error: &PolicyError) -> Problem {
    let detail =
        "The policy in the table cannot be used, so that its experiments are not known; the review before stands.";
    Problem { internal: Some(error.to_string()), ..Problem::conflict("POLICY_UNUSABLE", detail) }
}

fn unreadable(error: &dyn std::fmt::Display) -> Problem {
    let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "The review could not be written.");
    Problem { internal: Some(error.to_string()), ..problem }
}
