//! A group's searches and tickets, asked again of the articles of today: what is near them, for whom, as far as the reader may see.

use crate::deflection::Question;
use crate::deflection::groups::rows::{Row, Voice};
use crate::deflection::groups::{Effect, Findings, effect};
use crate::deflection::log::{Millis, QueryVector};
use crate::http::error::Problem;
use crate::http::search::{QUERY_LIMIT, confidence_name};
use crate::http::{App, Caller};
use crate::retrieval::{self, Boosts, CommonAnswer, Mode, Query, common_answer};
use indexer::article::Head;
use indexer::audience::{Attributes, Grants, ROLES};
use indexer::embedder::Vector;
use indexer::language::Language;
use indexer::library::Snapshot;
use indexer::portal::Portal;
use indexer::visible::VisibleIndex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Searches, and tickets, of a group that are asked to diagnose it: the most frequent ones.
const ASKED: usize = 5;
/// Name of the audience of those who are not signed in.
pub const NOBODY: &str = "not signed in";
/// Said where a portal keeps no queries.
pub const BY_POLICY: &str = "not available by policy";
/// Said where a portal keeps queries, but these came without text, or its time is over.
pub const NO_TEXT: &str = "no text is kept";

/// The articles as one reader of a report may have them asked; frozen for one request.
pub struct Reader {
    snapshot: Arc<Snapshot>,
    portal: Arc<Portal>,
    index: Arc<VisibleIndex>,
    grants: Grants,
    boosts: Boosts,
}

/// What asking a group again has shown.
pub struct Replay {
    /// What a diagnosis rests on.
    pub findings: Findings,
    /// The article that answers most of it, for these visitors, and when it last changed.
    pub nearest: Option<(CommonAnswer, Millis)>,
}

/// What is found today.
pub struct Now {
    /// How sure the list is.
    pub confidence: &'static str,
    /// Slug and title of the first answer.
    pub first: Option<(String, String)>,
}

/// What is said of searches and tickets of a portal without text.
pub fn textless(portal: &Portal) -> &'static str {
    if portal.keep_queries { NO_TEXT } else { BY_POLICY }
}

impl Reader {
    /// Whoever calls.
    pub fn new(app: &App, caller: &Caller) -> Self {
        Self {
            snapshot: app.library.snapshot(),
            portal: Arc::clone(&caller.portal),
            index: Arc::clone(&caller.index),
            grants: caller.viewer.grants().clone(),
            // Without votes: they are kept by all that their voters held, of which the log knows the roles alone.
            boosts: Boosts { weights: caller.portal.boost.clone(), now: app.now(), helped: None },
        }
    }

