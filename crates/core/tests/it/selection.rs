//! Which APIs and scopes a token is for: the rules of the contract, one by one.

use jeton_core::model::Grant;
use jeton_core::selection::{Selection, select};
use jeton_core::token_request::Target;
use jeton_core::{Algorithm, IssueError, Reason};

use crate::support::grant;

const VOICE: &str = "https://api.example/voice";
const MAPS: &str = "https://api.example/maps";
const BARE: &str = "https://api.example/bare";

/// Two APIs with scopes and one without.
fn grants() -> Vec<Grant> {
    vec![
        grant("bare", BARE, &[]),
        grant("maps", MAPS, &["maps.read"]),
        grant("voice", VOICE, &["voice.billing", "voice.numbers"]),
    ]
}

fn resources(audiences: &[&str]) -> Target {
    Target::Resources(audiences.iter().map(ToString::to_string).collect())
}

fn audience(audience: &str) -> Target {
    Target::Audience(audience.to_owned())
}

/// Audiences and scopes of what was chosen among [`grants`].
fn chosen(scope: Option<&str>, target: &Target) -> (Vec<String>, Option<String>) {
    let grants = grants();
    let Selection { audiences, scope, algorithm } = select(&grants, scope, target).unwrap();
    assert_eq!(algorithm, Algorithm::Es256);
    (audiences.iter().map(ToString::to_string).collect(), scope)
}

fn refused(scope: Option<&str>, target: &Target) -> IssueError {
    select(&grants(), scope, target).unwrap_err()
}

fn expected(audiences: &[&str], scope: Option<&str>) -> (Vec<String>, Option<String>) {
    (audiences.iter().map(ToString::to_string).collect(), scope.map(str::to_owned))
}

#[test]
fn nothing_asked_is_everything_granted() {
    let everything = expected(&[BARE, MAPS, VOICE], Some("maps.read voice.billing voice.numbers"));
    assert_eq!(chosen(None, &Target::Granted), everything);
}

#[test]
fn asked_scopes_bring_only_the_apis_that_own_them() {
    let target = Target::Granted;
    let one = expected(&[VOICE], Some("voice.numbers"));
    assert_eq!(chosen(Some("voice.numbers"), &target), one);
    let two = expected(&[MAPS, VOICE], Some("maps.read voice.billing"));
    // In the order of the grants, whatever the order of the question; named twice counts once.
    for asked in ["maps.read voice.billing", "voice.billing maps.read", "maps.read voice.billing maps.read"] {
        assert_eq!(chosen(Some(asked), &target), two, "{asked}");
    }
}

#[test]
fn one_malformed_scope_refuses_the_request() {
    for asked in [
        "",
        " ",
        " voice.numbers",
        "voice.numbers ",
        "voice.numbers  voice.billing",
        "voice.numbers\tvoice.billing",
        "voice.numbers\n",
        "voice.numbers \"",
        "voice.numbers a\\b",
        "voice.numbers é",
        "voice.numbers \u{7f}",
        "unknown \0",
        "voice.numbers\u{a0}voice.billing",
    ] {
        let malformed = IssueError::InvalidScope(Reason::ScopeMalformed);
        assert_eq!(refused(Some(asked), &Target::Granted), malformed, "{asked:?}");
        // The scope is judged before the target.
        assert_eq!(refused(Some(asked), &Target::OnlyOne), malformed, "{asked:?}");
        assert_eq!(refused(Some(asked), &resources(&["no uri"])), malformed, "{asked:?}");
    }
}

#[test]
fn one_scope_that_is_not_granted_refuses_the_request() {
    for asked in [
        "unknown",
        "voice.numbers unknown",
        "unknown voice.numbers",
        "voice.addresses",
        "Voice.numbers",
        "voice.number",
        "voice.numbers,voice.billing",
        "voice",
        &"a".repeat(129),
    ] {
        let not_granted = IssueError::InvalidScope(Reason::ScopeNotGranted);
        assert_eq!(refused(Some(asked), &Target::Granted), not_granted, "{asked}");
        assert_eq!(refused(Some(asked), &resources(&["https://unknown.example"])), not_granted, "{asked}");
    }
}

#[test]
fn resources_are_exactly_the_token_s_apis() {
    assert_eq!(chosen(None, &resources(&[MAPS])), expected(&[MAPS], Some("maps.read")));
    assert_eq!(chosen(None, &resources(&[BARE])), expected(&[BARE], None));
    let two = expected(&[BARE, VOICE], Some("voice.billing voice.numbers"));
    for asked in [[BARE, VOICE], [VOICE, BARE]] {
        assert_eq!(chosen(None, &resources(&asked)), two);
    }
    assert_eq!(chosen(None, &resources(&[VOICE, BARE, VOICE])), two);
}

