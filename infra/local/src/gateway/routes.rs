//! The routes of the API, as `infra/api.yaml` has them: what is deployed is what runs here.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::Method;
use serde_yaml_ng::Value as Yaml;

use crate::trigger::mapping::TEMPLATE;

/// The template of the API, from the root of the workspace.
const API: &str = "infra/api.yaml";

/// The condition under which tokens are asked for, which is how it is played here.
const ACCESS_IS_JWT: &str = "AccessIsJwt";

/// Why the template's routes cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum RoutesError {
    /// A template could not be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The template.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A template is no YAML.
    #[error("{path}: {source}")]
    NotYaml {
        /// The template.
        path: PathBuf,
        /// Why not.
        source: serde_yaml_ng::Error,
    },
    /// A route is of a kind that is not played.
    #[error("the route {route} of {API}: {reason}")]
    NotUnderstood {
        /// The route's name in the template.
        route: String,
        /// What is not.
        reason: &'static str,
    },
}

/// All routes.
#[derive(Debug, Clone, PartialEq)]
pub struct Routes(Vec<Route>);

/// One route.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, with placeholders.
    pub path: String,
    /// The function behind it, by the name of its folder.
    pub function: String,
    /// How long the gateway waits for the function.
    pub timeout: Duration,
    /// What it asks for.
    pub access: Access,
}

/// What a route asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Open,
    /// A token with one of these scopes; with any, if there are none.
    Token {
        /// The scopes.
        scopes: Vec<String>,
    },
}

/// A route, and what the placeholders of its path stand for.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) key: String,
    pub(crate) function: &'a str,
    pub(crate) access: &'a Access,
    pub(crate) parameters: Vec<(&'a str, String)>,
}

impl Routes {
    /// The routes of the workspace's templates.
    ///
    /// # Errors
    /// [`RoutesError`] that names the template and the route.
    pub fn of_workspace(workspace: &Path) -> Result<Self, RoutesError> {
        let read = |name: &str| {
            let path = workspace.join(name);
            let text =
                fs::read_to_string(&path).map_err(|source| RoutesError::Unreadable { path: path.clone(), source })?;
            serde_yaml_ng::from_str::<Yaml>(&text).map_err(|source| RoutesError::NotYaml { path, source })
        };
        Self::of(&read(TEMPLATE)?, &read(API)?)
    }

    fn of(template: &Yaml, api: &Yaml) -> Result<Self, RoutesError> {
        let mut routes = Vec::new();
        for (name, resource) in resources(api) {
            if resource.get("Type").and_then(Yaml::as_str) == Some("AWS::ApiGatewayV2::Route") {
                let not_understood = |reason| RoutesError::NotUnderstood { route: name.to_owned(), reason };
                routes.push(route(template, api, resource).map_err(not_understood)?);
            }
        }
        Ok(Self(routes))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.0.iter()
    }

    /// How long the gateway waits for a function at most; `None` if no route leads to it.
    pub(crate) fn timeout_of(&self, function: &str) -> Option<Duration> {
        self.0.iter().filter(|route| route.function == function).map(|route| route.timeout).max()
    }

    /// The route of a request. Of two that fit, the one that names more of the path, as in API Gateway.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Option<Found<'_>> {
        let fitting = self.0.iter().filter(|route| route.method == *method);
        let fitting = fitting.filter_map(|route| Some((route, parameters(&route.path, path)?)));
        let (route, parameters) = fitting.min_by_key(|(_, parameters)| parameters.len())?;
        let key = format!("{} {}", route.method, route.path);
        Some(Found { key, function: &route.function, access: &route.access, parameters })
    }
}

/// What the placeholders of a route's path stand for in this path, if it fits.
fn parameters<'a>(route: &'a str, path: &str) -> Option<Vec<(&'a str, String)>> {
    let (own, asked): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
    if own.len() != asked.len() {
        return None;
    }
    let mut parameters = Vec::new();
    for (own, asked) in own.into_iter().zip(asked) {
        match own.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if !asked.is_empty() => parameters.push((name, asked.to_owned())),
            None if own == asked => (),
            _ => return None,
        }
    }
    Some(parameters)
}

fn route(template: &Yaml, api: &Yaml, resource: &Yaml) -> Result<Route, &'static str> {
    let properties = resource.get("Properties").ok_or("it has no properties")?;
    let property = |name: &str| properties.get(name).map(played);
    let key = property("RouteKey").and_then(Yaml::as_str).and_then(|key| key.split_once(' '));
    let (name, path) = key.ok_or("a RouteKey is a method and a path")?;
    let access = match property("AuthorizationType").and_then(Yaml::as_str) {
        Some("NONE") => Access::Open,
        Some("JWT") => {
            let scopes = property("AuthorizationScopes").and_then(Yaml::as_sequence).into_iter().flatten();
            Access::Token { scopes: scopes.filter_map(Yaml::as_str).map(str::to_owned).collect() }
        }
        _ => return Err("an AuthorizationType is JWT or NONE"),
    };
    let method = name.parse().map_err(|_| "a RouteKey begins with a method")?;
    let integration = integration(api, property("Target")).ok_or("its Target is no integration")?;
    let function = function(template, integration).ok_or("its integration is with no function of the template")?;
    let timeout_ms = integration.get("TimeoutInMillis").and_then(Yaml::as_u64);
    let timeout = timeout_ms.map(Duration::from_millis).ok_or("its integration has no TimeoutInMillis")?;
    Ok(Route { method, path: path.to_owned(), function, timeout, access })
}

