//! The twin test: what a viewer gets is byte for byte what they would get if the rest did not exist.
//!
//! Two servers run: one on the whole content, one on the same content without the articles that the viewer may not see. Every
//! operation of the OpenAPI document is asked of both, thousands of times with seeded words, and the answers are compared
//! after taking out the fields of [`VARIABLE`] alone; again after hidden articles were edited and deleted, and after public
//! ones became hidden. Before all that the same log of votes, of the viewer's like and of others, is replayed to both.

use crate::contents::Seeded;
use crate::service::{Reply, Service, age, copy, encode, model, root, save};
use indexer::article::Article;
use indexer::audience::{Attributes, Grants, ROLES};
use indexer::portal::Portal;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What differs between any two answers, whoever asks: ids made for one request, its time, and how long it took.
const VARIABLE: [&str; 15] = [
    "date",
    "x-request-id",
    "search_id",
    "took_us",
    "request_id",
    "form_id",
    "id",
    "status_url",
    "since",
    "as_of",
    "at",
    "etag",
    // Addresses that name `as_of`.
    "numerator_rows",
    "denominator_rows",
    "outcome_rows",
];

/// A viewer of the test.
struct Who {
    portal: &'static str,
    roles: &'static [&'static str],
    attributes: &'static [(&'static str, &'static str)],
}

impl Who {
    fn grants(&self) -> Grants {
        let mut held = Attributes::new();
        let mut hold = |name: &str, value: &str| held.entry(name.into()).or_default().insert(value.into());
        self.roles.iter().for_each(|role| _ = hold(ROLES, role));
        self.attributes.iter().for_each(|(name, value)| _ = hold(name, value));
        Grants::Attributes(held)
    }
    fn token(&self, service: &Service, further: &[&str]) -> Option<String> {
        let roles = [self.roles, further].concat();
        (!roles.is_empty()).then(|| service.token(self.portal, &roles, self.attributes))
    }
}

/// Whether a viewer may see the article in a file.
fn sees(portal: &Portal, grants: &Grants, path: &str, text: &str) -> bool {
    Article::parse(portal, path, text.as_bytes(), 0).0.head.audience.admits(grants)
}

fn portal(content: &Path, id: &str) -> Portal {
    let text = std::fs::read_to_string(content.join(id).join("portal.toml")).unwrap();
    Portal::parse(id, &text).0.expect("a portal that can be read")
}

/// Makes `to` the twin of `from`: without the articles, and the images that only they show, that the viewer may not see.
fn without(from: &Path, to: &Path, who: &Who) {
    let (portal, grants) = (portal(from, who.portal), who.grants());
    let article =
        |relative: &str| relative.strip_prefix("articles/").filter(|path| path.ends_with(".md")).map(str::to_owned);
    let _ = std::fs::remove_dir_all(to.join(who.portal));
    copy(&from.join(who.portal), &to.join(who.portal), &|relative, text| match article(relative) {
        Some(path) => sees(&portal, &grants, &path, text),
        None => !relative.contains("hostile"),
    });
    for file in ["synonyms.yaml", "pins.yaml"] {
        let path = to.join(who.portal).join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.split(HIDDEN_ENTRIES).next().unwrap()).unwrap();
    }
}

/// Begins the entries of `synonyms.yaml` and `pins.yaml` that the viewer may not see.
const HIDDEN_ENTRIES: &str = "# for others\n";

/// Writes synonyms and pins for the viewer, and after them hostile ones for others; pins for the viewer to hidden articles as well.
fn steer(content: &Path, who: &Who, audience: &str, slugs: &[String]) {
    let (mine, theirs) = (&slugs[0], &slugs[1]);
    let synonyms = format!(
        "- words: [zanzibar3, password]\n- from: [quokka]\n  to: [sign in, zanzibar2]\n{HIDDEN_ENTRIES}\
         - words: [password, invoice, hostile]\n  audience: {audience}\n- from: [zanzibar]\n  to: [password]\n  audience: {audience}\n"
    );
    let pins = format!(
        "- query: [password]\n  articles: [{mine}]\n- contains: [quokka]\n  articles: [000-hostile-0.md, {theirs}]\n{HIDDEN_ENTRIES}\
         - query: [password]\n  articles: [{theirs}]\n  audience: {audience}\n- contains: [invoice]\n  articles: [000-hostile-1.md]\n"
    );
    let folder = content.join(who.portal);
    for (file, text) in [("synonyms.yaml", synonyms), ("pins.yaml", pins)] {
        save(&folder.join(file), &text);
        age(&folder.join(file));
    }
}

