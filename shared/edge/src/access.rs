//! Who calls, and what they may ask.
//!
//! API Gateway finds out who calls: its authorizer checks the token, or the signature of an IAM identity, and tells the function in
//! the event's `requestContext.authorizer`, which no caller can write. What follows from it is decided here, for every function.
//!
//! Architecture Invariant: nothing is admitted that is not said to be. Each route names who may ask; an event without an identity
//! reaches none but those for anybody, which hold nothing of anyone.

use std::collections::HashMap;

use engine::id::CustomerId;
use lambda_http::http::StatusCode;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};

use crate::problem::Problem;

/// The claim that holds the id of a customer unless `CUSTOMER_CLAIM` names another: whom the token is about (RFC 7519).
pub const CUSTOMER_CLAIM: &str = "sub";

/// The claims that hold scopes: OAuth 2.0's own (RFC 8693), and that of Okta and Entra ID.
const SCOPE_CLAIMS: [&str; 2] = ["scope", "scp"];

/// The `apiId` of the events that the schedule in the template sends. An API's own is ten letters and digits that AWS chose.
const SCHEDULE: &str = "schedule";

/// What a token may be for, as its scopes say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `guardian/score`: scoring attempts of anybody. For a checkout's backend.
    Score,
    /// `guardian/customers`: everything of any customer. For a bank's or an app's backend.
    Customers,
    /// `guardian/operator`: report and dashboard.
    Operator,
    /// `guardian/self`: what concerns the one customer that the token is about.
    Own,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Score, Self::Customers, Self::Operator, Self::Own];

    /// Its name in a token.
    pub fn name(self) -> &'static str {
        match self {
            Self::Score => "guardian/score",
            Self::Customers => "guardian/customers",
            Self::Operator => "guardian/operator",
            Self::Own => "guardian/self",
        }
    }
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Nobody that is known.
    Unknown,
    /// An identity of IAM. Which routes it may call is written in its policies, and API Gateway has looked them up.
    Iam,
    /// The bearer of a token, with the scopes that are known here.
    Bearer {
        /// What the token is for.
        scopes: Vec<Scope>,
        /// The customer whom it is about; `None` if the claim is missing, or is no customer's id.
        customer: Option<CustomerId>,
    },
    /// The schedule in the template.
    Schedule,
}

/// Whom a route answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admits {
    /// Anybody: it holds nothing of anyone.
    Anybody,
    /// Those with this scope.
    Only(Scope),
    /// Those with this scope, and a customer about themselves.
    OneselfOr(Scope),
    /// The schedule alone.
    Schedule,
}

impl Caller {
    /// Who sent a request, as API Gateway says; `customer_claim` is the claim that holds a customer's id.
    pub fn of(request: &Request, customer_claim: &str) -> Self {
        let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return Self::Unknown };
        let Some(authorizer) = &context.authorizer else {
            let is_schedule = context.apiid.as_deref() == Some(SCHEDULE);
            return if is_schedule { Self::Schedule } else { Self::Unknown };
        };
        if let Some(token) = &authorizer.jwt {
            return Self::bearer(&token.claims, customer_claim);
        }
        match &authorizer.iam {
            Some(identity) if identity.user_arn.is_some() => Self::Iam,
            _ => Self::Unknown,
        }
    }

    fn bearer(claims: &HashMap<String, String>, customer_claim: &str) -> Self {
        let named = SCOPE_CLAIMS.iter().filter_map(|name| claims.get(*name));
        // API Gateway writes a list as `[a b]`.
        let held: Vec<&str> = named.flat_map(|text| text.split([' ', ',', '[', ']', '"'])).collect();
        let scopes = Scope::ALL.into_iter().filter(|scope| held.contains(&scope.name())).collect();
        let customer = claims.get(customer_claim).and_then(|id| CustomerId::parse(id).ok());
        Self::Bearer { scopes, customer }
    }

    fn has(&self, wanted: Scope) -> bool {
        matches!(self, Self::Bearer { scopes, .. } if scopes.contains(&wanted))
    }

    /// Whether a route that admits these answers the caller, and about which customer alone: `None` is about any.
    ///
    /// # Errors
    /// 401 `NOT_AUTHENTICATED` if nobody knows who calls, 403 `FORBIDDEN` if it is known and not enough.
    pub fn admitted(&self, admits: Admits) -> Result<Option<&CustomerId>, Problem> {
        match (admits, self) {
            (Admits::Anybody, _) | (Admits::Schedule, Self::Schedule) => Ok(None),
            (_, Self::Unknown) => Err(not_authenticated()),
            (Admits::Schedule, _) => Err(forbidden("Only the schedule may ask this.", "the schedule of the template")),
            (_, Self::Schedule) => Err(forbidden("The schedule may not ask this.", "a token or an IAM identity")),
            (_, Self::Iam) => Ok(None),
            (Admits::Only(scope) | Admits::OneselfOr(scope), _) if self.has(scope) => Ok(None),
            (Admits::OneselfOr(_), Self::Bearer { customer: Some(customer), .. }) if self.has(Scope::Own) => {
                Ok(Some(customer))
            }
            (Admits::OneselfOr(_), _) if self.has(Scope::Own) => Err(forbidden(
                "The token is for a customer's own matters and does not say which customer's.",
                "a customer_id in the claim that CUSTOMER_CLAIM names",
            )),
            (Admits::Only(scope), _) => Err(forbidden("The token is not for this.", scope.name())),
            (Admits::OneselfOr(scope), _) => {
                let expected = format!("{}, or {} of the customer", scope.name(), Scope::Own.name());
                Err(forbidden("The token is not for this.", expected))
            }
        }
    }
}

