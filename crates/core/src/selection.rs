//! Which APIs and scopes a token is for. Scope is never narrowed: one that cannot be had refuses the request.

use std::collections::HashSet;

use jeton_jose::Algorithm;

use crate::authority::IssueError;
use crate::id::{AudienceUri, ScopeName, is_absolute_uri, is_scope_byte};
use crate::model::Grant;
use crate::reason::Reason;
use crate::token_request::Target;

/// What a token will be for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection<'a> {
    /// The audiences, at least one.
    pub audiences: Vec<&'a AudienceUri>,
    /// The scopes as one string (RFC 6749 section 3.3); `None` where there is none.
    pub scope: Option<String>,
    /// What their APIs sign with.
    pub algorithm: Algorithm,
}

/// Judges what was asked against what is granted, in the order of the contract: grants, scope, target.
pub fn select<'a>(
    grants: &'a [Grant],
    scope: Option<&str>,
    target: &Target,
) -> Result<Selection<'a>, IssueError> {
    if grants.is_empty() {
        return Err(IssueError::NoGrant);
    }
    let asked = scope.map(|scope| asked_scopes(grants, scope)).transpose()?;
    let targets = targets(grants, target)?;
    let chosen = targets.unwrap_or_else(|| grants.iter().collect());
    match asked {
        None => Ok(whole(chosen)),
        Some(asked) if *target == Target::Granted => Ok(owners(&chosen, &asked)),
        Some(asked) => exactly(chosen, &asked),
    }
}

/// The asked scopes, each granted, each once.
fn asked_scopes<'s>(grants: &[Grant], scope: &'s str) -> Result<HashSet<&'s str>, IssueError> {
    let malformed = |name: &str| name.is_empty() || !name.bytes().all(is_scope_byte);
    if scope.split(' ').any(malformed) {
        return Err(IssueError::InvalidScope(Reason::ScopeMalformed));
    }
    let granted: HashSet<&str> =
        grants.iter().flat_map(|grant| &grant.scopes).map(ScopeName::as_str).collect();
    let asked: HashSet<&str> = scope.split(' ').collect();
    if asked.is_subset(&granted) { Ok(asked) } else { Err(IssueError::InvalidScope(Reason::ScopeNotGranted)) }
}

/// The grants that the target names; `None` where it names none.
fn targets<'a>(grants: &'a [Grant], target: &Target) -> Result<Option<Vec<&'a Grant>>, IssueError> {
    match target {
        Target::OnlyOne if grants.len() > 1 => Err(IssueError::InvalidTarget(Reason::TargetMissing)),
        Target::Granted | Target::OnlyOne => Ok(None),
        Target::Audience(audience) => named(grants, std::slice::from_ref(audience)).map(Some),
        Target::Resources(resources) => named(grants, resources).map(Some),
    }
}

fn named<'a>(grants: &'a [Grant], audiences: &[String]) -> Result<Vec<&'a Grant>, IssueError> {
    if !audiences.iter().all(|audience| is_absolute_uri(audience)) {
        return Err(IssueError::InvalidTarget(Reason::TargetMalformed));
    }
    let asked: HashSet<&str> = audiences.iter().map(String::as_str).collect();
    let chosen: Vec<&Grant> = grants.iter().filter(|grant| asked.contains(grant.audience.as_str())).collect();
    // Within an environment no two APIs share an audience, so each asked one chose one grant or none.
    if chosen.len() == asked.len() {
        Ok(chosen)
    } else {
        Err(IssueError::InvalidTarget(Reason::TargetNotGranted))
    }
}

/// These APIs with all their granted scopes.
fn whole(chosen: Vec<&Grant>) -> Selection<'_> {
    let scopes = chosen.iter().flat_map(|grant| &grant.scopes).map(ScopeName::as_str);
    let scope = joined(scopes);
    selection(chosen, scope)
}

/// The APIs that own the asked scopes, and no other.
fn owners<'a>(chosen: &[&'a Grant], asked: &HashSet<&str>) -> Selection<'a> {
    let owning = |grant: &&&'a Grant| grant.scopes.iter().any(|scope| asked.contains(scope.as_str()));
    let owners: Vec<&Grant> = chosen.iter().filter(owning).copied().collect();
    let scope = narrowed(&owners, asked);
    selection(owners, scope)
}

/// Exactly these APIs, with the asked scopes, each of which one of them must own.
fn exactly<'a>(chosen: Vec<&'a Grant>, asked: &HashSet<&str>) -> Result<Selection<'a>, IssueError> {
    let owned = chosen.iter().flat_map(|grant| &grant.scopes).filter(|scope| asked.contains(scope.as_str()));
    if owned.count() < asked.len() {
        return Err(IssueError::InvalidScope(Reason::ScopeNotOfResource));
    }
    let scope = narrowed(&chosen, asked);
    Ok(selection(chosen, scope))
}

fn narrowed(chosen: &[&Grant], asked: &HashSet<&str>) -> Option<String> {
    let scopes = chosen.iter().flat_map(|grant| &grant.scopes).map(ScopeName::as_str);
    joined(scopes.filter(|scope| asked.contains(scope)))
}

fn joined<'s>(scopes: impl Iterator<Item = &'s str>) -> Option<String> {
    let scopes: Vec<&str> = scopes.collect();
    (!scopes.is_empty()).then(|| scopes.join(" "))
}

fn selection(chosen: Vec<&Grant>, scope: Option<String>) -> Selection<'_> {
    Selection {
        // The APIs of one credential share one algorithm, and there is at least one: `select` saw to it.
        algorithm: chosen.first().map_or(Algorithm::Es256, |grant| grant.algorithm),
        audiences: chosen.into_iter().map(|grant| &grant.audience).collect(),
        scope,
    }
}
