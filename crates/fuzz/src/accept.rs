//! `Accept` headers, one a line.

use http::HeaderValue;
use jeton_dialect::accept::TokenForm;

/// The choice depends on no order, and no weight is over 1.
pub fn accept(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n');
    let mut values: Vec<HeaderValue> = lines.filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    let chosen = TokenForm::preferred(&values);

    assert_eq!(TokenForm::preferred(values.iter().rev()), chosen, "the order of headers counts");
    // Of a text in quotes that does not end, the next header is no part.
    if values.iter().all(|value| !value.as_bytes().contains(&b'"')) {
        let values: Vec<_> = values.iter().map(HeaderValue::as_bytes).collect();
        let one = HeaderValue::from_bytes(&values.join(&b","[..])).expect("each part was let through");
        assert_eq!(TokenForm::preferred([&one]), chosen, "several headers are not one list");
    }

    values.push(HeaderValue::from_static("image/png;q=1"));
    assert_eq!(TokenForm::preferred(&values), chosen, "what we do not have counts");
    // The most precise range of the form that wins ties: only a weight over 1 could beat it.
    values.push(HeaderValue::from_static("text/plain;charset=utf-8;q=1"));
    assert_eq!(TokenForm::preferred(&values), TokenForm::TextPlain, "a weight is over 1");
}
