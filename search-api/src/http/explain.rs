//! `GET /admin/explain`: why an article stands where it does, and what would move it; for editors, and for others nothing is here.

use super::error::{Problem, ProblemBody};
use super::fields::Fields;
use super::search::{self, QUERY_LIMIT, confidence_name, mode_name};
use super::{App, Caller};
use crate::identity::{EDITOR, OPERATOR};
use crate::retrieval::explain::moves::{self, Move, Rewritten};
use crate::retrieval::explain::{self, Explanation, Likeness, Spot, WordAt};
use crate::retrieval::{Confidence, Mode, Query};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use indexer::audience::{Attributes, Audience, Grants, ROLES};
use indexer::library::{EmbedPassage, Rewrite, RewriteError, Snapshot};
use indexer::portal::Portal;
use indexer::visible::VisibleIndex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Most characters of a slug.
const SLUG_LIMIT: usize = 512;
/// Says "somebody who is not signed in".
const ANONYMOUS: &str = "anonymous";

/// What is to be explained, as documented; [`Asked`] is what is read.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the inputs that Fields reads")]
pub struct ExplainQuestion {
    /// The question, as typed; 1 to 512 characters.
    #[param(max_length = 512)]
    q: String,
    /// The article, by its slug.
    slug: String,
    /// For whom: `anonymous`, or what they hold as `name:value`, repeated, such as `roles:member`; absent: the caller. Only a viewer
    /// who sees nothing that the caller does not.
    r#as: Option<Vec<String>>,
    /// The viewer's language (BCP 47).
    lang: Option<String>,
    /// Lists wanted: `hybrid` (default), `lexical` or `dense`.
    #[param(default = "hybrid")]
    mode: Option<String>,
}

/// Why an article stands where it does.
#[derive(Serialize, ToSchema)]
pub struct ExplainAnswer {
    query: String,
    slug: String,
    title: String,
    generation: String,
    #[schema(value_type = String)]
    mode: &'static str,
    #[schema(value_type = String)]
    confidence: &'static str,
    /// 1-based place in the list; null: not found.
    rank: Option<usize>,
    /// Articles found.
    total: usize,
    pinned: bool,
    /// In plain words, the most important first.
    sentences: Vec<String>,
    /// Null: the viewer may not see the article.
    likeness: Option<ExplainedLikeness>,
    /// The article one place above.
    above: Option<ExplainedAbove>,
    /// Words that were tried in its title and in the heading of its best passage, each by ranking anew; those that help first.
    tried: Vec<ExplainedTry>,
}

/// What the article and the query have in common.
#[derive(Serialize, ToSchema)]
struct ExplainedLikeness {
    words: Vec<ExplainedWord>,
    /// Share of the query's weight whose words it has, 0 to 1.
    coverage: f32,
    lexical_score: f32,
    /// Its place by words alone.
    lexical_rank: usize,
    /// Of its best passage.
    cosine: Option<f32>,
    /// Its place by meaning alone.
    dense_rank: Option<usize>,
    /// How near the query's words stand to each other in its title or best passage, 0 to 1; null for a single word.
    closeness: Option<f32>,
    /// How near the tokens of the query come to those of its best passage in meaning, 0 to 1; null where only words count.
    late_interaction: Option<f32>,
    /// Factor of its kind.
    kind: f32,
    /// Factor of its newness.
    recency: f32,
    /// Factor of visitors' votes.
    helpfulness: f32,
}

/// A word of the query.
#[derive(Serialize, ToSchema)]
struct ExplainedWord {
    word: String,
    /// Share of the query's weight, 0 to 1.
    weight: f32,
    /// Articles that have it.
    articles: usize,
    /// Where this one has it: `title`, `tags`, `heading`, `text`.
    #[schema(value_type = Vec<String>)]
    places: Vec<&'static str>,
    /// Whether only by a synonym.
    by_synonym: bool,
}

/// The article one place above.
#[derive(Serialize, ToSchema)]
struct ExplainedAbove {
    slug: String,
    title: String,
    likeness: ExplainedLikeness,
}

/// A word put into a place, and what came of it.
#[derive(Serialize, ToSchema)]
struct ExplainedTry {
    word: String,
    /// The heading that it was put into; null: the title.
    heading: Option<String>,
    rank_before: Option<usize>,
    rank_after: Option<usize>,
}

