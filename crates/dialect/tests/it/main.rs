//! What the dialects read and write, through the public interface alone.
//!
//! `golden` holds whole exchanges, `order` the contracts' precedence, `answers` what holds for every answer, and the
//! rest one parser each.

mod accept;
mod answers;
mod basic;
mod content_type;
mod form;
mod golden;
mod hostile;
mod json;
mod order;
mod support;
mod tracking_id;
