//! The routes of a function: what it answers, and whom.

use lambda_http::http::Method;

use crate::access::{Admits, Scope};

/// What paths call the customer whom they are about.
pub(crate) const CUSTOMER: &str = "customer_id";

/// What paths call the attempt that they are about.
pub(crate) const ATTEMPT: &str = "attempt_id";

/// One route: a method, a path, and who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Method and path, with placeholders instead of ids, as the template writes them; a metric's dimension.
    pub name: &'static str,
    /// Who may ask.
    pub admits: Admits,
}

impl Route {
    /// A route for anybody: one that holds nothing of anyone.
    pub const fn for_anybody(name: &'static str) -> Self {
        Self { name, admits: Admits::Anybody }
    }

    /// A route for those with this scope.
    pub const fn only(scope: Scope, name: &'static str) -> Self {
        Self { name, admits: Admits::Only(scope) }
    }

    /// A route for those with this scope, and for customers about themselves. Who is meant stands in the path as
    /// `{customer_id}`; where it stands in the body, the handler asks [`crate::Call::concerns`].
    pub const fn oneself_or(scope: Scope, name: &'static str) -> Self {
        Self { name, admits: Admits::OneselfOr(scope) }
    }

    /// A route of no API, for the schedule.
    pub const fn for_schedule(name: &'static str) -> Self {
        Self { name, admits: Admits::Schedule }
    }

    /// Whether a request of this method and these segments of a path is for this route.
    pub fn is(&self, method: &Method, path: &[&str]) -> bool {
        let Some((own_method, own_path)) = self.name.split_once(' ') else { return false };
        let own = segments(own_path);
        own_method == method.as_str()
            && own.clone().count() == path.len()
            && own.zip(path).all(|(own, segment)| own.starts_with('{') || own == *segment)
    }

    /// What stands in a path of this route for the placeholder of this name.
    pub(crate) fn parameter<'a>(&self, name: &str, path: &[&'a str]) -> Option<&'a str> {
        let (_, own_path) = self.name.split_once(' ')?;
        let is_its = |own: &str| own.strip_prefix('{').and_then(|own| own.strip_suffix('}')) == Some(name);
        segments(own_path).zip(path).find(|(own, _)| is_its(own)).map(|(_, segment)| *segment)
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> + Clone {
    path.split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_its_method_and_its_path_with_anything_for_an_id() {
        let route = Route::oneself_or(Scope::Customers, "GET /v1/customers/{customer_id}/profile");
        for (method, path, expect) in [
            (Method::GET, "/v1/customers/ada/profile", true),
            (Method::POST, "/v1/customers/ada/profile", false),
            (Method::GET, "/v1/customers/ada/profiles", false),
            (Method::GET, "/v1/customers/profile", false),
            (Method::GET, "/v1/customers/ada/profile/x", false),
            (Method::GET, "", false),
        ] {
            let path: Vec<&str> = segments(path).collect();
            assert_eq!(route.is(&method, &path), expect, "{method} {path:?}");
        }
        assert_eq!(route.parameter(CUSTOMER, &["v1", "customers", "ada", "profile"]), Some("ada"));
        assert_eq!(route.parameter(ATTEMPT, &["v1", "customers", "ada", "profile"]), None);
    }
}