/// Explains the place of an article for a question and a viewer.
#[utoipa::path(get, path = "/v1/portals/{portal}/admin/explain", operation_id = "explain", tag = "admin",
    params(("portal" = String, Path), ExplainQuestion),
    responses((status = 200, body = ExplainAnswer), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    if !caller.viewer.has(EDITOR) && !caller.viewer.has(OPERATOR) {
        return Err(Problem::NotFound);
    }
    let snapshot = app.library.snapshot();
    let mut asked = Asked::read(fields, &app, &caller, &snapshot)?;
    let (query, vector) = search::embed(&app, &asked.index, asked.query).await;
    asked.query = query;
    let (text, slug) = (asked.query.text.clone(), asked.slug.clone());
    let (embedder, portal, index) = (app.embedder.clone(), Arc::clone(&caller.portal), Arc::clone(&asked.index));
    let work = move || {
        let vector = vector.as_ref().map(|vector| &*vector.values);
        let Some(mut explanation) = explain::explain(&asked.index, &asked.query, vector, &asked.slug)? else {
            return Ok(None);
        };
        let path = asked.index.article(&asked.slug).map(|(view, article)| view.head(article).path.clone());
        // Where the query has no vector, those of passages have no part in the ranking.
        let embed = embedder.filter(|_| vector.is_some());
        let embed = embed.as_ref().map(|embedder| |text: &str| embedder.embed_passage(text));
        let folder = tempfile::tempdir()?;
        let rewritten = |rewrite: &Rewrite| -> Result<Option<Rewritten>, ExplainError> {
            let Some(path) = &path else { return Ok(None) };
            let embed = embed.as_ref().map(|embed| embed as EmbedPassage);
            let index = snapshot.rewritten(&portal.id, &asked.grants, path, rewrite, embed, folder.path())?;
            Ok(index.map(|index| Rewritten { index, slug: explanation.slug.clone() }))
        };
        let tried = moves::moves(&explanation, &asked.query, vector, rewritten)?;
        explanation.sentences.extend(moves::in_words(&tried));
        Ok::<_, ExplainError>(Some((explanation, tried)))
    };
    let explained = app.cores.run_behind(work).await?.map_err(Problem::internal)?;
    let body = match explained {
        Some((explanation, tried)) => shape(text, index.generation(), explanation, tried),
        None => unseen(text, index.generation(), &caller, &slug)?,
    };
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

/// Why an article could not be explained.
#[derive(Debug, thiserror::Error)]
enum ExplainError {
    #[error(transparent)]
    Read(#[from] indexer::visible::ReadError),
    #[error("try a word: {0}")]
    Rewrite(#[from] RewriteError),
    #[error("make a temporary folder: {0}")]
    Folder(#[from] std::io::Error),
}

/// A question, checked.
struct Asked {
    query: Query,
    slug: String,
    grants: Grants,
    index: Arc<VisibleIndex>,
}

impl Asked {
    fn read(mut fields: Fields, app: &App, caller: &Caller, snapshot: &Snapshot) -> Result<Self, Problem> {
        let text = fields.text("q", QUERY_LIMIT)?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let slug =
            fields.text("slug", SLUG_LIMIT)?.ok_or_else(|| Problem::invalid("slug", "`slug` must name an article."))?;
        let grants = match fields.texts("as")? {
            held if held.is_empty() => caller.viewer.grants().clone(),
            held => Grants::Attributes(attributes(&caller.portal, &held)?),
        };
        let query = Query {
            text: text.ok_or_else(|| Problem::invalid("q", "`q` must hold the question."))?,
            language: fields.language()?,
            mode: fields.choice("mode", &search::MODES, Mode::Hybrid)?,
            model_knows: app.model_knows(),
            boosts: app.boosts(&caller.portal, &grants),
            ..Query::default()
        };
        fields.finish()?;
        let index = snapshot.visible(&caller.portal.id, &grants).ok_or(Problem::NotFound)?;
        let own = snapshot.visible(&caller.portal.id, caller.viewer.grants()).ok_or(Problem::NotFound)?;
        if !sees_all_of(&own, &index) {
            return Err(Problem::invalid("as", "`as` must be a viewer who sees nothing that you may not see."));
        }
        Ok(Self { query, slug, grants, index })
    }
}

/// Reads `name:value` pairs in the portal's own vocabulary, or [`ANONYMOUS`].
fn attributes(portal: &Portal, held: &[String]) -> Result<Attributes, Problem> {
    let mut attributes = Attributes::new();
    if held == [ANONYMOUS] {
        return Ok(attributes);
    }
    for pair in held {
        let (name, value) = pair.split_once(':').ok_or_else(|| {
            Problem::invalid("as", "Each `as` must read name:value, such as roles:member, or anonymous.")
        })?;
        let known = match portal.attributes.get(name) {
            _ if name == ROLES => portal.roles.iter().any(|role| role.name == value),
            Some(values) => values.is_empty() || values.contains(value),
            None => false,
        };
        if !known {
            return Err(Problem::invalid("as", format!("portal.toml knows no {name} {value:?}.")));
        }
        attributes.entry(name.to_owned()).or_default().insert(value.to_owned());
    }
    Ok(attributes)
}

/// Whether every article that stands in `inner` stands in `outer`.
fn sees_all_of(outer: &VisibleIndex, inner: &VisibleIndex) -> bool {
    let mut heads = inner.languages().iter().flat_map(|view| (0..view.articles()).map(|article| view.head(article)));
    heads.all(|head| outer.article_at(&head.path).is_some())
}

fn shape(query: String, generation: &str, explanation: Explanation, tried: Vec<Move>) -> ExplainAnswer {
    ExplainAnswer {
        query,
        slug: explanation.slug,
        title: explanation.title,
        generation: generation.to_owned(),
        mode: mode_name(explanation.mode),
        confidence: confidence_name(explanation.confidence),
        rank: explanation.rank,
        total: explanation.total,
        pinned: explanation.pinned,
        sentences: explanation.sentences,
        likeness: Some(explanation.likeness.into()),
        above: explanation.above.map(|above| ExplainedAbove {
            slug: above.slug,
            title: above.title,
            likeness: above.likeness.into(),
        }),
        tried: tried.into_iter().map(ExplainedTry::from).collect(),
    }
}

/// The answer where the caller sees the article and the viewer does not.
fn unseen(query: String, generation: &str, caller: &Caller, slug: &str) -> Result<ExplainAnswer, Problem> {
    let (view, article) = caller.index.article(slug).ok_or(Problem::NotFound)?;
    let head = view.head(article);
    let audience = match &head.audience {
        Audience::Public => "public".to_owned(),
        Audience::Hidden => "hidden (a draft, outside its times, or unreadable)".to_owned(),
        Audience::Restricted(required) => {
            let held = |(name, values): (&String, &BTreeSet<String>)| {
                format!("{name}: {}", values.iter().map(String::as_str).collect::<Vec<_>>().join(" or "))
            };
            required.iter().map(held).collect::<Vec<_>>().join(", and ")
        }
    };
    Ok(ExplainAnswer {
        query,
        slug: caller.index.slug(view, article).to_owned(),
        title: head.title.clone(),
        generation: generation.to_owned(),
        mode: mode_name(Mode::Lexical),
        confidence: confidence_name(Confidence::None),
        rank: None,
        total: 0,
        pinned: false,
        sentences: vec![format!("This viewer may not see “{}”; its audience is {audience}.", head.title)],
        likeness: None,
        above: None,
        tried: Vec::new(),
    })
}

impl From<Likeness> for ExplainedLikeness {
    fn from(likeness: Likeness) -> Self {
        Self {
            words: likeness.words.into_iter().map(ExplainedWord::from).collect(),
            coverage: likeness.coverage,
            closeness: likeness.closeness,
            late_interaction: likeness.late_interaction,
            lexical_score: likeness.lexical.0,
            lexical_rank: likeness.lexical.1,
            cosine: likeness.dense.map(|(cosine, _)| cosine),
            dense_rank: likeness.dense.map(|(_, rank)| rank),
            kind: likeness.factors.kind,
            recency: likeness.factors.recency,
            helpfulness: likeness.factors.helpfulness,
        }
    }
}

impl From<WordAt> for ExplainedWord {
    fn from(word: WordAt) -> Self {
        let name = |spot: &Spot| match spot {
            Spot::Title => "title",
            Spot::Tags => "tags",
            Spot::Heading => "heading",
            Spot::Text => "text",
        };
        Self {
            places: word.places.iter().map(name).collect(),
            word: word.word,
            weight: word.weight,
            articles: word.articles,
            by_synonym: word.by_synonym,
        }
    }
}

impl From<Move> for ExplainedTry {
    fn from(tried: Move) -> Self {
        Self { word: tried.word, heading: tried.heading, rank_before: tried.before, rank_after: tried.after }
    }
}