fn not_authenticated() -> Problem {
    let detail =
        "Nobody has said who calls: the request came without a token or a signature that API Gateway has checked.";
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "NOT_AUTHENTICATED", detail);
    Problem { expected: Some("a header `authorization: Bearer …`, or a signature (AWS SigV4)".to_owned()), ..problem }
}

fn forbidden(detail: &str, expected: impl Into<String>) -> Problem {
    let problem = Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN", detail);
    Problem { expected: Some(expected.into()), ..problem }
}

/// The problem of a token that is about another customer than the request.
pub(crate) fn somebody_elses() -> Problem {
    forbidden("The token is for another customer's matters.", "the customer_id that the token is about")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::http::request;

    fn caller(context: &Value) -> Caller {
        let mut event = json!({
            "version": "2.0", "rawPath": "/", "rawQueryString": "", "headers": {}, "isBase64Encoded": false,
            "requestContext": { "stage": "$default", "http": { "method": "GET", "path": "/" } },
        });
        for (name, value) in context.as_object().unwrap() {
            event["requestContext"][name] = value.clone();
        }
        Caller::of(&request(serde_json::from_str(&event.to_string()).unwrap()), CUSTOMER_CLAIM)
    }

    fn bearer(claims: &Value) -> Caller {
        caller(&json!({ "authorizer": { "jwt": { "claims": claims, "scopes": null } } }))
    }

    #[track_caller]
    fn check(caller: &Caller, admits: Admits, expect: &str) {
        let said = match caller.admitted(admits) {
            Ok(None) => "anybody's".to_owned(),
            Ok(Some(customer)) => customer.as_str().to_owned(),
            Err(problem) => format!("{} {}", problem.status.as_u16(), problem.code),
        };
        assert_eq!(said, expect, "{caller:?} {admits:?}");
    }

    #[test]
    fn scopes_are_read_as_issuers_write_them() {
        use Scope::{Customers, Operator, Own, Score};
        for (claims, expect) in [
            (json!({ "scope": "guardian/score" }), vec![Score]),
            (json!({ "scope": "openid guardian/self guardian/customers" }), vec![Customers, Own]),
            (json!({ "scp": "[guardian/operator guardian/score]" }), vec![Score, Operator]),
            (json!({ "scp": "[\"guardian/operator\",\"guardian/score\"]" }), vec![Score, Operator]),
            (json!({ "scope": "guardian/scores guardian/ guardian score GUARDIAN/SCORE" }), vec![]),
            (json!({ "scopes": "guardian/score" }), vec![]),
            (json!({}), vec![]),
        ] {
            assert_eq!(bearer(&claims), Caller::Bearer { scopes: expect, customer: None }, "{claims}");
        }
    }

    #[test]
    fn nobody_is_admitted_by_default() {
        for context in [
            json!({}),
            json!({ "authorizer": null }),
            json!({ "authorizer": {} }),
            json!({ "authorizer": { "iam": {} } }),
            json!({ "authorizer": { "lambda": { "sub": "ada", "scope": "guardian/customers" } } }),
        ] {
            let caller = caller(&context);
            assert_eq!(caller, Caller::Unknown);
            check(&caller, Admits::Anybody, "anybody's");
            for admits in [Admits::Only(Scope::Operator), Admits::OneselfOr(Scope::Score), Admits::Schedule] {
                check(&caller, admits, "401 NOT_AUTHENTICATED");
            }
        }
    }

    #[test]
    fn a_scope_opens_what_it_says_and_nothing_else() {
        for scope in [Scope::Score, Scope::Customers, Scope::Operator] {
            let caller = bearer(&json!({ "sub": "ada", "scope": scope.name() }));
            for other in [Scope::Score, Scope::Customers, Scope::Operator] {
                let expect = if other == scope { "anybody's" } else { "403 FORBIDDEN" };
                check(&caller, Admits::Only(other), expect);
                check(&caller, Admits::OneselfOr(other), expect);
            }
            check(&caller, Admits::Schedule, "403 FORBIDDEN");
        }
    }

    #[test]
    fn a_customer_is_admitted_to_what_concerns_them_alone() {
        let ada = bearer(&json!({ "sub": "ada", "scope": "guardian/self" }));
        check(&ada, Admits::OneselfOr(Scope::Customers), "ada");
        check(&ada, Admits::Only(Scope::Customers), "403 FORBIDDEN");
        for claims in [json!({ "scope": "guardian/self" }), json!({ "scope": "guardian/self", "sub": "auth0|ada" })] {
            check(&bearer(&claims), Admits::OneselfOr(Scope::Customers), "403 FORBIDDEN");
        }
        // Who may do more is not held to themselves.
        let both = bearer(&json!({ "sub": "ada", "scope": "guardian/self guardian/customers" }));
        check(&both, Admits::OneselfOr(Scope::Customers), "anybody's");
    }

    #[test]
    fn an_identity_of_iam_may_ask_what_its_policies_let_through_and_the_schedule_its_one_question() {
        let iam = caller(&json!({ "authorizer": { "iam": { "userArn": "arn:aws:iam::123456789012:role/backend" } } }));
        check(&iam, Admits::OneselfOr(Scope::Customers), "anybody's");
        check(&iam, Admits::Schedule, "403 FORBIDDEN");
        let schedule = caller(&json!({ "apiId": "schedule" }));
        check(&schedule, Admits::Schedule, "anybody's");
        check(&schedule, Admits::OneselfOr(Scope::Customers), "403 FORBIDDEN");
        // An identity is looked at first: what the schedule sends has none.
        let disguised = caller(&json!({ "apiId": "schedule", "authorizer": { "jwt": { "claims": {} } } }));
        check(&disguised, Admits::Schedule, "403 FORBIDDEN");
    }
}
