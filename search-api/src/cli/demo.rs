//! `signpost serve --demo`: six weeks of invented visits, so that a newcomer sees the reports alive.
//!
//! Visitors ask what the portal's public articles are about, in more and in less of their words, and some ask what no article answers;
//! the searches are real. What they do then is drawn: most articles help, some are read in vain, some are overlooked.

use crate::deflection::log::{Kind, Millis, Searched, Shown, Surface};
use crate::deflection::question::{DAY, HOUR, MINUTE, SECOND};
use crate::http::App;
use crate::http::search::{embed, logged};
use crate::identity::Viewer;
use crate::retrieval::{self, Mode, Query};
use crate::store::{Batch, NewEvent, Origin, Receipt, Store, StoreError};
use anyhow::Context;
use indexer::audience::{Attributes, Grants};
use indexer::portal::Portal;
use indexer::visible::VisibleIndex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};

const DAYS: i64 = 42;
const VISITS_A_DAY: i64 = 40;
/// Visits that are written at once.
const TOGETHER: usize = 64;
/// Needs that visitors come with, of a portal; the first are the most frequent.
const TOPICS: usize = 24;
/// What no article of a help centre is likely to answer.
const UNANSWERED: [[&str; 2]; 3] = [
    ["gift card balance", "where do i see my gift card balance"],
    ["change the colour of the logo on printed letters", "logo colour printed letters"],
    ["can i pay with a cheque in person", "pay cheque in person"],
];
/// How long the model may take to load before it is done without.
const LOADING: Duration = Duration::from_secs(30);

/// A need, in the words of several people, with what a search for each finds.
struct Topic {
    asked: Vec<Asked>,
    turn: Turn,
}

struct Asked {
    search: Searched,
    slugs: Vec<String>,
}

/// How a need mostly goes.
#[derive(Clone, Copy)]
enum Turn {
    /// The article helps.
    Helps,
    /// It is read, and a ticket follows.
    Unhelpful,
    /// It is shown and not opened.
    Overlooked,
    /// There is none.
    Missing,
}

/// Fills the log of every portal that has none yet; says what it did.
pub async fn fill(app: &App) -> anyhow::Result<()> {
    wait_for_model(app).await;
    let portals: Vec<Arc<Portal>> = app.library.snapshot().portals().cloned().collect();
    for portal in portals {
        let now = app.now();
        let log = app.store.log(&portal.id, now - 400 * DAY, now).await?;
        if !log.events.is_empty() {
            tracing::info!(portal = portal.id, "it has a log already: no demo visits");
            continue;
        }
        let Some(index) = app.library.snapshot().visible(&portal.id, &Grants::Attributes(Attributes::new())) else {
            continue;
        };
        let topics = topics(app, &portal, &index).await?;
        let visits = write(&app.store, &portal, &topics, now).await.context("write demo visits")?;
        tracing::info!(portal = portal.id, visits, "filled with demo visits: remove the data folder to be rid of them");
    }
    Ok(())
}

