//! What is asked of a large database goes by an index, in both kinds.

use super::*;

on_both! { reports_and_retention_read_no_table_as_a_whole }

async fn reports_and_retention_read_no_table_as_a_whole(bench: Bench) {
    let mut db = bench.database().to_write().await.unwrap();
    let explain = if bench.url.is_some() { "EXPLAIN" } else { "EXPLAIN QUERY PLAN" };
    if bench.url.is_some() {
        // Tables are empty here: without this, reading all of them is the best plan.
        query("SET enable_seqscan = off").execute(&mut db).await.unwrap();
    }
    let asked = archive::ASKED.iter().map(|statement| (*statement, 3));
    for (statement, parameters) in asked.chain(retention::due(T0).map(|(statement, _)| (statement, 2))) {
        let explained = query(AssertSqlSafe(format!("{explain} {statement}")));
        let explained = if parameters == 3 { explained.bind("acme") } else { explained };
        let rows = explained.bind(T0).bind(T0).fetch_all(&mut db).await.unwrap();
        let column = rows[0].columns().len() - 1;
        let plan: Vec<&str> = rows.iter().map(|row| row.get(column)).collect();
        let whole = |step: &&&str| step.contains("Seq Scan") || step.starts_with("SCAN ");
        assert_eq!(plan.iter().find(whole), None, "{statement}\n{}", plan.join("\n"));
    }
}
