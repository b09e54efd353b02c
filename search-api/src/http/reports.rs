//! `GET /reports/…`: the deflection report, for analysts; for others there is nothing here.

pub mod articles;
pub mod asking;
pub mod changes;
pub mod common;
pub mod course;
pub mod episode;
pub mod episodes;
pub mod lines;
pub mod paging;
pub mod picking;
pub mod readings;
pub mod replay;
pub mod searches;
pub mod shown;
pub mod spreadsheet;
pub mod stretches;
pub mod topics;
pub mod trend;

use super::error::{Problem, ProblemBody};
use super::fields::Fields;
use super::{App, Caller};
use crate::deflection::holdout::{Holdout, Lift, Units};
use crate::deflection::question::DEFINITION;
use crate::deflection::report::draw;
use crate::deflection::units::LINK_COVERAGE;
use crate::deflection::{Question, Report, comparison};
use asking::{ReportQuestion, ask, sum};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// A deflection report.
#[derive(Serialize, ToSchema)]
pub struct ReportBody {
    /// Number of the definition that it follows.
    definition: u32,
    portal: String,
    from: String,
    to: String,
    #[schema(value_type = String)]
    window: &'static str,
    as_of: String,
    /// Whether nothing can move it any more.
    r#final: bool,
    visits: u64,
    /// Distinct visitors; null beyond a calendar month.
    visitors: Option<u64>,
    /// Episodes in the denominator of rates.
    closed: u64,
    /// Episodes by outcome.
    outcomes: BTreeMap<&'static str, u64>,
    /// Where the episodes of each outcome are listed.
    outcome_rows: BTreeMap<&'static str, String>,
    figures: Vec<FigureBody>,
    link_coverage: LinkCoverage,
    unattributed: Unattributed,
    excluded: Excluded,
    /// Events of nobody: the visitor asked not to be followed, or could not be told.
    not_identified: u64,
    /// Searches that were not recorded because the server was too busy.
    dropped_events: u64,
    /// Events whose id was taken by other content.
    conflicts: u64,
    /// Search ids that belonged to another visitor or to nobody.
    foreign_ids: u64,
    /// Events whose clock had to be clamped.
    clamped: u64,
    /// Cosines from which two searches are one need, and a ticket is about a search; provisional until fitted to the model.
    similarity: Similarity,
    /// The same log under other formulas.
    formulas: Vec<FormulaBody>,
    /// Without a holdout every deflection figure is an upper bound.
    holdout: Option<HoldoutBody>,
    /// The shares beside those of as many days before; null unless asked for.
    compared: Option<ComparedBody>,
}

/// Shares beside those of the period before.
#[derive(Serialize, ToSchema)]
struct ComparedBody {
    /// First day of the period before.
    from: String,
    /// The day after its last.
    to: String,
    figures: Vec<ChangeBody>,
}

/// How a share differs from that of the period before.
#[derive(Serialize, ToSchema)]
struct ChangeBody {
    #[schema(value_type = String)]
    name: &'static str,
    before: f64,
    /// Now - before, with Newcombe's 95 % interval.
    difference: EffectBody,
    /// `rose` or `fell`: by more than chance explains; else `chance`.
    #[schema(value_type = String)]
    verdict: &'static str,
}

/// An experiment in which articles are not suggested to some people who write tickets.
#[derive(Serialize, ToSchema)]
struct HoldoutBody {
    experiment: String,
    /// Share of people meant to be held out.
    share: f64,
    shown: ArmBody,
    held: ArmBody,
    /// People whose seven days are not over, or of whom nobody can say whether a ticket came.
    open: u64,
    /// Chi-square of the arms' sizes, one degree of freedom.
    chi_square: f64,
    /// Whether chance explains the arms' sizes (p >= 0.001); if not, no effect is given.
    balanced: bool,
    /// p(ticket | held out) - p(ticket | shown), with Newcombe's 95 % interval.
    lift: Option<EffectBody>,
    /// lift x people shown.
    tickets_avoided: Option<EffectBody>,
    /// People in both arms needed to see a fall of the ticket rate by 10 % of itself, with 80 % power.
    needed: Option<u64>,
}

/// One arm of an experiment.
#[derive(Serialize, ToSchema)]
struct ArmBody {
    /// People whose seven days are over and known.
    units: u64,
    /// Those with a ticket.
    ticketed: u64,
    rate: Option<f64>,
}

/// An effect with its 95 % interval.
#[derive(Serialize, ToSchema)]
struct EffectBody {
    value: f64,
    low: f64,
    high: f64,
}

