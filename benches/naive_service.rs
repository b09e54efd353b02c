//! What a competent team writes in an afternoon instead of Signpost: one tantivy index over all passages, served by axum.
//!
//! BM25 over title, heading and passage with English stemming, titles and headings boosted; who may read a passage is a term that
//! the query must have; the ten best passages with tantivy's own snippets. Nothing is recorded, limited or kept apart.

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use indexer::article::Article;
use indexer::passage::passages;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, ConstScoreQuery, Occur, Query as EngineQuery, QueryParser, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value};
use tantivy::snippet::SnippetGenerator;
use tantivy::{Index, IndexReader, TantivyDocument, Term, doc};

const ANSWERS: usize = 10;

#[derive(Clone, Copy)]
struct Fields {
    title: Field,
    heading: Field,
    body: Field,
    url: Field,
    role: Field,
}

struct Service {
    reader: IndexReader,
    parser: QueryParser,
    fields: Fields,
}

#[derive(Deserialize)]
struct Asked {
    q: String,
}

#[derive(Serialize)]
struct Answers {
    answers: Vec<Answer>,
}

#[derive(Serialize)]
struct Answer {
    title: String,
    heading: String,
    url: String,
    text: String,
    snippet: String,
    score: f32,
}

/// Indexes articles in `folder` and serves `GET /search?q=`; returns the address.
pub async fn serve(articles: &[Article], folder: &Path) -> String {
    let service = index(articles, folder);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let router = Router::new().route("/search", get(search)).with_state(Arc::new(service));
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serve") });
    address
}

async fn search(State(service): State<Arc<Service>>, Query(asked): Query<Asked>) -> Json<Answers> {
    Json(service.search(&asked.q).expect("search"))
}

fn index(articles: &[Article], folder: &Path) -> Service {
    let mut schema = Schema::builder();
    let stemmed = TextFieldIndexing::default().set_tokenizer("en_stem").set_index_option(IndexRecordOption::WithFreqs);
    let text = TextOptions::default().set_indexing_options(stemmed).set_stored();
    let fields = Fields {
        title: schema.add_text_field("title", text.clone()),
        heading: schema.add_text_field("heading", text.clone()),
        body: schema.add_text_field("body", text),
        url: schema.add_text_field("url", STORED),
        role: schema.add_text_field("role", STRING),
    };
    let index = Index::create_in_dir(folder, schema.build()).expect("an empty folder");
    let mut writer = index.writer_with_num_threads(1, 512 << 20).expect("a writer");
    for article in articles {
        for passage in passages(article) {
            let url = format!("/articles/{}#{}", article.head.slug, passage.anchor);
            let heading = passage.trail.last().cloned().unwrap_or_default();
            let entry = doc!(
                fields.title => article.head.title.as_str(),
                fields.heading => heading,
                fields.body => passage.text,
                fields.url => url,
                fields.role => "public",
            );
            writer.add_document(entry).expect("index");
        }
    }
    writer.commit().expect("commit");
    let segments = index.searchable_segment_ids().expect("segments");
    if segments.len() > 1 {
        writer.merge(&segments).wait().expect("merge");
    }
    let mut parser = QueryParser::for_index(&index, vec![fields.title, fields.heading, fields.body]);
    parser.set_field_boost(fields.title, 3.0);
    parser.set_field_boost(fields.heading, 2.0);
    Service { reader: index.reader().expect("a reader"), parser, fields }
}

impl Service {
    fn search(&self, text: &str) -> tantivy::Result<Answers> {
        let searcher = self.reader.searcher();
        let (words, _) = self.parser.parse_query_lenient(text);
        let role = TermQuery::new(Term::from_field_text(self.fields.role, "public"), IndexRecordOption::Basic);
        let role: Box<dyn EngineQuery> = Box::new(ConstScoreQuery::new(Box::new(role), 0.0));
        let snippets = SnippetGenerator::create(&searcher, &*words, self.fields.body)?;
        let query = BooleanQuery::new(vec![(Occur::Must, words), (Occur::Must, role)]);
        let found = searcher.search(&query, &TopDocs::with_limit(ANSWERS).order_by_score())?;
        let answer = |(score, address)| {
            let stored: TantivyDocument = searcher.doc(address)?;
            let text = |field| stored.get_first(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
            Ok(Answer {
                title: text(self.fields.title),
                heading: text(self.fields.heading),
                url: text(self.fields.url),
                text: text(self.fields.body),
                snippet: snippets.snippet_from_doc(&stored).to_html(),
                score,
            })
        };
        Ok(Answers { answers: found.into_iter().map(answer).collect::<tantivy::Result<_>>()? })
    }
}