/// Adds hidden articles (file → an alias of its own) that try to show: clashing slugs, aliases, synonyms, pins, tags, categories, images, links from and to.
fn plant(content: &Path, who: &Who, audience: &str) -> BTreeMap<String, String> {
    let (grants, known) = (who.grants(), portal(content, who.portal));
    let folder = content.join(who.portal).join("articles");
    let mut planted = BTreeMap::new();
    let mut public: Vec<(String, Article)> = Vec::new();
    walk(&folder, &mut |path, text| {
        let relative = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
        if relative.ends_with(".md") && sees(&known, &grants, &relative, text) {
            let article = Article::parse(&known, &relative, text.as_bytes(), 0).0;
            public.push((relative, article));
        }
    });
    public.sort_by(|a, b| a.0.cmp(&b.0));
    let slugs: Vec<String> = public.iter().rev().map(|(_, article)| article.head.slug.clone()).collect();
    steer(content, who, audience, &slugs);
    std::fs::create_dir_all(folder.join("images")).unwrap();
    std::fs::write(folder.join("images/hostile.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    for (number, (path, article)) in public.iter().enumerate() {
        let head = &article.head;
        let name = format!("000-hostile-{number}.md");
        let text = format!(
            "---\ntitle: \"{}\"\nslug: {}\naudience: {audience}\naliases: [hostile-alias-{number}, {}]\nsynonyms: [zanzibar{number}, {}]\n\
             tags: [hostile]\npin: [zanzibar{number}, \"{}\"]\ncategory: Hostile {number}\nlanguage: {}\n---\n\n{} zanzibar{number}.\n\n[there](/{path}) \
             ![image](images/hostile.svg)\n",
            head.title.replace('"', "'"),
            head.slug,
            public[(number + 1) % public.len()].1.head.slug,
            head.title
                .split_whitespace()
                .next()
                .unwrap_or("x")
                .to_lowercase()
                .replace(|c: char| !c.is_alphanumeric(), ""),
            head.title.replace('"', "'"),
            head.language.as_str(),
            article
                .sections
                .iter()
                .flat_map(|section| &section.blocks)
                .map(|block| block.text.replace('\n', " "))
                .collect::<Vec<_>>()
                .join(" "),
        );
        save(&folder.join(&name), &text);
        age(&folder.join(&name));
        planted.insert(name, format!("hostile-alias-{number}"));
        if number % 5 == 0 {
            // A public article that links to a hidden one and shows its image: dead for who may not see it, in both worlds.
            let file = folder.join(path);
            let text = std::fs::read_to_string(&file).unwrap();
            save(&file, &format!("{text}\n\nSee [the hostile one](/000-hostile-{number}.md).\n"));
            age(&file);
        }
    }
    planted
}

fn walk(folder: &Path, each: &mut dyn FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, each);
        } else {
            each(&path, &String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        }
    }
}

