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
    let due = retention::due(Retention::DEFAULT, T0).map(|(statement, _)| (statement, 2));
    let due = due.into_iter().chain([(ties::UNTIED, 2)]);
    let of_persons = person::ASKED.iter().map(|statement| (*statement, 1));
    let held = kin::HELD.map(|held| format!("{held} IN ($4)"));
    let of_names = held.iter().map(|statement| (statement.as_str(), 4));
    let listed = Stage::OPEN.map(inbox::in_stage);
    let listed = listed.iter().map(|statement| (statement.as_str(), 5));
    for (statement, parameters) in asked.chain(due).chain(of_persons).chain(of_names).chain(listed) {
        let explained = query(AssertSqlSafe(format!("{explain} {statement}")));
        let explained = match parameters {
            1 => explained.bind("acme").bind(vec![7_u8; 16]),
            2 => explained.bind(T0).bind(T0),
            5 => explained.bind("acme").bind(T0).bind("t").bind(T0),
            4 => explained.bind("acme").bind(T0).bind(T0).bind("s1"),
            _ => explained.bind("acme").bind(T0).bind(T0),
        };
        let rows = explained.fetch_all(&mut db).await.unwrap();
        let column = rows[0].columns().len() - 1;
        let plan: Vec<&str> = rows.iter().map(|row| row.get(column)).collect();
        let whole = |step: &&&str| step.contains("Seq Scan") || step.starts_with("SCAN ");
        assert_eq!(plan.iter().find(whole), None, "{statement}\n{}", plan.join("\n"));
        let is_sorted = |step: &&&str| step.contains("Sort") || step.contains("TEMP B-TREE");
        assert!(parameters != 5 || !plan.iter().any(|step| is_sorted(&step)), "{statement}\n{}", plan.join("\n"));
        let by_name = |step: &&str| step.contains("event_search") || step.contains("event_form");
        assert_eq!(plan.iter().any(by_name), parameters == 4, "{statement}\n{}", plan.join("\n"));
    }
}
