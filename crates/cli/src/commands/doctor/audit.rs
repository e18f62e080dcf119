//! The audit chain: whether its newest rows fit. All of them are `jeton audit verify`'s.

use jeton_core::admin::{Admin, AdminError};
use jeton_core::audit::AuditReport;

use super::finding::Finding;

/// How many of the newest rows are looked at: some tens of milliseconds of work, however long the log is.
const MOST: u32 = 5_000;

pub(super) async fn look(admin: &Admin) -> Finding {
    let check = "audit chain";
    match admin.verify_audit_tail(MOST).await {
        Ok((report, all)) => judge(&report, all),
        Err(AdminError::NoAuditChain) => {
            Finding::unknown(check, "there is none yet: it begins when a server starts on this store")
        }
        Err(why) => Finding::bad(check, why.to_string(), "see `jeton db status --full`; then look again"),
    }
}

fn judge(report: &AuditReport, all: bool) -> Finding {
    let check = "audit chain";
    let rows = report.rows;
    if let Some(first) = report.findings.first() {
        return Finding::bad(
            check,
            format!("{} findings; the first is at {}: {}", report.found, first.at, first.what),
            "keep the database as it is, and compare it with an export: `jeton audit verify --checkpoint FILE`",
        );
    }
    Finding::good(
        check,
        if all {
            format!("all {rows} rows fit")
        } else {
            format!(
                "the newest {rows} rows fit, those after {}; `jeton audit verify` looks at all",
                report.base
            )
        },
    )
}