/// The words, titles and slugs of a portal's articles, hidden ones included, and misspellings of them.
fn vocabulary(content: &Path, who: &Who) -> (Vec<String>, Vec<String>) {
    let known = portal(content, who.portal);
    let folder = content.join(who.portal).join("articles");
    let (mut phrases, mut slugs) = (BTreeSet::new(), BTreeSet::new());
    walk(&folder, &mut |path, text| {
        if path.extension().is_some_and(|extension| extension == "md") {
            let relative = path.strip_prefix(&folder).unwrap().to_str().unwrap();
            let article = Article::parse(&known, relative, text.as_bytes(), 0).0;
            slugs.extend(article.head.aliases.iter().cloned().chain([article.head.slug.clone()]));
            phrases.insert(article.head.title.clone());
            phrases.extend(article.head.synonyms.iter().cloned());
            for block in article.sections.iter().flat_map(|section| &section.blocks) {
                phrases.extend(block.text.split_whitespace().filter(|word| word.len() > 3).map(str::to_owned));
            }
        }
    });
    let mut random = Seeded(17);
    let misspelt: Vec<String> = phrases
        .iter()
        .filter(|phrase| phrase.chars().count() > 4)
        .map(|phrase| {
            let mut letters: Vec<char> = phrase.chars().collect();
            let at = random.below(letters.len() - 1);
            letters.swap(at, at + 1);
            letters.into_iter().collect()
        })
        .collect();
    (phrases.into_iter().chain(misspelt).collect(), slugs.into_iter().collect())
}

/// One request of either server.
enum Ask {
    Get(String),
    Post(String, Value),
}

