//! Words as people type them: what must find a text and what must not, by identifier, script, language and slip of the finger.

use super::world::{Shelf, article, in_language, language, titles};
use crate::retrieval::suggest;

/// Checks one article, written in a language, alone on its shelf.
#[track_caller]
fn check(tag: &str, text: &str, found_by: &[&str], not_by: &[&str]) {
    let shelf = Shelf::of(&[in_language(tag, article("page.md", "Xyz", text))]);
    for query in found_by {
        assert!(!shelf.titles(query).is_empty(), "{query:?} finds {text:?}");
    }
    for query in not_by {
        assert!(shelf.titles(query).is_empty(), "{query:?} does not find {text:?}");
    }
}

#[test]
fn identifiers_are_found_whole_by_part_and_by_prefix() {
    check(
        "en",
        "The log says ERR_CONN_RESET.",
        &[
            "ERR_CONN_RESET",
            "err_conn_reset",
            "err conn reset",
            "errConnReset",
            "err-conn-reset",
            "ERR_CONN",
            "conn",
            "ERR_CO",
        ],
        &["disk_full"],
    );
    check("en", "Error E4224 occurred.", &["E4224", "e4224", "4224", "E42", "error e4224"], &["E4225", "422"]);
    check(
        "en",
        "Send it to /v1/orders/{id} now.",
        &["/v1/orders/{id}", "/v1/orders", "v1/orders", "orders", "GET /v1/ord"],
        &["/v2/customers"],
    );
    check(
        "en",
        "Since version 2.10.3 it works.",
        &["2.10.3", "v2.10.3", "2.10", "version 2.10"],
        &["2.1", "2.10.4", "3.10"],
    );
    check("en", "Since v2.10.3 it works.", &["2.10.3", "v2.10.3", "V2.10.3"], &["2.10.30", "v2.1"]);
    check(
        "en",
        "Place a RadGridView there.",
        &[
            "RadGridView",
            "radgridview",
            "rad grid view",
            "RadGrid",
            "radgrid",
            "gridview",
            "GridView",
            "grid",
            "radgridv",
        ],
        &["TreeMap"],
    );
    check(
        "en",
        "Order the XR-4410-B today.",
        &["XR-4410-B", "xr4410b", "XR 4410 B", "XR-4410", "4410", "xr-44"],
        &["4411"],
    );
    check(
        "en",
        "Call getUserById first.",
        &["getUserById", "getuserbyid", "get_user_by_id", "get user by id", "getUser", "user"],
        &["setGroup"],
    );
    check("en", "Run it with --dry-run first.", &["--dry-run", "dry-run", "dry run", "dryrun", "--dry"], &["--wet"]);
    check("en", "Written in C++ alone.", &["C++", "c++", "C++17"], &["C", "C#"]);
    check("en", "For C/C++ authors.", &["C++", "c/c++", "C"], &["C#"]);
    check("en", "Built on .NET alone.", &[".NET", ".net", "net", "dotnet .net"], &["gross"]);
    check("en", "Runs on node.js 22.", &["node.js", "nodejs", "node js", "NodeJS", "Node", "node.j"], &["deno"]);
    check("en", "The server answers 404.", &["404", "error 404"], &["40", "4040", "405"]);
    check(
        "en",
        "Edit ~/.ssh/config or .env files.",
        &["~/.ssh/config", ".ssh/config", ".ssh", ".env", "env", "config"],
        &[".bashrc"],
    );
    check(
        "en",
        "Sign in by OAuth2 or SHA256.",
        &["OAuth2", "oauth", "OAuth 2", "sha256", "SHA-256", "sha 256"],
        &["oidc"],
    );
}

#[test]
fn who_types_an_identifier_whole_gets_it_before_its_parts() {
    let shelf = Shelf::of(&[
        article("net.md", "Net income", "The net amount and the net income of net sales."),
        article("dot.md", "Platform", "It runs on .NET since last year."),
        article("c.md", "Letters", "The letters C and c and C."),
        article("cpp.md", "Languages", "Written in C++."),
        article("old.md", "Version 2.1", "Since 2.1 and 2.1."),
        article("new.md", "Version 2.10", "Since 2.10."),
    ]);
    assert_eq!(shelf.titles(".NET")[0], "Platform");
    assert_eq!(shelf.titles("c++"), ["Languages"]);
    assert_eq!(shelf.titles("2.10"), ["Version 2.10"]);
    assert_eq!(shelf.titles("2.1"), ["Version 2.1"]);
}