#[test]
fn scopes_are_asked_of_the_named_resources_only() {
    // Both stay, though only one owns the scope.
    let two = expected(&[MAPS, VOICE], Some("voice.numbers"));
    assert_eq!(chosen(Some("voice.numbers"), &resources(&[VOICE, MAPS])), two);
    let elsewhere = IssueError::InvalidScope(Reason::ScopeNotOfResource);
    assert_eq!(refused(Some("maps.read"), &resources(&[VOICE])), elsewhere);
    assert_eq!(refused(Some("voice.numbers maps.read"), &resources(&[VOICE])), elsewhere);
    assert_eq!(refused(Some("voice.numbers"), &resources(&[BARE])), elsewhere);
    assert_eq!(refused(Some("maps.read"), &audience(VOICE)), elsewhere);
}

#[test]
fn a_resource_is_compared_as_a_string() {
    for unknown in [
        "https://unknown.example/",
        "https://api.example/voice/",
        "https://API.example/voice",
        "https://api.example/voice?",
        "https://api.example/%76oice",
        "urn:voice",
    ] {
        let not_granted = IssueError::InvalidTarget(Reason::TargetNotGranted);
        for target in [resources(&[unknown]), resources(&[VOICE, unknown]), audience(unknown)] {
            assert_eq!(refused(None, &target), not_granted, "{target:?}");
        }
    }
}

#[test]
fn a_resource_is_an_absolute_uri_without_a_fragment() {
    for bad in
        ["", "voice", "/voice", "//api.example", "https://api.example/voice#", "a b", "https://é.example"]
    {
        let malformed = IssueError::InvalidTarget(Reason::TargetMalformed);
        // Also beside one that is unknown: the grammar is judged first.
        for target in [resources(&[bad]), resources(&["urn:unknown", bad]), audience(bad)] {
            assert_eq!(refused(None, &target), malformed, "{target:?}");
        }
    }
}

#[test]
fn an_audience_may_be_left_out_where_there_is_only_one() {
    assert_eq!(refused(None, &Target::OnlyOne), IssueError::InvalidTarget(Reason::TargetMissing));
    assert_eq!(chosen(None, &audience(VOICE)), expected(&[VOICE], Some("voice.billing voice.numbers")));
    let only = [grant("voice", VOICE, &["voice.numbers"])];
    for target in [Target::OnlyOne, audience(VOICE)] {
        let selection = select(&only, None, &target).unwrap();
        assert_eq!(selection.audiences, [&only[0].audience]);
        assert_eq!(selection.scope.as_deref(), Some("voice.numbers"));
    }
}

#[test]
fn without_a_grant_nothing_else_is_judged() {
    for target in [Target::Granted, Target::OnlyOne, audience("no uri"), resources(&[VOICE])] {
        for scope in [None, Some("voice.numbers"), Some("")] {
            assert_eq!(select(&[], scope, &target), Err(IssueError::NoGrant));
        }
    }
}

#[test]
fn the_algorithm_is_that_of_the_apis() {
    for algorithm in Algorithm::ALL {
        let grants = [Grant { algorithm, ..grant("voice", VOICE, &["voice.numbers"]) }];
        for scope in [None, Some("voice.numbers")] {
            assert_eq!(select(&grants, scope, &Target::Granted).unwrap().algorithm, algorithm);
        }
    }
}

/// F21: what is asked costs as much as it is long. The body limit lets about 30,000 short scopes through.
#[test]
fn thirty_thousand_scopes_are_judged_at_once() {
    let names: Vec<String> = (0..30_000).map(|at| format!("s{at}")).collect();
    let asked = names.join(" ");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let many = [grant("voice", VOICE, &names)];
    let selection = select(&many, Some(&asked), &Target::Granted).unwrap();
    assert_eq!(selection.scope.as_deref(), Some(asked.as_str()));
    assert_eq!(refused(Some(&asked), &Target::Granted), IssueError::InvalidScope(Reason::ScopeNotGranted));
    let same = vec!["voice.numbers"; 30_000].join(" ");
    assert_eq!(chosen(Some(&same), &Target::Granted), expected(&[VOICE], Some("voice.numbers")));
    let same = vec![VOICE; 30_000];
    assert_eq!(chosen(None, &resources(&same)).0, [VOICE]);
}