/// The requests that one operation of the OpenAPI document is tested with, or a failure: an operation without a script.
fn script(
    operation: &str,
    who: &Who,
    vocabulary: &(Vec<String>, Vec<String>),
    random: &mut Seeded,
    times: usize,
) -> Vec<Ask> {
    let base = format!("/v1/portals/{}", who.portal);
    let (phrases, slugs) = vocabulary;
    let mut query = || (0..1 + random.below(3)).map(|_| random.pick(phrases).as_str()).collect::<Vec<_>>().join(" ");
    let queries: Vec<String> = (0..times).map(|_| query()).collect();
    let steered = ["password", "quokka", "zanzibar3", "zanzibar", "the invoice", "quoka", "hostile"].map(str::to_owned);
    let queries: Vec<String> = steered.into_iter().chain(queries).collect();
    let modes = ["hybrid", "lexical", "dense"];
    let short = |text: &str| text.chars().take(200).collect::<String>();
    match operation {
        "get /v1/portals/{portal}/search" => queries
            .iter()
            .enumerate()
            .map(|(i, q)| {
                let filter = ["", "&filter=kind:article", "&filter=tags:hostile", "&offset=3", "&lang=es"][i % 5];
                Ask::Get(format!("{base}/search?q={}&limit={}&mode={}{filter}", encode(&short(q)), 1 + i % 20, modes[i % 3]))
            })
            .collect(),
        "post /v1/portals/{portal}/search" => {
            queries.iter().take(times / 4).map(|q| Ask::Post(format!("{base}/search"), json!({"q": short(q)}))).collect()
        }
        "get /v1/portals/{portal}/suggest" => queries
            .iter()
            .map(|q| Ask::Get(format!("{base}/suggest?q={}", encode(&q.chars().take(3 + q.len() % 9).collect::<String>()))))
            .collect(),
        "post /v1/portals/{portal}/suggest" => {
            queries.iter().take(times / 4).map(|q| Ask::Post(format!("{base}/suggest"), json!({"q": short(q)}))).collect()
        }
        "get /v1/portals/{portal}/articles/{slug}" => {
            let of = |slug: &String| [Ask::Get(format!("{base}/articles/{slug}")), Ask::Get(format!("{base}/articles/{slug}.md"))];
            slugs.iter().flat_map(of).chain([Ask::Get(format!("{base}/articles/absent"))]).collect()
        }
        "get /v1/portals/{portal}/assets/{path}" => ["articles/images/hostile.svg", "articles/images/absent.svg", "portal.toml", "..%2fportal.toml"]
            .map(|path| Ask::Get(format!("{base}/assets/{path}")))
            .into(),
        "get /v1/portals/{portal}/help" => ["/", "/billing", "/benefits", "/team?x=1", "/settings/members"]
            .map(|url| Ask::Get(format!("{base}/help?url={}", encode(url))))
            .into(),
        "post /v1/portals/{portal}/help" => vec![Ask::Post(format!("{base}/help"), json!({"url": "https://portal.example/benefits"}))],
        "get /v1/portals/{portal}/form" => vec![Ask::Get(format!("{base}/form?visitor=twin"))],
        "post /v1/portals/{portal}/events" => slugs
            .iter()
            .enumerate()
            .map(|(i, slug)| {
                let event = json!({"id": format!("twin-{i}-{slug}-{times}"), "type": "click", "slug": slug, "at": "2026-01-01T00:00:00Z"});
                Ask::Post(format!("{base}/events"), json!({"sent_at": "2026-01-01T00:00:00Z", "visitor": "twin", "events": [event]}))
            })
            .collect(),
        "post /v1/portals/{portal}/tickets" => {
            vec![Ask::Post(format!("{base}/tickets"), json!({"subject": "Twin", "body": "zanzibar1 does not work", "visitor": "twin"}))]
        }
        "get /v1/portals/{portal}/tickets/{id}" => vec![Ask::Get(format!("{base}/tickets/absent"))],
        "get /v1/portals/{portal}/reports/deflection" => vec![Ask::Get(format!("{base}/reports/deflection"))],
        "get /v1/portals/{portal}/reports/searches" => vec![Ask::Get(format!("{base}/reports/searches"))],
        "get /v1/portals/{portal}/reports/episodes" => ["", "?kind=visit&limit=200", "?figure=visit_to_ticket&limit=200", "?kind=ticket", "?kind=search"]
            // By a number that does not depend on when the log was replayed.
            .map(|asked| Ask::Get(format!("{base}/reports/episodes{asked}{}sort=tickets", if asked.is_empty() { '?' } else { '&' })))
            .into(),
        "get /v1/portals/{portal}/reports/episodes/{id}" => vec![Ask::Get(format!("{base}/reports/episodes/absent"))],
        "get /v1/portals/{portal}/reports/topics" => vec![Ask::Get(format!("{base}/reports/topics"))],
        "get /v1/portals/{portal}/reports/trend" => vec![Ask::Get(format!("{base}/reports/trend"))],
        "get /v1/portals/{portal}/reports/articles" => {
            ["opened", "unread"].map(|sort| Ask::Get(format!("{base}/reports/articles?limit=200&sort={sort}"))).into()
        }
        "get /v1/portals/{portal}/reports/changes" => vec![Ask::Get(format!("{base}/reports/changes?since=2020-01-01"))],
        "get /v1/portals/{portal}/admin/explain" => {
            // As an editor for the viewer: they may know of the hidden articles, what they are told of the viewer's may not.
            let held = who.roles.iter().map(|role| format!("&as=roles:{role}")).collect::<String>();
            let held = if held.is_empty() { "&as=anonymous".to_owned() } else { held };
            let ask = |(q, slug): (&String, &String)| {
                Ask::Get(format!("{base}/admin/explain?q={}&slug={slug}{held}", encode(&short(q))))
            };
            queries.iter().zip(slugs.iter().filter(|slug| !slug.contains("hostile")).step_by(5)).take(8).map(ask).collect()
        }
        // Nothing to the viewer; what an operator reads is of people, not of articles.
        "post /v1/portals/{portal}/admin/erase" => vec![Ask::Post(format!("{base}/admin/erase"), json!({"subject": "nobody"}))],
        "post /v1/portals/{portal}/admin/export" => vec![Ask::Post(format!("{base}/admin/export"), json!({"visitor": "twin"}))],
        "get /v1/portals/{portal}/admin/audit" => vec![Ask::Get(format!("{base}/admin/audit"))],
        "get /v1/portals/{portal}/admin/tickets" => vec![Ask::Get(format!("{base}/admin/tickets"))],
        "get /v1/portals/{portal}/admin/tickets/{id}" => vec![Ask::Get(format!("{base}/admin/tickets/absent"))],
        "post /v1/portals/{portal}/admin/tickets/{id}" => {
            vec![Ask::Post(format!("{base}/admin/tickets/absent"), json!({"stage": "solved"}))]
        }
        "get /v1/portals/{portal}/admin/sources" => vec![Ask::Get(format!("{base}/admin/sources"))],
        "post /v1/portals/{portal}/admin/sources" => {
            vec![Ask::Post(format!("{base}/admin/sources"), json!({"source": "form", "from": 1, "to": 2}))]
        }
        // Nobody has its secret.
        "post /webhooks/{provider}" => ["zendesk", "freshdesk", "hubspot", "generic", "other"]
            .map(|provider| Ask::Post(format!("/webhooks/{provider}"), json!({"id": "twin"})))
            .into(),
        "get /livez" | "get /readyz" | "get /openapi.json" => vec![Ask::Get(operation["get ".len()..].to_owned())],
        other => panic!("the OpenAPI document has `{other}`, for which the twin test has no script: write one"),
    }
}

