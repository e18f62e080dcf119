//! `Accept`: examples, and agreement with a model that says RFC 9110 section 12.5.1 the slow way.

use http::HeaderValue;
use jeton_dialect::accept::TokenForm::{self, ApplicationJson, TextJson, TextPlain};
use proptest::prelude::*;

use crate::support::header_value;

fn preferred(values: &[&str]) -> TokenForm {
    let values: Vec<HeaderValue> = values.iter().map(|value| header_value(value.as_bytes())).collect();
    TokenForm::preferred(&values)
}

#[test]
fn the_bare_token_is_what_is_left() {
    for values in [&[][..], &[""], &["image/png"], &["*/*"], &["text/*"], &["text/plain;q=0"], &["*/*;q=0"]] {
        assert_eq!(preferred(values), TextPlain, "{values:?}");
    }
}

#[test]
fn weights_decide_and_ties_go_by_the_contract() {
    assert_eq!(preferred(&["application/json, text/plain, */*"]), TextPlain);
    assert_eq!(preferred(&["application/json"]), ApplicationJson);
    assert_eq!(preferred(&["Application/JSON"]), ApplicationJson);
    assert_eq!(preferred(&["text/json"]), TextJson);
    assert_eq!(preferred(&["text/json, application/json"]), ApplicationJson);
    assert_eq!(preferred(&["text/plain;q=0.5, text/json;q=0.9, application/json;q=0.8"]), TextJson);
    assert_eq!(preferred(&["text/plain;q=0.500, application/json;Q=0.501"]), ApplicationJson);
    assert_eq!(preferred(&["application/*"]), ApplicationJson);
    assert_eq!(preferred(&["application/json;q=0.001"]), ApplicationJson);
}

#[test]
fn the_most_specific_range_wins_whatever_its_weight() {
    assert_eq!(preferred(&["text/*, text/plain;q=0.1, application/json;q=0.5"]), TextJson);
    assert_eq!(preferred(&["*/*, text/plain;q=0"]), ApplicationJson);
    assert_eq!(preferred(&["*/*;q=0.5, text/*;q=0"]), ApplicationJson);
    assert_eq!(
        preferred(&["application/json;q=0.9, application/json;charset=utf-8;q=0.1, */*;q=0.5"]),
        TextPlain
    );
    assert_eq!(preferred(&["text/plain;q=0, application/json;q=0, text/json;q=0.1"]), TextJson);
}

#[test]
fn of_the_parameters_only_q_and_utf_8_match() {
    assert_eq!(preferred(&["application/json;charset=utf-8"]), ApplicationJson);
    assert_eq!(preferred(&["application/json; q=0.5; charset=\"UTF-8\""]), ApplicationJson);
    for nothing in ["application/json;charset=utf-16", "application/json;v=1", "application/json;q=1;ext=1"] {
        assert_eq!(preferred(&[nothing]), TextPlain, "{nothing}");
    }
}

#[test]
fn what_cannot_be_read_is_skipped() {
    let unreadable = [
        "application/json;q=1.1",
        "application/json;q=2",
        "application/json;q=.5",
        "application/json;q=0.1234",
        "application/json;q=",
        "application/json;q",
        "application/json;q=\"0.5\"",
        "application/json;q=0.5;q=0.5",
        "application/json;q = 0.5",
        "application /json",
        "application",
        "application/json/x",
        "*",
        "*/json",
        "application/json;charset=\"utf-8",
    ];
    for range in unreadable {
        assert_eq!(preferred(&[range]), TextPlain, "{range}");
        assert_eq!(preferred(&[range, "text/json"]), TextJson, "{range}, text/json");
        assert_eq!(preferred(&["text/json;q=0.9, ", range]), TextJson, "text/json, {range}");
    }
    assert_eq!(preferred(&["text/html, image/gif, *; q=.2, */*; q=.2"]), TextPlain);
}

