//! How long an answer is fresh, by its own account (RFC 9111 section 5.2.2).

use std::time::Duration;

/// What `Cache-Control` says, given all of its values; nothing where it says nothing that we understand. Whoever must
/// not store the answer, or must ask before using it, gets zero. The caller has bounds of its own.
pub(super) fn max_age<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<Duration> {
    let directives = values.into_iter().flat_map(|value| value.split(',')).map(str::trim);
    directives.filter_map(freshness).min()
}

fn freshness(directive: &str) -> Option<Duration> {
    let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
    if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
        return Some(Duration::ZERO);
    }
    if !name.eq_ignore_ascii_case("max-age") {
        return None;
    }
    let digits = argument.trim_matches('"');
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than fit are a very long time.
    all_digits.then(|| Duration::from_secs(digits.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::max_age;
    use std::time::Duration;

    #[test]
    fn the_strictest_directive_counts() {
        for (values, seconds) in [
            (&["max-age=300"][..], Some(300)),
            (&["public, Max-Age=60"], Some(60)),
            (&["max-age=\"60\""], Some(60)),
            (&["max-age=60", "max-age=30"], Some(30)),
            (&["no-store, max-age=60"], Some(0)),
            (&["no-cache"], Some(0)),
            (&["no-cache=\"set-cookie\""], Some(0)),
            (&["max-age=99999999999999999999"], Some(u64::MAX)),
            (&["s-maxage=5, public"], None),
            (&["max-age", "max-age=", "max-age=-1", "max-age=1.5", "max-age=x"], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(max_age(values.iter().copied()), seconds.map(Duration::from_secs), "{values:?}");
        }
    }
}