/// Takes the variable fields out of a JSON value.
fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !VARIABLE.contains(&name.as_str()));
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// What is compared: status, headers and body, byte for byte but for the variable fields.
fn essence(reply: Reply) -> (u16, Vec<(String, String)>, String) {
    let headers: Vec<_> = reply.headers.into_iter().filter(|(name, _)| !VARIABLE.contains(&name.as_str())).collect();
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    // The length of the body is that of the variable fields too; what is left of the body is compared itself.
    let headers = headers.into_iter().filter(|(name, _)| name != "content-length").collect();
    match serde_json::from_slice::<Value>(&reply.body) {
        Ok(mut json) => {
            strip(&mut json);
            (reply.status, headers, json.to_string())
        }
        Err(_) => (reply.status, headers, without_ids(&text)),
    }
}

/// A page without the ids that are made for one view of it: values of the attributes that hold them.
fn without_ids(page: &str) -> String {
    const HOLDERS: [&str; 7] = [
        "data-search=\"",
        "data-form=\"",
        "name=\"search_id\" value=\"",
        "name=\"form_id\" value=\"",
        "name=\"key\" value=\"",
        "?s=",
        "search_id=",
    ];
    let mut page = page.to_owned();
    for holder in HOLDERS {
        let (mut rest, mut kept) = (page.as_str(), String::new());
        while let Some(at) = rest.find(holder) {
            let (before, after) = rest.split_at(at + holder.len());
            kept.push_str(before);
            rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '%'));
        }
        kept.push_str(rest);
        page = kept;
    }
    page
}

/// Asks everything of both and compares; returns how many answers were equal.
fn compare(whole: &Service, part: &Service, who: &Who, content: &Path, times: usize, phase: &str) -> usize {
    let vocabulary = vocabulary(content, who);
    let document = whole.get("/openapi.json", None).json();
    let operations: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| format!("{method} {path}")))
        .filter(|operation| {
            ["get ", "post ", "put ", "delete ", "patch "].iter().any(|method| operation.starts_with(method))
        })
        .collect();
    assert!(operations.len() > 10, "the OpenAPI document lists the operations");
    let tokens = |service: &Service| {
        [&[][..], &["signpost:analyst"], &["signpost:editor"]].map(|further| who.token(service, further))
    };
    let (ours, theirs) = (tokens(whole), tokens(part));
    let mut random = Seeded(29);
    let mut compared = 0;
    let mut same = |ask: &Ask, analyst: usize| {
        let (tokens, path) = (
            (ours[analyst].as_deref(), theirs[analyst].as_deref()),
            match ask {
                Ask::Get(path) | Ask::Post(path, _) => path,
            },
        );
        let (a, b) = match ask {
            Ask::Get(path) => (whole.get(path, tokens.0), part.get(path, tokens.1)),
            Ask::Post(path, body) => (whole.post(path, body, tokens.0), part.post(path, body, tokens.1)),
        };
        let (a, b) = (essence(a), essence(b));
        assert_eq!(a.0, b.0, "{phase}: status of {path}");
        if let Some((with, without)) = a.2.lines().zip(b.2.lines()).find(|(a, b)| a != b) {
            panic!("{phase}: {path}\nwith hidden articles:    {with}\nwithout hidden articles: {without}");
        }
        assert_eq!(a.2.len(), b.2.len(), "{phase}: length of {path}");
        assert_eq!(a.1, b.1, "{phase}: headers of {path}");
        compared += 1;
    };
    for operation in &operations {
        let asks = script(operation, who, &vocabulary, &mut random, times);
        if operation.contains("/admin/") {
            let path = |slug: &str| format!("/v1/portals/{}/articles/{slug}", who.portal);
            let sees = |slug: &str| whole.get(&path(slug), who.token(whole, &[]).as_deref()).status == 200;
            let named = |ask: &&Ask| matches!(ask, Ask::Get(path) if path.split(['&', '=']).nth(3).is_some_and(sees));
            asks.iter().filter(named).for_each(|ask| same(ask, 2));
        }
        asks.iter().for_each(|ask| same(ask, usize::from(operation.contains("/reports/"))));
    }
    let pages = [
        String::new(),
        "search?q=zanzibar1".into(),
        "search?q=password".into(),
        "search?q=quokka".into(),
        "ticket".into(),
        "dashboard".into(),
        "articles/absent".into(),
    ];
    let articles = vocabulary.1.iter().map(|slug| format!("articles/{slug}"));
    pages.into_iter().chain(articles).for_each(|page| same(&Ask::Get(format!("/{}/{page}", who.portal)), 0));
    compared
}