/// One figure.
#[derive(Serialize, ToSchema)]
struct FigureBody {
    #[schema(value_type = String)]
    name: &'static str,
    #[schema(value_type = String)]
    formula: &'static str,
    /// `share` (0 to 1), `seconds` or `visitors`.
    #[schema(value_type = String)]
    unit: &'static str,
    numerator: Option<u64>,
    denominator: Option<u64>,
    /// Where the rows are listed that the numerator is the number of.
    numerator_rows: Option<String>,
    /// The same of the denominator; of `seconds`, the rows over which the percentile is taken.
    denominator_rows: Option<String>,
    value: Option<f64>,
    /// Lower end of the 95 % interval.
    low: Option<f64>,
    /// Upper end of the 95 % interval.
    high: Option<f64>,
    #[schema(value_type = Option<String>)]
    note: Option<&'static str>,
}

/// How many tickets of the range can be tied to a visitor.
#[derive(Serialize, ToSchema)]
struct LinkCoverage {
    linked: u64,
    tickets: u64,
    /// linked / tickets.
    value: Option<f64>,
    /// Tickets that name a search or a form.
    by_search: u64,
    /// Tickets of a known visitor.
    by_visitor: u64,
    /// Tickets of a known address.
    by_email: u64,
    /// Tickets of staff or tests, which count nowhere.
    left_out: u64,
    /// Where the linked tickets are listed.
    numerator_rows: String,
    /// Where all tickets are.
    denominator_rows: String,
}

/// Tickets of the range that belong to no episode.
#[derive(Serialize, ToSchema)]
struct Unattributed {
    /// Tied to nobody.
    unlinked: u64,
    /// Tied to a visitor whose last need was too long ago.
    outside_window: u64,
    /// Tied to a visit without a search that could have led to them.
    visit_alone: u64,
}

/// Events that count in no figure.
#[derive(Serialize, ToSchema)]
struct Excluded {
    staff: u64,
    bots: u64,
    test: u64,
    prefetch: u64,
    /// Episodes of people held out by an experiment, in no figure of what suggestions deflect.
    holdout: u64,
}

/// Thresholds of likeness.
#[derive(Serialize, ToSchema)]
struct Similarity {
    refine: f32,
    r#match: f32,
}

/// A figure of another system.
#[derive(Serialize, ToSchema)]
struct FormulaBody {
    /// Its name among the rows.
    #[schema(value_type = String)]
    figure: &'static str,
    /// Whose it is, and what they call it.
    #[schema(value_type = String)]
    name: &'static str,
    /// The formula, as we read it.
    #[schema(value_type = String)]
    reading: &'static str,
    /// Where it is published.
    #[schema(value_type = String)]
    source: &'static str,
    numerator: u64,
    denominator: u64,
    /// Where the rows are listed that the numerator is the number of.
    numerator_rows: String,
    /// The same of the denominator.
    denominator_rows: String,
    value: Option<f64>,
}

