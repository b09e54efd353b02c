//! Many rows by few statements: a group of events must not cost a round trip each.

use super::database::rows_at_once;
use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{AnyConnection, AssertSqlSafe, query};

/// A statement whose parameters are being bound.
pub type Bound<'q> = Query<'q, Any, AnyArguments>;

/// A table, its columns, and what happens to rows that are there already.
pub struct Insert {
    /// The table.
    pub table: &'static str,
    /// Its columns, separated by commas, in the order in which they are bound.
    pub columns: &'static str,
    /// `ON CONFLICT …`, and `RETURNING …` if rows are to be returned.
    pub then: &'static str,
}

impl Insert {
    /// Inserts rows, each bound by `bind`; what the statements return, in no order.
    pub async fn rows<'r, R>(
        &self,
        db: &mut AnyConnection,
        rows: &'r [R],
        bind: impl Fn(Bound<'r>, &'r R) -> Bound<'r>,
    ) -> Result<Vec<AnyRow>, sqlx::Error> {
        let mut returned = Vec::new();
        for rows in portions(rows, rows_at_once(db)) {
            let Self { table, columns, then } = self;
            let places = places(rows.len(), columns.split(',').count());
            let statement = format!("INSERT INTO {table} ({columns}) VALUES {places} {then}");
            let bound = rows.iter().fold(query(AssertSqlSafe(statement)), &bind);
            returned.extend(bound.fetch_all(&mut *db).await?);
        }
        Ok(returned)
    }
}

/// Cuts rows into portions of at most so many, whose sizes are powers of two: a database has few statements to prepare.
pub fn portions<R>(rows: &[R], most: usize) -> impl Iterator<Item = &[R]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let size = 1_usize << rest.len().min(most).checked_ilog2()?;
        let (portion, after) = rest.split_at(size);
        rest = after;
        Some(portion)
    })
}

/// `($1, $2), ($3, $4)` for two rows of two columns.
pub fn places(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<_> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_into_few_sizes_and_none_is_left_out() {
        let sizes = |rows: usize| portions(&vec![0; rows], 128).map(<[_]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(0), [0; 0]);
        assert_eq!(sizes(1), [1]);
        assert_eq!(sizes(300), [128, 128, 32, 8, 4]);
        assert_eq!(places(2, 2), "($1, $2), ($3, $4)");
    }
}