/// Replays one log of votes to both servers: some of visitors who hold what the viewer holds, more of others, of visible articles and
/// of hidden ones. Returns once they count.
fn replay(services: [&Service; 2], who: &Who, others: &[&str], planted: &BTreeMap<String, String>, slugs: &[String]) {
    let path = format!("/v1/portals/{}/events", who.portal);
    let hidden: Vec<&String> = planted.values().take(3).collect();
    for service in services {
        let vote = |visitor: usize, slug: &str, solved: bool, of: &str, token: Option<&str>| {
            let id = format!("vote-{of}-{visitor}-{slug}");
            let event = json!({"id": id, "type": "vote", "slug": slug, "solved": solved, "at": "2026-01-01T00:00:00Z"});
            let visitor = format!("{of}-{visitor}");
            let batch = json!({"sent_at": "2026-01-01T00:00:00Z", "visitor": visitor, "events": [event]});
            // Votes of programs do not count, and the tests' client is one.
            let browser = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
            let reply = service.try_post(&path, &batch, token, &[browser]).expect("the server answers");
            assert_eq!(reply.status, 202);
        };
        for visitor in 0..6 {
            let token = |of: &str, roles: &[&str], attributes| {
                (!roles.is_empty()).then(|| service.token_of(&format!("{of}-{visitor}"), who.portal, roles, attributes))
            };
            let (own, other) = (token("own", who.roles, who.attributes), token("other", others, &[]));
            vote(visitor, &slugs[0], true, "own", own.as_deref());
            vote(visitor, &slugs[1], false, "own", own.as_deref());
            for slug in slugs.iter().take(4).chain(hidden.iter().copied()) {
                vote(visitor, slug, slug == &slugs[1], "other", other.as_deref());
            }
        }
        let editor = service.token(who.portal, &["signpost:editor"], &[]);
        let held = who.roles.first().map_or("anonymous".to_owned(), |role| format!("roles:{role}"));
        let ask = format!("/v1/portals/{}/admin/explain?q=password&slug={}&as={held}", who.portal, slugs[0]);
        let counts = |service: &Service| {
            service.get(&ask, Some(&editor)).json()["likeness"]["helpfulness"]
                .as_f64()
                .is_some_and(|factor| factor > 1.0)
        };
        service.wait("votes to count", counts);
    }
}