#[test]
fn several_headers_are_one_list_and_quotes_may_hold_commas() {
    assert_eq!(preferred(&["text/plain;q=0.1", "application/json"]), ApplicationJson);
    assert_eq!(preferred(&["text/plain;a=\"b, text/json, \", application/json"]), ApplicationJson);
    assert_eq!(preferred(&["text/plain;a=\"\\\", text/json\", application/json"]), ApplicationJson);
    assert_eq!(preferred(&[",, ,application/json,"]), ApplicationJson);
    assert_eq!(preferred(&["application/json;"]), ApplicationJson);
}

#[derive(Clone, Debug)]
struct Range {
    main: &'static str,
    sub: &'static str,
    thousandths: Option<u16>,
    charset: Option<&'static str>,
}

fn range() -> impl Strategy<Value = Range> {
    let kind = prop_oneof![
        Just(("*", "*")),
        Just(("text", "*")),
        Just(("application", "*")),
        Just(("text", "plain")),
        Just(("text", "json")),
        Just(("application", "json")),
        Just(("image", "png")),
    ];
    let weight = prop::option::of(prop_oneof![Just(0), Just(1000), Just(500), 0..=1000_u16]);
    let charset = prop::option::weighted(0.3, prop_oneof![Just("utf-8"), Just("\"UTF-8\""), Just("latin1")]);
    (kind, weight, charset).prop_map(|((main, sub), thousandths, charset)| Range {
        main,
        sub,
        thousandths,
        charset,
    })
}

impl Range {
    fn written(&self) -> String {
        let weight = self.thousandths.map(|q| format!("; q={}.{:03}", q / 1000, q % 1000));
        let charset = self.charset.map(|charset| format!(";charset={charset}"));
        format!("{}/{}{}{}", self.main, self.sub, charset.unwrap_or_default(), weight.unwrap_or_default())
    }

    fn precision_for(&self, main: &str, sub: &str) -> Option<u8> {
        let matches = (self.main == "*" || self.main == main) && (self.sub == "*" || self.sub == sub);
        let readable = self.charset != Some("latin1");
        let precision = 4 * u8::from(self.sub != "*") + 2 * u8::from(self.main != "*");
        (matches && readable).then_some(precision + u8::from(self.charset.is_some()))
    }
}

fn model(ranges: &[Range]) -> TokenForm {
    let weight = |(main, sub)| {
        let matching = || ranges.iter().filter_map(|r| Some((r.precision_for(main, sub)?, r)));
        let most = matching().map(|(precision, _)| precision).max();
        let winners = matching().filter(|(precision, _)| Some(*precision) == most);
        winners.map(|(_, range)| range.thousandths.unwrap_or(1000)).max().unwrap_or(0)
    };
    let weights = [weight(("text", "plain")), weight(("application", "json")), weight(("text", "json"))];
    match weights {
        [0, 0, 0] => TextPlain,
        [plain, json, old] if plain >= json && plain >= old => TextPlain,
        [_, json, old] if json >= old => ApplicationJson,
        _ => TextJson,
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(values in prop::collection::vec(any::<Vec<u8>>(), 0..4)) {
        let values: Vec<HeaderValue> = values.iter().filter_map(|v| HeaderValue::from_bytes(v).ok()).collect();
        TokenForm::preferred(&values);
    }

    #[test]
    fn it_agrees_with_the_model(
        ranges in prop::collection::vec(range(), 0..6),
        comma in prop_oneof![Just(","), Just(", "), Just(" ,\t"), Just(",,")],
    ) {
        let written: Vec<String> = ranges.iter().map(Range::written).collect();
        prop_assert_eq!(preferred(&[&written.join(comma)]), model(&ranges), "{:?}", written);
        let headers: Vec<&str> = written.iter().map(String::as_str).collect();
        prop_assert_eq!(preferred(&headers), model(&ranges), "{:?}", written);
    }
}