    /// As [`textless`].
    pub fn textless(&self) -> &'static str {
        textless(&self.portal)
    }

    /// What both holders of these roles and the reader hold: nobody is told of an article that they may not see. Of visitors the
    /// log knows no other attributes.
    fn shared_with(&self, roles: &BTreeSet<String>) -> Grants {
        let mut shared = roles.clone();
        if let Grants::Attributes(held) = &self.grants {
            shared.retain(|role| held.get(ROLES).is_some_and(|held| held.contains(role)));
        }
        let named = (!shared.is_empty()).then(|| (ROLES.to_owned(), shared));
        Grants::Attributes(named.into_iter().collect())
    }

    fn visible(&self, grants: &Grants) -> Result<Arc<VisibleIndex>, Problem> {
        self.snapshot.visible(&self.portal.id, grants).ok_or(Problem::NotFound)
    }

    /// Audiences that tickets may come from: nobody signed in, and each role that the reader may speak for.
    pub fn audiences(&self) -> Result<Vec<(String, Arc<VisibleIndex>)>, Problem> {
        let nobody = Grants::Attributes(Attributes::new());
        let mut audiences = vec![(NOBODY.to_owned(), self.visible(&nobody)?)];
        for role in &self.portal.roles {
            let shared = self.shared_with(&BTreeSet::from([role.name.clone()]));
            if shared != nobody {
                audiences.push((role.name.clone(), self.visible(&shared)?));
            }
        }
        Ok(audiences)
    }

    /// Slug and title of an article, if the reader may see it.
    pub fn article(&self, slug: &str) -> Option<(String, String)> {
        let (view, article) = self.index.article(slug)?;
        Some((self.index.slug(view, article).to_owned(), view.head(article).title.clone()))
    }

    /// Slug and head of every article that the reader may see.
    pub fn articles(&self) -> impl Iterator<Item = (String, &Head)> {
        let languages = self.index.languages().iter();
        languages.flat_map(|view| {
            (0..view.articles()).map(|article| (self.index.slug(view, article).to_owned(), view.head(article)))
        })
    }

    /// Asks a group's searches and tickets again. Blocks.
    pub fn replay(&self, row: &Row, question: &Question) -> Result<Replay, Problem> {
        let (queries, seen) = self.nearest(&row.asked)?;
        let (tickets, _) = self.nearest(&row.written)?;
        let near = |found: &Option<CommonAnswer>| found.as_ref().is_some_and(CommonAnswer::is_near);
        let (near_queries, near_tickets) = (near(&queries), near(&tickets));
        let near_elsewhere = !near_queries && !near_tickets && self.near_elsewhere(row, &seen)?;
        let nearest = queries.filter(CommonAnswer::is_near).or(tickets.filter(CommonAnswer::is_near));
        let nearest = nearest.and_then(|found| {
            let (view, article) = self.index.article(&found.slug)?;
            Some((found, view.head(article).updated_at))
        });
        let changed = nearest.as_ref().map(|(_, changed)| question.week_of(*changed));
        let effect: Option<Effect> = changed.and_then(|week| effect(row, week));
        Ok(Replay { findings: Findings { near_queries, near_tickets, near_elsewhere, effect }, nearest })
    }

    /// Whether an article that is in none of these is near: asked only for a reader whom every audience admits.
    fn near_elsewhere(&self, row: &Row, seen: &[Arc<VisibleIndex>]) -> Result<bool, Problem> {
        if self.grants != Grants::Everything {
            return Ok(false);
        }
        let everything = self.visible(&Grants::Everything)?;
        for voices in [&row.asked, &row.written] {
            let asked: Vec<_> = voices.iter().take(ASKED).map(|voice| self.voice(&everything, voice)).collect();
            let found = common_answer(&everything, &asked).map_err(Problem::internal)?;
            let hidden = |found: &CommonAnswer| seen.iter().all(|index| index.article(&found.slug).is_none());
            if found.is_some_and(|found| found.is_near() && hidden(&found)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The article that answers most of what was said, for those who said it; and the indexes that were asked.
    fn nearest(&self, voices: &[Voice]) -> Result<(Option<CommonAnswer>, Vec<Arc<VisibleIndex>>), Problem> {
        let mut by_roles: BTreeMap<&BTreeSet<String>, Vec<&Voice>> = BTreeMap::new();
        for voice in voices.iter().take(ASKED) {
            by_roles.entry(&voice.roles).or_default().push(voice);
        }
        let weight = |voices: &[&Voice]| voices.iter().map(|voice| voice.count).sum::<usize>() as f64;
        let all: f64 = by_roles.values().map(|voices| weight(voices)).sum();
        let mut found: BTreeMap<String, CommonAnswer> = BTreeMap::new();
        let mut seen = Vec::new();
        for (roles, voices) in by_roles {
            let index = self.visible(&self.shared_with(roles))?;
            let asked: Vec<_> = voices.iter().map(|voice| self.voice(&index, voice)).collect();
            if let Some(best) = common_answer(&index, &asked).map_err(Problem::internal)? {
                let share = best.share * weight(&voices) / all;
                found.entry(best.slug.clone()).or_insert(CommonAnswer { share: 0.0, ..best }).share += share;
            }
            seen.push(index);
        }
        let best = found.into_values().max_by(|a, b| a.share.total_cmp(&b.share).then_with(|| b.slug.cmp(&a.slug)));
        Ok((best, seen))
    }

    fn voice(&self, index: &VisibleIndex, voice: &Voice) -> (Query, Option<Vector>, usize) {
        let (query, vector) = self.query(index, &voice.text, voice.language.clone(), voice.vector.as_ref());
        (query, vector, voice.count)
    }

    /// Something stored as a query of an index: with its vector where that is of the index's model.
    pub fn query(
        &self,
        index: &VisibleIndex,
        text: &str,
        language: Option<Language>,
        vector: Option<&QueryVector>,
    ) -> (Query, Option<Vector>) {
        let vector = vector.filter(|vector| index.model() == Some(vector.model)).map(|vector| vector.values.clone());
        let query = Query {
            text: text.chars().take(QUERY_LIMIT).collect(),
            language,
            mode: if vector.is_some() { Mode::Hybrid } else { Mode::Lexical },
            boosts: self.boosts.clone(),
            limit: 1,
            ..Query::default()
        };
        (query, vector)
    }

    /// What is found today by something that was asked. Blocks.
    pub fn now(&self, voice: &Voice) -> Result<Now, Problem> {
        let index = self.visible(&self.shared_with(&voice.roles))?;
        let (query, vector, _) = self.voice(&index, voice);
        let answers = retrieval::search(&index, &query, vector.as_deref()).map_err(Problem::internal)?;
        let first = answers.answers.into_iter().next().map(|answer| (answer.slug, answer.title));
        Ok(Now { confidence: confidence_name(answers.confidence), first })
    }
}