fn twin(who: Who, hidden_from: &str, options: &[&str], times: usize) {
    let (content, twin, data, twin_data) = (
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let (content, twin) = (content.path(), twin.path());
    copy(&root().join("content").join(who.portal), &content.join(who.portal), &|_, _| true);
    let planted = plant(content, &who, hidden_from);
    without(content, twin, &who);
    let whole = Service::start(content, data.path(), options).settled();
    let part = Service::start(twin, twin_data.path(), options).settled();
    let seen: Vec<String> = vocabulary(twin, &who).1;
    let others = if hidden_from.contains("broker") { "broker" } else { "admin" };
    // An article's own address slug, under which votes are counted; aliases lead to it.
    let token = who.token(&part, &[]);
    let article =
        |slug: &str| part.get(&format!("/v1/portals/{}/articles/{slug}", who.portal), token.as_deref()).json();
    let voted: Vec<String> = seen.iter().filter(|slug| article(slug)["slug"] == ***slug).cloned().collect();
    replay([&whole, &part], &who, &[others], &planted, &voted);
    let mut compared = compare(&whole, &part, &who, content, times, "as written");

    let folder = content.join(who.portal).join("articles");
    for name in planted.keys() {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        save(&folder.join(name), &format!("{text}\n\nxylophone, edited.\n"));
    }
    let editor = whole.token(who.portal, &["signpost:editor"], &[]);
    // Fetched, not searched for: searches are counted, and the counts of both servers are compared.
    let of_editor = |alias: &str| whole.get(&format!("/v1/portals/{}/articles/{alias}.md", who.portal), Some(&editor));
    let edited = |alias: &String| String::from_utf8_lossy(&of_editor(alias).body).contains("xylophone");
    whole.wait("hidden edits to be indexed", |_| planted.values().all(edited));
    whole.settle();
    compared += compare(&whole, &part, &who, content, times / 4, "hidden articles edited");

    planted.keys().step_by(2).for_each(|name| std::fs::remove_file(folder.join(name)).unwrap());
    let gone = |alias: &String| of_editor(alias).status == 404;
    whole.wait("hidden deletions", |_| planted.values().step_by(2).all(gone));
    whole.settle();
    compared += compare(&whole, &part, &who, content, times / 4, "hidden articles deleted");

    let (known, grants) = (portal(content, who.portal), who.grants());
    let mut narrowed = Vec::new();
    walk(&folder, &mut |path, text| {
        let relative = path.strip_prefix(&folder).unwrap().to_str().unwrap();
        if narrowed.len() < 4
            && relative.ends_with(".md")
            && !relative.contains("hostile")
            && sees(&known, &grants, relative, text)
        {
            let slug = Article::parse(&known, relative, text.as_bytes(), 0).0.head.slug;
            narrowed.push((path.to_owned(), slug));
        }
    });
    for (path, _) in &narrowed {
        let text = std::fs::read_to_string(path).unwrap();
        let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("audience:")).collect();
        save(path, &kept.join("\n").replacen("---\n", &format!("---\naudience: {hidden_from}\n"), 1));
        age(path);
    }
    without(content, twin, &who);
    for service in [&whole, &part] {
        let token = who.token(service, &[]);
        service.wait("public articles to become hidden", |service| {
            let gone = |slug: &String| {
                service.get(&format!("/v1/portals/{}/articles/{slug}", who.portal), token.as_deref()).status == 404
            };
            narrowed.iter().all(|(_, slug)| gone(slug))
        });
        service.settle();
    }
    compared += compare(&whole, &part, &who, content, times / 4, "public articles became hidden");
    println!("{compared} answers of {} were equal byte for byte but for {VARIABLE:?}", who.portal);
}

#[test]
fn an_anonymous_viewer_gets_what_they_would_get_without_the_rest() {
    let model = model();
    let who = Who { portal: "group-benefits", roles: &[], attributes: &[] };
    twin(who, "{roles: [broker]}", &["--model", model.to_str().unwrap()], 400);
}

#[test]
fn a_viewer_with_a_role_gets_what_they_would_get_without_the_rest() {
    let who = Who { portal: "b2b-saas-hub", roles: &["member"], attributes: &[] };
    twin(who, "{roles: [admin]}", &[], 1000);
}
