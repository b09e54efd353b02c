//! What is asked: an index of articles beside one of only those that anybody may see.

use indexer::article::Article;
use indexer::audience::{Attributes, Audience, Grants, ROLES};
use indexer::embedder::{Embedding, ModelDigest};
use indexer::library::{Change, Library};
use indexer::passage::passages;
use indexer::portal::Portal;
use indexer::visible::VisibleIndex;
use std::collections::BTreeSet;
use std::sync::Arc;
use tempfile::TempDir;

const PORTAL: &str = "acme";
const DESCRIPTION: &str = r#"
name = "Acme"
languages = ["en", "es", "zh", "th", "ar"]
default_audience = "public"
[[roles]]
name = "agent"
title = "Agent"
"#;
const MODEL: ModelDigest = ModelDigest([7; 32]);
const DIMENSIONS: usize = 16;

/// Articles of the fixed portal: languages, identifiers, marks, code and an article that only agents may see.
const ARTICLES: [&str; 12] = [
    "---\ntitle: Download an invoice\ntags: [billing, PDF]\nsynonyms: [bill]\n---\nOpen **Billing**. Choose the month; then download the invoice as a PDF file.\n\n## By card\n\nCards are charged at once.\n",
    "---\ntitle: Reset your password\nkind: faq\n---\nChoose *Forgot password* and follow the link in the message. Log in with the new one.\n",
    "---\ntitle: Error E1042\ntags: [error-code]\n---\n## `ERR_CART_EMPTY`\n\nThe cart is empty: set `max_retries` to 3 in `config/app.v2.yaml`.\n\n```\nlet userName = get_user(2.4.1);\n```\n",
    "---\ntitle: Café Zürich\n---\nThe naïve résumé of the café, e\u{301}crite à la main. C++ and C# cost 1,234.50.\n",
    "---\ntitle: Descargar una factura\nlanguage: es\n---\nAbra Facturación y descargue la factura en PDF. ¿Cómo pago?\n",
    "---\ntitle: 登录错误\nlanguage: zh\n---\n登录时显示错误代码E1042。请重置密码,然后重试。\n",
    "---\ntitle: ใบแจ้งหนี้\nlanguage: th\n---\nเปิดหน้าการเรียกเก็บเงินแล้วดาวน์โหลดใบแจ้งหนี้\n",
    "---\ntitle: تنزيل الفاتورة\nlanguage: ar\n---\nافتح صفحة الفواتير ثم نزّل الفاتورة بصيغة PDF.\n",
    "---\ntitle: Rotate the vault key\naudience: {roles: [agent]}\n---\nThe zanzibar command rotates the vault key of the invoice card password.\n",
    "---\ntitle: 👩‍👩‍👧 Family plan 🔥\nslug: plan\n---\nA plan for the family.\n\n## Plan\n\n## Plan\n\nPlans and planets.\n",
    "---\ntitle: Vertrag\nslug: plan\naliases: [plan, contract]\n---\n",
    "---\ntitle: The\n---\nHow to do it: what is it, and where? www.example.org/a/b?c=d user@example.org\n",
];

/// Two indexes, kept in memory where the system has a folder for that.
pub struct World {
    all: Shelf,
    public: Shelf,
}

struct Shelf {
    library: Library,
    _folder: TempDir,
}

/// The portal of all targets.
pub fn portal() -> Portal {
    Portal::parse(PORTAL, DESCRIPTION).0.expect("the portal can be read")
}

/// The articles of the fixed portal.
pub fn articles() -> Vec<Article> {
    let (portal, texts) = (portal(), ARTICLES.iter().enumerate());
    texts.map(|(place, text)| Article::parse(&portal, &format!("a{place}.md"), text.as_bytes(), 0).0).collect()
}

/// A vector that depends on a text, of about the length that the embedder's have, and a code of each of its words.
pub fn embedding_of(text: &str) -> Embedding {
    // FNV-1a, a step a dimension.
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash_of = |text: &str| text.bytes().fold(0xcbf2_9ce4_8422_2325, mix);
    let code = |word: &str| u128::from(hash_of(word)) << 64 | u128::from(mix(hash_of(word), 1));
    let mut hash = hash_of(text);
    let mut next = || {
        hash = mix(hash, 1);
        (hash >> 32) as i8 / 4
    };
    Embedding { vector: (0..DIMENSIONS).map(|_| next()).collect(), tokens: text.split_whitespace().map(code).collect() }
}

impl World {
    /// Indexes articles.
    pub fn of(articles: Vec<Article>) -> Self {
        let public = articles.iter().filter(|article| article.head.audience == Audience::Public).cloned().collect();
        Self { all: Shelf::of(articles), public: Shelf::of(public) }
    }

    /// What anybody may see among all articles.
    pub fn seen_by_anybody(&self) -> Arc<VisibleIndex> {
        self.all.visible(Attributes::new())
    }

    /// What an agent may see among all articles.
    pub fn seen_by_an_agent(&self) -> Arc<VisibleIndex> {
        self.all.visible(Attributes::from([(ROLES.to_owned(), BTreeSet::from(["agent".to_owned()]))]))
    }

    /// What anybody may see where there is nothing else.
    pub fn alone(&self) -> Arc<VisibleIndex> {
        self.public.visible(Attributes::new())
    }
}

impl Shelf {
    fn of(articles: Vec<Article>) -> Self {
        let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a temporary folder");
        let library = Library::open(folder.path()).expect("an empty folder");
        library.serve_portal(Arc::new(portal()));
        let put = |article: Article| {
            let embeddings = passages(&article).iter().map(|passage| Some(embedding_of(&passage.text))).collect();
            Change::Put(Box::new(article), embeddings)
        };
        library.apply(PORTAL, articles.into_iter().map(put).collect(), Some(MODEL)).expect("a commit");
        Self { library, _folder: folder }
    }

    fn visible(&self, held: Attributes) -> Arc<VisibleIndex> {
        self.library.snapshot().visible(PORTAL, &Grants::Attributes(held)).expect("the portal is served")
    }
}
