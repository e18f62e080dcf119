//! Selection against a model that says the contract's sentences one after the other, without a thought of cost.

use jeton_core::model::Grant;
use jeton_core::selection::select;
use jeton_core::token_request::Target;
use jeton_core::{IssueError, Reason};
use proptest::prelude::*;

use crate::support::grant;

const AUDIENCES: [&str; 3] = ["https://a.example", "https://b.example", "https://c.example"];
const SCOPES: [[&str; 3]; 3] = [["a.1", "a.2", "a.3"], ["b.1", "b.2", "b.3"], ["c.1", "c.2", "c.3"]];

type Chosen = (Vec<String>, Vec<String>);

fn model(grants: &[Grant], scope: Option<&str>, target: &Target) -> Result<Chosen, IssueError> {
    if grants.is_empty() {
        return Err(IssueError::NoGrant);
    }
    // "single spaces, none at the ends"; one named twice counts once.
    let mut asked: Vec<&str> = Vec::new();
    for name in scope.into_iter().flat_map(|scope| scope.split(' ')) {
        let well_formed = |c| ('!'..='~').contains(&c) && c != '"' && c != '\\';
        if name.is_empty() || !name.chars().all(well_formed) {
            return Err(IssueError::InvalidScope(Reason::ScopeMalformed));
        }
        if !asked.contains(&name) {
            asked.push(name);
        }
    }
    let owns = |grant: &Grant, name: &str| grant.scopes.iter().any(|scope| scope.as_str() == name);
    for name in &asked {
        if !grants.iter().any(|grant| owns(grant, name)) {
            return Err(IssueError::InvalidScope(Reason::ScopeNotGranted));
        }
    }
    let named: Option<Vec<&str>> = match target {
        Target::Granted => None,
        Target::OnlyOne if grants.len() == 1 => Some(vec![grants[0].audience.as_str()]),
        Target::OnlyOne => return Err(IssueError::InvalidTarget(Reason::TargetMissing)),
        Target::Audience(one) => Some(vec![one]),
        Target::Resources(several) => Some(several.iter().map(String::as_str).collect()),
    };
    for audience in named.iter().flatten() {
        if audience.contains('#') || !audience.contains(':') {
            return Err(IssueError::InvalidTarget(Reason::TargetMalformed));
        }
    }
    for audience in named.iter().flatten() {
        if !grants.iter().any(|grant| grant.audience.as_str() == *audience) {
            return Err(IssueError::InvalidTarget(Reason::TargetNotGranted));
        }
    }
    let is_named =
        |grant: &&Grant| named.as_ref().is_none_or(|named| named.contains(&grant.audience.as_str()));
    let mut apis: Vec<&Grant> = grants.iter().filter(is_named).collect();
    for name in &asked {
        if !apis.iter().any(|grant| owns(grant, name)) {
            return Err(IssueError::InvalidScope(Reason::ScopeNotOfResource));
        }
    }
    // "Scopes asked: exactly those, and only the APIs that own them"; but resources are taken as they are named.
    if scope.is_some() && named.is_none() {
        apis.retain(|grant| asked.iter().any(|name| owns(grant, name)));
    }
    let scopes = apis.iter().flat_map(|grant| &grant.scopes).map(ToString::to_string);
    let scopes = scopes.filter(|name| scope.is_none() || asked.contains(&name.as_str())).collect();
    Ok((apis.iter().map(|grant| grant.audience.to_string()).collect(), scopes))
}

/// Grants of some of the APIs with some of their scopes, or with none.
fn any_grants() -> impl Strategy<Value = Vec<Grant>> {
    let api = |at: usize| {
        prop::option::weighted(0.7, prop::sample::subsequence(SCOPES[at].to_vec(), 0..=3))
            .prop_map(move |scopes| scopes.map(|scopes| grant(["a", "b", "c"][at], AUDIENCES[at], &scopes)))
    };
    (api(0), api(1), api(2)).prop_map(|(a, b, c)| [a, b, c].into_iter().flatten().collect())
}

/// What was asked, nearly always well formed.
fn any_scope() -> impl Strategy<Value = Option<String>> {
    let name = prop_oneof![
        20 => "[abc]\\.[123]",
        1 => Just("a,b".to_owned()),
        1 => "[ -~]{0,3}",
    ];
    prop::option::of(prop::collection::vec(name, 1..4).prop_map(|names| names.join(" ")))
}

fn any_target() -> impl Strategy<Value = Target> {
    let audience = prop_oneof![
        12 => prop::sample::select(AUDIENCES.to_vec()).prop_map(str::to_owned),
        1 => Just("https://unknown.example".to_owned()),
        1 => prop::sample::select(vec!["https://a.example#", "a", ""]).prop_map(str::to_owned),
    ];
    prop_oneof![
        Just(Target::Granted),
        Just(Target::OnlyOne),
        audience.clone().prop_map(Target::Audience),
        prop::collection::vec(audience, 1..4).prop_map(Target::Resources),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn selection_is_what_the_contract_says(
        grants in any_grants(),
        scope in any_scope(),
        target in any_target(),
    ) {
        let selected = select(&grants, scope.as_deref(), &target).map(|selection| {
            let scopes = selection.scope.iter().flat_map(|scope| scope.split(' ')).map(str::to_owned).collect();
            (selection.audiences.iter().map(ToString::to_string).collect(), scopes)
        });
        prop_assert_eq!(selected, model(&grants, scope.as_deref(), &target));
    }

    /// Nobody gets what was not granted, nor less than was asked.
    #[test]
    fn nothing_is_added_and_nothing_narrowed(
        grants in any_grants(),
        scope in any_scope(),
        target in any_target(),
    ) {
        let Ok(selection) = select(&grants, scope.as_deref(), &target) else { return Ok(()) };
        let scopes: Vec<&str> = selection.scope.as_deref().map_or(Vec::new(), |scope| scope.split(' ').collect());
        for name in &scopes {
            let owner = grants.iter().find(|grant| grant.scopes.iter().any(|scope| scope.as_str() == *name));
            prop_assert!(selection.audiences.contains(&&owner.unwrap().audience));
        }
        for name in scope.iter().flat_map(|scope| scope.split(' ')) {
            prop_assert!(scopes.contains(&name));
        }
        prop_assert!(!selection.audiences.is_empty());
    }
}