async fn wait_for_model(app: &App) {
    let Some(embedder) = &app.embedder else { return };
    let loaded = async {
        while embedder.state() == "loading" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    // Without it the demo goes by words.
    let _ = tokio::time::timeout(LOADING, loaded).await;
}

/// What the articles are about: those of the portal's first language, in the order of their slugs, and what none answers.
async fn topics(app: &App, portal: &Portal, index: &VisibleIndex) -> anyhow::Result<Vec<Topic>> {
    let first = portal.languages.first();
    let views = index.languages().iter().filter(|view| Some(view.language()) == first);
    let mut titles: Vec<&str> = views.flat_map(|view| (0..view.articles()).map(|a| &*view.head(a).title)).collect();
    titles.sort_unstable();
    let step = titles.len().div_ceil(TOPICS).max(1);
    let mut topics = Vec::new();
    for (place, title) in titles.into_iter().step_by(step).enumerate() {
        let words: Vec<String> = title.split_whitespace().map(str::to_lowercase).collect();
        let tail = words[words.len().saturating_sub(3)..].join(" ");
        let asked = [words.join(" "), tail, format!("help with {}", words.join(" "))];
        let turn = match place % 6 {
            2 => Turn::Unhelpful,
            4 => Turn::Overlooked,
            _ => Turn::Helps,
        };
        topics.push(topic(app, portal, index, &asked, turn).await?);
    }
    for asked in UNANSWERED {
        topics.push(topic(app, portal, index, &asked.map(str::to_owned), Turn::Missing).await?);
    }
    Ok(topics)
}

async fn topic(
    app: &App,
    portal: &Portal,
    index: &VisibleIndex,
    texts: &[String],
    turn: Turn,
) -> anyhow::Result<Topic> {
    let mut asked = Vec::new();
    for text in texts {
        let query = Query {
            text: text.clone(),
            language: portal.languages.first().cloned(),
            limit: 5,
            mode: Mode::Hybrid,
            ..Query::default()
        };
        let (query, vector) = embed(app, index, query).await;
        let found = retrieval::search(index, &query, vector.as_ref().map(|vector| &*vector.values))?;
        let search = Searched {
            search_id: None,
            text: Some(text.clone()),
            ties: Vec::new(),
            language: Some(found.language.clone()),
            results: u32::try_from(found.total).unwrap_or(u32::MAX),
            confidence: Some(logged(found.confidence)),
            vector,
        };
        asked.push(Asked { search, slugs: found.answers.into_iter().map(|answer| answer.slug).collect() });
    }
    Ok(Topic { asked, turn })
}

/// Writes six weeks of visits up to now; their number.
async fn write(store: &Store, portal: &Portal, topics: &[Topic], now: Millis) -> Result<usize, StoreError> {
    let mut random = StdRng::seed_from_u64(1);
    let (begin, mut writing, mut visits) = (now - DAYS * DAY, JoinSet::new(), 0);
    for day in 0..DAYS {
        // Saturday and Sunday; the first day of 1970 was a Thursday.
        let quiet = (2..4).contains(&(begin / DAY + day).rem_euclid(7));
        for _ in 0..if quiet { VISITS_A_DAY / 3 } else { VISITS_A_DAY } {
            let start = begin + day * DAY + random.random_range(0..22 * HOUR);
            let events = visit(&mut random, topics, visits, start);
            // Many come once, some again and again.
            let browser = format!("demo-{}", if random.random_bool(0.3) { visits % 97 } else { visits + 97 });
            let (store, portal) = (store.clone(), portal.clone());
            let covers = (visits == 0).then_some((begin, now));
            writing.spawn(async move {
                let operator = Viewer::operator(&portal.id);
                let batch = Batch { sent_at: now, events, covers };
                store.append(&portal, Origin::new(&operator, Some(&browser)), batch).await
            });
            visits += 1;
            while writing.len() >= TOGETHER {
                written(writing.join_next().await)?;
            }
        }
    }
    while let Some(done) = writing.join_next().await {
        written(Some(done))?;
    }
    Ok(visits)
}

fn written(done: Option<Result<Result<Receipt, StoreError>, JoinError>>) -> Result<(), StoreError> {
    match done {
        Some(Ok(stored)) => stored.map(drop),
        // The task broke off.
        Some(Err(_)) => Err(StoreError::Stopped),
        None => Ok(()),
    }
}

/// One visit: a need drawn by its frequency, asked for, and what comes of it.
fn visit(random: &mut StdRng, topics: &[Topic], number: usize, start: Millis) -> Vec<NewEvent> {
    // Of ranks from 1 to n each about as often as 1/rank.
    let rank = (topics.len() as f64).powf(random.random::<f64>()) as usize;
    let topic = &topics[rank.min(topics.len()) - 1];
    let mut told = Told { number, now: start, events: Vec::new() };
    // Some begin at the tile of a task, after which most ask nothing.
    if let Some(slug) = topic.asked[0].slugs.first().filter(|_| random.random_bool(0.1)) {
        told.event(Kind::Click(Shown { slug: slug.clone(), task: true, ..Shown::default() }));
        told.pass(random.random_range(20 * SECOND..4 * MINUTE));
        told.event(Kind::Leave { slug: slug.clone(), search_id: None });
        if random.random_bool(0.6) {
            return told.events;
        }
    }
    let mut search = told.search(&topic.asked[random.random_range(0..topic.asked.len())]);
    let (opens, refines, solves, gives_up) = match topic.turn {
        Turn::Helps => (0.8, 0.1, 0.45, 0.05),
        Turn::Unhelpful => (0.85, 0.2, 0.08, 0.45),
        Turn::Overlooked => (0.15, 0.4, 0.3, 0.3),
        Turn::Missing => (0.1, 0.5, 0.0, 0.45),
    };
    let mut asked = &topic.asked[0];
    if random.random_bool(refines) {
        told.pass(random.random_range(10 * SECOND..90 * SECOND));
        asked = &topic.asked[random.random_range(0..topic.asked.len())];
        search = told.search(asked);
    }
    for (place, slug) in asked.slugs.iter().take(3).enumerate() {
        told.event(Kind::Impression(shown(slug, &search, place)));
    }
    if let Some(slug) = asked.slugs.first().filter(|_| random.random_bool(opens)) {
        told.pass(random.random_range(2 * SECOND..20 * SECOND));
        told.event(Kind::Click(shown(slug, &search, 0)));
        told.pass(random.random_range(5 * SECOND..3 * MINUTE));
        if random.random_bool(0.4) {
            let solved = random.random_bool(solves);
            told.event(Kind::Vote { slug: slug.clone(), solved, comment: None, search_id: Some(search.clone()) });
        }
        told.event(Kind::Leave { slug: slug.clone(), search_id: Some(search.clone()) });
    }
    if random.random_bool(gives_up) {
        told.pass(random.random_range(5 * SECOND..MINUTE));
        let form_id = format!("demo-form-{number}");
        told.event(Kind::FormOpen { form_id: form_id.clone(), search_id: Some(search.clone()), assigned: None });
        told.pass(random.random_range(30 * SECOND..4 * MINUTE));
        if random.random_bool(0.85) {
            let ticket_id = Some(format!("demo-ticket-{number}"));
            told.event(Kind::Ticket { form_id: Some(form_id), search_id: Some(search), ticket_id });
        } else {
            told.event(Kind::FormLeft { form_id });
        }
    }
    told.events
}

fn shown(slug: &str, search: &str, place: usize) -> Shown {
    let rank = u32::try_from(place + 1).ok();
    Shown { slug: slug.into(), search_id: Some(search.into()), rank, ..Shown::default() }
}

/// The events of one visit so far.
struct Told {
    number: usize,
    now: Millis,
    events: Vec<NewEvent>,
}

impl Told {
    fn pass(&mut self, time: Millis) {
        self.now += time;
    }

    fn search(&mut self, asked: &Asked) -> String {
        let id = format!("demo-search-{}-{}", self.number, self.events.len());
        self.event(Kind::Search(Searched { search_id: Some(id.clone()), ..asked.search.clone() }));
        id
    }

    fn event(&mut self, kind: Kind) {
        let id = format!("demo-{}-{}", self.number, self.events.len());
        self.events.push(NewEvent { id, at: self.now, surface: Surface::Help, test: false, kind });
    }
}
