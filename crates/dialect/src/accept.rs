//! `Accept` (RFC 9110 section 12.5.1): which of the forms of a bare token a client wants.
//!
//! Of a range's parameters only `q` and `charset=utf-8` can match. Where one candidate is matched by several ranges
//! of the same precision, the highest weight counts. To add a candidate: a variant of [`TokenForm`], at the place
//! that it has when weights tie.

use http::HeaderValue;

use crate::media::{Media, split};

/// The forms of a bare token, best first where weights tie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenForm {
    /// The token itself; also where nothing was asked for, or nothing that there is.
    TextPlain,
    /// The token as one JSON string.
    ApplicationJson,
    /// The same under its older name.
    TextJson,
}

impl TokenForm {
    /// All of them, best first.
    pub const ALL: [Self; 3] = [Self::TextPlain, Self::ApplicationJson, Self::TextJson];

    /// Chooses by the values of all `Accept` headers, which are one list. Never refuses: a range that cannot be
    /// read is skipped.
    pub fn preferred<'a>(accept: impl IntoIterator<Item = &'a HeaderValue>) -> Self {
        let mut matches: [Option<Match>; 3] = [None; 3];
        let values = accept.into_iter().map(HeaderValue::as_bytes);
        for range in values.flat_map(|value| split(value, b',')).filter_map(Range::read) {
            for (form, best) in Self::ALL.into_iter().zip(&mut matches) {
                *best = (*best).max(range.matches(form));
            }
        }
        let mut chosen = (Self::TextPlain, 0);
        for (form, weight) in
            Self::ALL.into_iter().zip(matches.map(|best| best.map_or(0, |best| best.weight)))
        {
            if weight > chosen.1 {
                chosen = (form, weight);
            }
        }
        chosen.0
    }

    /// Its media type.
    pub const fn media_type(self) -> (&'static str, &'static str) {
        match self {
            Self::TextPlain => ("text", "plain"),
            Self::ApplicationJson => ("application", "json"),
            Self::TextJson => ("text", "json"),
        }
    }
}

/// How well a range matches a candidate. The order of the fields is that of their importance: the most specific
/// range wins whatever its weight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    precision: Precision,
    with_charset: bool,
    weight: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precision {
    Anything,
    MainType,
    Exact,
}

/// A range that can match something.
struct Range<'a> {
    media: Media<'a>,
    precision: Precision,
    with_charset: bool,
    weight: u16,
}

impl<'a> Range<'a> {
    /// `None` where it cannot be read, or has a parameter that no candidate has.
    fn read(text: &'a [u8]) -> Option<Self> {
        let media = Media::read(text)?;
        let precision = match (media.main, media.sub) {
            (b"*", b"*") => Precision::Anything,
            (b"*", _) => return None,
            (_, b"*") => Precision::MainType,
            _ => Precision::Exact,
        };
        let (mut weight, mut with_charset) = (None, false);
        for parameter in media.parameters() {
            if parameter.named("q") && weight.is_none() {
                weight = Some(parameter.token().and_then(thousandths)?);
            } else if parameter.named("charset") && parameter.is_value("utf-8") {
                with_charset = true;
            } else {
                return None;
            }
        }
        Some(Self { media, precision, with_charset, weight: weight.unwrap_or(1000) })
    }

    fn matches(&self, form: TokenForm) -> Option<Match> {
        let (main, sub) = form.media_type();
        let matches = match self.precision {
            Precision::Anything => true,
            Precision::MainType => self.media.main.eq_ignore_ascii_case(main.as_bytes()),
            Precision::Exact => self.media.is(main, sub),
        };
        let Self { precision, with_charset, weight, .. } = *self;
        matches.then_some(Match { precision, with_charset, weight })
    }
}

/// A weight (RFC 9110 section 12.4.2): 0 to 1 with at most three digits after the point.
fn thousandths(text: &[u8]) -> Option<u16> {
    let (whole, fraction) = match text {
        [whole] => (whole, &[][..]),
        [whole, b'.', fraction @ ..] => (whole, fraction),
        _ => return None,
    };
    if fraction.len() > 3 || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(3);
    let fraction = digits.fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match (whole, fraction) {
        (b'0', _) => Some(fraction),
        (b'1', 0) => Some(1000),
        _ => None,
    }
}