#[test]
fn words_written_together_meet_the_same_written_apart() {
    let apart = || article("apart.md", "Session", "Choose how to log in. Then set up the file name.");
    let together = || article("together.md", "Entrance", "The login page, its setup and a filename.");
    for (text, queries) in [
        (apart(), ["login", "how to login", "setup", "filename"]),
        (together(), ["log in", "how to log in", "set up", "file name"]),
    ] {
        let shelf = Shelf::of(&[text.clone(), article("other.md", "Other", "Nothing of it.")]);
        for query in queries {
            assert_eq!(shelf.titles(query), [text.head.title.as_str()], "{query}");
        }
    }
    let both = Shelf::of(&[apart(), together()]);
    assert_eq!(both.titles("log in").len(), 2, "known words stand for the joined one too");
    assert_eq!(both.search("log in").suggestion, None);
    let shelf = Shelf::of(&[apart()]);
    assert_eq!(shelf.search("login").suggestion.as_deref(), Some("log in"));
    let shelf = Shelf::of(&[together()]);
    assert_eq!(shelf.search("file name").suggestion.as_deref(), Some("filename"));
    let german = Shelf::of(&[in_language("de", article("n.md", "Ablage", "Der Dateiname und die Rechnungsadresse."))]);
    assert_eq!(german.titles("datei name").len(), 1);
    let german = Shelf::of(&[in_language("de", article("n.md", "Ablage", "Die Adresse auf Rechnungen und der Name."))]);
    assert_eq!(german.titles("Rechnungsadresse").len(), 1);
}

#[test]
fn a_function_word_begins_no_other_word() {
    let shelf =
        Shelf::of(&[article("a.md", "Notice", "We inform you."), article("b.md", "Sheet", "Write in the form.")]);
    assert_eq!(shelf.titles("in form"), ["Sheet"]);
}

#[test]
fn a_slip_is_forgiven_in_any_letter_of_an_unknown_word() {
    let shelf = Shelf::of(&[article("a.md", "Webhooks", "A webhook is called by the integration.")]);
    for typed in ["webhok", "ebhook", "xebhook", "wehbook", "webhookk", "webohok", "webho", "itnegratoin", "webohoo"] {
        assert_eq!(shelf.titles(typed), ["Webhooks"], "{typed}");
    }
    for typed in ["wbk", "webxxk", "wxbhxok"] {
        assert!(shelf.titles(typed).is_empty(), "{typed}");
    }
}

#[test]
fn an_unfinished_word_may_be_a_slip_as_well() {
    let shelf = Shelf::of(&[
        article("a.md", "Forms", "Every form and format, the forms."),
        article("b.md", "More forms", "A form."),
        article("c.md", "Parts", "The formtest part."),
    ]);
    let found = shelf.titles("formt");
    assert!(found.contains(&"Forms".to_owned()) && found.contains(&"Parts".to_owned()), "{found:?}");
}

#[test]
fn french_is_found_with_and_without_accents_and_elisions() {
    check(
        "fr",
        "L’article explique la facture réglée et qu’il faut payer aujourd’hui à l'échéance. Cœur d'œuvre.",
        &[
            "article",
            "l'article",
            "d’article",
            "l article",
            "reglee",
            "réglée",
            "réglées",
            "REGLEES",
            "echeance",
            "échéances",
            "l'écheance",
            "aujourd'hui",
            "aujourdhui",
            "coeur",
            "œuvre",
            "oeuvres",
            "payer",
        ],
        &["chat"],
    );
    check("fr", "La facture reglee.", &["réglée", "reglees"], &[]);
    check("es", "La facturación de la contraseña.", &["facturacion", "facturaciones", "contrasena"], &[]);
    check("pt", "A configuração das faturas.", &["configuracao", "configurações", "configuracão"], &[]);
    check(
        "de",
        "Die Größe der Geräte in Straßen.",
        &["groesse", "Grosse", "gerate", "Gerät", "strasse", "STRASSE"],
        &[],
    );
    check("tr", "Şifremi unuttum, İstanbul.", &["sifremi", "SIFREMI", "istanbul", "ISTANBUL"], &[]);
    check("ru", "Счёт за ёлку.", &["счет", "ёлка", "елка"], &[]);
    check("el", "Ο λογαριασμός σας.", &["λογαριασμος", "ΛΟΓΑΡΙΑΣΜΟΣ", "λογαριασμοί"], &[]);
    check("ar", "كتـــاب المُحَمَّد في المكتبة رقم ١٢٣", &["كتاب", "محمد", "مكتبه", "123"], &[]);
    check("he", "הַסִּיסְמָה של צה״ל", &["הסיסמה", "צהל"], &[]);
    check("vi", "Đăng nhập vào tài khoản.", &["dang nhap", "tai khoan"], &[]);
}

