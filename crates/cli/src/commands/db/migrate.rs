//! `jeton db migrate`.

use jeton_store::{Plan, migrate_postgres, migrate_sqlite, migrations_postgres, migrations_sqlite};
use serde_json::{Value, json};

use crate::args::Format;
use crate::data::{Home, Place};
use crate::failure::Failure;
use crate::output;

/// Shows what is missing, and runs it unless only the plan was asked for.
pub(super) async fn run(place: &Place, only_plan: bool, format: Format) -> Result<(), Failure> {
    let (database, at, plan) = match &place.home {
        Home::Folder(folder) => {
            let plan =
                if only_plan { migrations_sqlite(folder).await? } else { migrate_sqlite(folder).await? };
            ("SQLite", folder.display().to_string(), plan)
        }
        Home::Postgres(postgres) => {
            let direct = postgres.direct();
            let plan =
                if only_plan { migrations_postgres(direct).await? } else { migrate_postgres(direct).await? };
            ("PostgreSQL", direct.to_string(), plan)
        }
    };
    let steps = |shown: bool| if shown { json!(steps(&plan)) } else { json!([]) };
    let shown = json!({
        "database": database,
        "at": at,
        "schema_before": plan.schema,
        "schema": if only_plan { json!(plan.schema) } else { json!(plan.schema_after()) },
        "to_do": steps(only_plan),
        "done": steps(!only_plan),
    });
    output::one(format, &shown)
}

fn steps(plan: &Plan) -> Vec<Value> {
    plan.steps.iter().map(|step| json!({ "number": step.number, "name": step.name })).collect()
}