/// The properties of the integration that a target names.
fn integration<'a>(api: &'a Yaml, target: Option<&Yaml>) -> Option<&'a Yaml> {
    let name = tagged(target?, "Sub")?.strip_prefix("integrations/${")?.strip_suffix('}')?;
    resource(api, name)?.get("Properties")
}

/// The folder of the function of an integration: by the parameter that this names, and the alias which that is given.
fn function(template: &Yaml, integration: &Yaml) -> Option<String> {
    let parameter = tagged(integration.get("IntegrationUri")?, "Ref")?;
    let is_api = |stack: &&Yaml| {
        let place = stack.get("Properties").and_then(|properties| properties.get("TemplateURL")).and_then(Yaml::as_str);
        place.is_some_and(|place| API.ends_with(place))
    };
    let stack = resources(template).map(|(_, resource)| resource).find(is_api)?;
    let alias = tagged(stack.get("Properties")?.get("Parameters")?.get(parameter)?, "Ref")?;
    let function = resource(template, alias.strip_suffix(".Alias")?)?;
    let folder = function.get("Properties")?.get("CodeUri")?.as_str()?.rsplit('/').next()?;
    Some(folder.to_owned())
}

fn resources(template: &Yaml) -> impl Iterator<Item = (&str, &Yaml)> {
    let resources = template.get("Resources").and_then(Yaml::as_mapping).into_iter().flatten();
    resources.filter_map(|(name, resource)| Some((name.as_str()?, resource)))
}

fn resource<'a>(template: &'a Yaml, name: &str) -> Option<&'a Yaml> {
    template.get("Resources")?.get(name)
}

/// The value of an intrinsic function of this name.
fn tagged<'a>(value: &'a Yaml, name: &str) -> Option<&'a str> {
    match value {
        Yaml::Tagged(tagged) if tagged.tag == name => tagged.value.as_str(),
        _ => None,
    }
}

/// The value as it is where tokens are asked for.
fn played(value: &Yaml) -> &Yaml {
    match value {
        Yaml::Tagged(tagged) if tagged.tag == "If" => match tagged.value.as_sequence().map(Vec::as_slice) {
            Some([condition, then, _]) if condition.as_str() == Some(ACCESS_IS_JWT) => then,
            _ => value,
        },
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(routes: &[(&str, &str)]) -> Routes {
        let route = |(method, path): &(&str, &str)| Route {
            method: method.parse().unwrap(),
            path: (*path).to_owned(),
            function: (*path).to_owned(),
            timeout: Duration::from_secs(1),
            access: Access::Open,
        };
        Routes(routes.iter().map(route).collect())
    }

    #[track_caller]
    fn check(method: &Method, path: &str, expect: Option<(&str, &[(&str, &str)])>) {
        let routes = routes(&[("GET", "/a/{b}"), ("GET", "/a/c"), ("POST", "/a/{b}/d/{e}")]);
        let found = routes.find(method, path);
        let found = found.as_ref().map(|found| {
            let parameters = found.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>();
            (found.key.as_str(), parameters)
        });
        assert_eq!(found, expect.map(|(key, parameters)| (key, parameters.to_vec())), "{path}");
    }

    #[test]
    fn the_route_that_names_more_of_the_path_wins() {
        check(&Method::GET, "/a/x", Some(("GET /a/{b}", &[("b", "x")])));
        check(&Method::GET, "/a/c", Some(("GET /a/c", &[])));
        check(&Method::POST, "/a/x/d/y", Some(("POST /a/{b}/d/{e}", &[("b", "x"), ("e", "y")])));
        check(&Method::POST, "/a/x", None);
        check(&Method::GET, "/a", None);
        check(&Method::GET, "/a/", None);
        check(&Method::GET, "/a/c/", None);
    }

    #[test]
    fn what_is_not_played_is_refused_by_its_name() {
        let template = serde_yaml_ng::from_str("Resources: {}").unwrap();
        let api = "Resources: { R: { Type: 'AWS::ApiGatewayV2::Route', Properties: { RouteKey: GET /a, AuthorizationType: CUSTOM } } }";
        let error = Routes::of(&template, &serde_yaml_ng::from_str(api).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "the route R of infra/api.yaml: an AuthorizationType is JWT or NONE");
    }
}