#[test]
fn japanese_is_found_by_word_part_and_beginning_in_every_width() {
    let text = "ユーザー名を変更するには、設定画面を開きます。請求書の支払い期限は１５日です。検索条件を保存できます。サーバーは東京にあります。";
    check(
        "ja",
        text,
        &[
            "ユーザー名",
            "ユーザ名",
            "ﾕｰｻﾞｰ名",
            "ユ―ザ―",
            "変更",
            "名を変更する方法",
            "設定画面",
            "設定",
            "画面",
            "請求書",
            "請求",
            "支払い",
            "期限",
            "15日",
            "検索条件",
            "検索",
            "条件",
            "サーバ",
            "サーバー",
            "ｻｰﾊﾞｰ",
            "東京",
            "検",
            "ユー",
        ],
        &["犬", "削除", "京都", "フォルダ"],
    );
    let shelf = Shelf::of(&[
        in_language("ja", article("a.md", "パスワードの変更", "パスワードを変更します。")),
        in_language("ja", article("b.md", "請求書の発行", "請求書を発行します。パスワードは要りません。")),
    ]);
    assert_eq!(shelf.titles("パスワードを変更するにはどうすればいいですか")[0], "パスワードの変更");
    assert_eq!(shelf.titles("請求書")[0], "請求書の発行");
    assert_eq!(shelf.titles("パスワート")[0], "パスワードの変更", "a slip in Katakana");
    let found = shelf.search("請求所");
    assert_eq!(found.suggestion, None, "Han is not corrected");
}

#[test]
fn chinese_and_thai_are_found_by_word_and_part() {
    check(
        "zh",
        "管理员可以在设置页面中更改用户权限。个人所得税申报。",
        &["权限", "更改权限", "用户权限", "管理", "管理员", "设置页面", "页面", "所得税", "个人所得税", "如何更改权限"],
        &["密码"],
    );
    check("th", "วิธีรีเซ็ตรหัสผ่านของบัญชี", &["รหัสผ่าน", "รีเซ็ต", "บัญชี", "รีเซ็ตรหัสผ่าน"], &["สุนัข"]);
    check(
        "ko",
        "청구서를 다운로드하려면 계정을 여세요.",
        &["청구서", "청구서를", "다운로드", "계정", "청구"],
        &["비밀번호"],
    );
}

#[test]
fn marks_stand_on_the_words_of_scripts_without_spaces() {
    let shelf = Shelf::of(&[in_language("ja", article("a.md", "保存", "検索条件を保存できます。設定は要りません。"))]);
    let marked = |query: &str| -> Vec<String> {
        let found = shelf.search(query);
        let stretches = &found.answers[0].snippet;
        stretches.iter().filter(|stretch| stretch.marked).map(|stretch| stretch.text.clone()).collect()
    };
    assert_eq!(marked("検索"), ["検索"]);
    assert_eq!(marked("検索条件"), ["検索条件"]);
    assert_eq!(marked("設定"), ["設定"]);
}

#[test]
fn snippets_are_cut_at_the_full_stops_of_other_scripts() {
    let filler = "ここには関係のない文章がとても長く書かれています。".repeat(12);
    for sentence in ["請求書はどこですか？", "請求書です！", "請求書です。", "「請求書です。」"]
    {
        let text = format!("{filler}{sentence}{filler}");
        let shelf = Shelf::of(&[in_language("ja", article("a.md", "保存", &text))]);
        let found = shelf.search("請求書");
        let snippet = &found.answers[0].snippet;
        let shown: String = snippet.iter().map(|stretch| stretch.text.as_str()).collect();
        assert!(
            shown.contains(sentence) && shown.ends_with(['。', '」', '！', '？']) && !shown.contains('…'),
            "{shown}"
        );
        assert!(snippet.iter().any(|stretch| stretch.marked && stretch.text == "請求書"), "{shown}");
    }
    let text = "รหัสผ่าน".repeat(60);
    let shelf = Shelf::of(&[in_language("th", article("a.md", "Xyz", &text))]);
    let found = shelf.search("Xyz");
    let shown: String = found.answers[0].snippet.iter().map(|stretch| stretch.text.as_str()).collect();
    let shown = shown.strip_suffix(" …").expect("it is cut");
    assert!(shown.ends_with("ผ่าน") || shown.ends_with("รหัส"), "between words: {shown}");
}

#[test]
fn suggestions_ask_for_words_and_not_for_their_pairs() {
    let shelf = Shelf::of(&[
        in_language("ja", article("a.md", "検索の条件", "保存します。")),
        in_language("ja", article("b.md", "検索条件", "保存します。")),
    ]);
    let index = shelf.visible_to(&[]);
    let offered = |text| suggest(&index, text, Some(&language("ja")), 8).expect("suggestions").completions;
    assert_eq!(offered("検索条件"), ["検索条件", "検索の条件"]);
    assert_eq!(offered("検").len(), 2);
    let shelf = Shelf::of(&[article("w.md", "Manage webhooks", "Text.")]);
    let offered = suggest(&shelf.visible_to(&[]), "webohoo", None, 8).expect("suggestions").completions;
    assert_eq!(offered, ["Manage webhooks"], "an unfinished word with a slip");
}

#[test]
fn what_is_found_does_not_depend_on_how_a_dictionary_cut_it() {
    let text = "個人情報保護方針";
    let shelf = Shelf::of(&[in_language("ja", article("a.md", "方針", text))]);
    let characters: Vec<char> = text.chars().collect();
    for pair in characters.windows(2) {
        let part: String = pair.iter().collect();
        assert_eq!(titles(&shelf.search(&part)), ["方針"], "{part}");
    }
}