/// The deflection figures of a range of days.
#[utoipa::path(get, path = "/v1/portals/{portal}/reports/deflection", operation_id = "report_deflection", tag = "reports",
    params(("portal" = String, Path), ReportQuestion,
        ("compare" = Option<String>, Query, description = "`none` (default) or `before`: beside as many days before"),
        ("format" = Option<String>, Query, description = "`json` (default) or `csv`")),
    responses((status = 200, content((ReportBody = "application/json"), (String = "text/csv"))), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn deflection(State(app): State<Arc<App>>, caller: Caller, mut fields: Fields) -> Result<Response, Problem> {
    let mut question = ask(&caller, &mut fields, app.now())?;
    let compares = fields.choice("compare", &[("none", false), ("before", true)], false)?;
    let format = lines::Format::read(&mut fields)?;
    fields.finish()?;
    let told = sum(&app, &caller.portal.id, &mut question, draw).await?;
    if format == lines::Format::Csv {
        return Ok(lines::table("figures.csv", spreadsheet::COLUMNS, spreadsheet::lines(&told).into_iter()));
    }
    let mut body = ReportBody::new(&caller.root, &caller.portal.id, &question, &told)?;
    if compares {
        let earlier = comparison::before(&question);
        let mut earlier = earlier.map_err(|error| Problem::invalid("compare", format!("{error}.")))?;
        let before = sum(&app, &caller.portal.id, &mut earlier, draw).await?;
        body.compared = Some(ComparedBody::new(&earlier, &before, &told));
    }
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

impl ReportBody {
    /// The report of a portal as JSON; `root` stands before the path of its links.
    pub fn new(root: &str, portal: &str, question: &Question, report: &Report) -> Result<Self, Problem> {
        let rows = |more: &[(&str, &str)]| {
            format!("{root}/v1/portals/{portal}/reports/episodes?{}", asking::query(question, more))
        };
        let part = |figure: &str, part: &str| rows(&[("figure", figure), ("part", part)]);
        let tickets = report.tickets;
        let linked = tickets.by_search + tickets.by_visitor + tickets.by_email;
        let figures = report.figures.iter().map(|figure| FigureBody {
            name: figure.name,
            formula: figure.formula,
            unit: figure.unit,
            numerator: figure.numerator,
            denominator: figure.denominator,
            numerator_rows: figure.numerator.map(|_| part(figure.name, "numerator")),
            denominator_rows: figure.denominator.map(|_| part(figure.name, "denominator")),
            value: figure.value,
            low: figure.low,
            high: figure.high,
            note: figure.note,
        });
        let formulas = report.formulas.iter().map(|formula| FormulaBody {
            figure: formula.figure,
            name: formula.name,
            reading: formula.reading,
            source: formula.source,
            numerator: formula.numerator,
            denominator: formula.denominator,
            numerator_rows: part(formula.figure, "numerator"),
            denominator_rows: part(formula.figure, "denominator"),
            value: formula.value(),
        });
        Ok(Self {
            definition: DEFINITION,
            portal: portal.into(),
            from: question.from.to_string(),
            to: question.to.to_string(),
            window: question.window.name(),
            as_of: Timestamp::from_millisecond(question.as_of).map_err(Problem::internal)?.to_string(),
            r#final: report.is_final,
            visits: report.visits,
            visitors: report.visitors,
            closed: report.closed,
            outcomes: report.outcomes.iter().map(|(outcome, count)| (outcome.name(), *count)).collect(),
            outcome_rows: report
                .outcomes
                .keys()
                .map(|outcome| (outcome.name(), rows(&[("outcome", outcome.name())])))
                .collect(),
            figures: figures.collect(),
            link_coverage: LinkCoverage {
                linked,
                tickets: tickets.all,
                value: (tickets.all > 0).then(|| linked as f64 / tickets.all as f64),
                by_search: tickets.by_search,
                by_visitor: tickets.by_visitor,
                by_email: tickets.by_email,
                left_out: tickets.left_out,
                numerator_rows: part(LINK_COVERAGE, "numerator"),
                denominator_rows: part(LINK_COVERAGE, "denominator"),
            },
            unattributed: Unattributed {
                unlinked: tickets.unlinked,
                outside_window: tickets.outside_window,
                visit_alone: tickets.visit_alone,
            },
            excluded: Excluded {
                staff: report.left_out.staff,
                bots: report.left_out.bots,
                test: report.left_out.test,
                prefetch: report.left_out.prefetch,
                holdout: report.held_out,
            },
            not_identified: report.left_out.not_identified,
            dropped_events: report.lost.dropped,
            conflicts: report.lost.conflicts,
            foreign_ids: report.lost.foreign_ids,
            clamped: report.clamped,
            similarity: Similarity {
                refine: question.rules.refine_similarity,
                r#match: question.rules.match_similarity,
            },
            formulas: formulas.collect(),
            holdout: report.holdout.as_ref().map(HoldoutBody::new),
            compared: None,
        })
    }
}

impl ComparedBody {
    fn new(earlier: &Question, before: &Report, now: &Report) -> Self {
        let changes = comparison::changes(before, now).into_iter().map(|(name, change)| ChangeBody {
            name,
            before: change.before,
            difference: EffectBody { value: change.difference, low: change.low, high: change.high },
            verdict: change.verdict().name(),
        });
        Self { from: earlier.from.to_string(), to: earlier.to.to_string(), figures: changes.collect() }
    }
}

impl HoldoutBody {
    fn new(holdout: &Holdout) -> Self {
        let arm = |units: Units| ArmBody {
            units: units.all,
            ticketed: units.ticketed,
            rate: units.rate().map(|rate| rate.value),
        };
        let effect = |Lift { value, low, high }| EffectBody { value, low, high };
        Self {
            experiment: holdout.experiment.clone(),
            share: holdout.share,
            shown: arm(holdout.shown),
            held: arm(holdout.held),
            open: holdout.open,
            chi_square: holdout.chi_square,
            balanced: holdout.is_balanced(),
            lift: holdout.lift.map(effect),
            tickets_avoided: holdout.avoided().map(effect),
            needed: holdout.needed,
        }
    }
}
