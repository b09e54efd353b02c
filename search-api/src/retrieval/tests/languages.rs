//! Queries as customers type them in many languages, against small help centres: the right article comes first.

use super::world::{Shelf, along, article, in_language, language, query, titles};
use crate::retrieval::explain::explain;
use crate::retrieval::{Answers, Query, search, suggest};
use indexer::language::{KnownLanguages, Language};

/// Checks which article of a help centre in one language comes first, for each query.
#[track_caller]
fn first(tag: &str, centre: &[(&str, &str)], expected: &[(&str, &str)]) {
    let articles: Vec<_> = centre
        .iter()
        .enumerate()
        .map(|(number, (title, text))| {
            let mut article = in_language(tag, article(&format!("a{number}.md"), "Xyz", text));
            article.head.title = title.to_string(); // as it is, not as YAML would have it escaped
            article
        })
        .collect();
    let shelf = Shelf::of(&articles);
    let missed: Vec<_> = expected
        .iter()
        .map(|(query, title)| (*query, *title, shelf.titles(query)))
        .filter(|(_, title, found)| found.first().is_none_or(|first| first != title))
        .collect();
    assert!(missed.is_empty(), "{tag}: query, expected, found: {missed:#?}");
}

#[test]
fn japanese_as_it_is_typed() {
    let centre = [
        ("パスワードを変更する", "設定画面を開き、新しいパスワードを入力して「保存」を押します。"),
        ("パスワードを忘れた場合", "ログイン画面の「パスワードをお忘れですか」を押すと、再設定のメールが届きます。"),
        (
            "ログインできないとき",
            "メールアドレスと入力した文字を確かめてください。アカウントがロックされていることがあります。",
        ),
        ("請求書をダウンロードする", "お支払い履歴から請求書をPDFでダウンロードできます。"),
        ("サーバーの移行", "新しいサーバーへデータを移す手順です。ユーザーの操作は必要ありません。"),
        ("APIキーを発行する", "開発者画面で APIキー を作成します。キーは一度だけ表示されます。"),
        ("サービスの申し込み", "申し込みはウェブサイトから受け付けます。"),
        ("解約の手続き", "契約を取り消すには、月末までに手続きをしてください。返金はありません。"),
        ("お問い合わせ窓口", "電話は平日の9時から17時まで受け付けます。"),
        ("メールの受け取り設定", "お知らせを受け取るメールアドレスを選びます。"),
        ("２段階認証", "確認コードをスマートフォンで受け取ります。"),
    ];
    let queries = [
        ("パスワード変更", "パスワードを変更する"),
        ("パスワード 変更", "パスワードを変更する"),
        ("パスワードの変更方法を教えてください", "パスワードを変更する"),
        ("ﾊﾟｽﾜｰﾄﾞ変更", "パスワードを変更する"),
        ("パスワードを忘れた", "パスワードを忘れた場合"),
        ("パスワード忘れ", "パスワードを忘れた場合"),
        ("ログインできない", "ログインできないとき"),
        ("ログイン出来ません", "ログインできないとき"),
        ("請求書 ダウンロード", "請求書をダウンロードする"),
        ("請求書　ダウンロード", "請求書をダウンロードする"),
        ("請求書はどこでダウンロードできますか？", "請求書をダウンロードする"),
        ("サーバ移行", "サーバーの移行"),
        ("サーバー 移行", "サーバーの移行"),
        ("API キー", "APIキーを発行する"),
        ("ＡＰＩキー", "APIキーを発行する"),
        ("apiキー 発行", "APIキーを発行する"),
        ("申し込み", "サービスの申し込み"),
        ("申込み", "サービスの申し込み"),
        ("申込", "サービスの申し込み"),
        ("お申込み", "サービスの申し込み"),
        ("解約したい", "解約の手続き"),
        ("解約手続", "解約の手続き"),
        ("問合せ", "お問い合わせ窓口"),
        ("お問合せ", "お問い合わせ窓口"),
        ("問い合わせ先", "お問い合わせ窓口"),
        ("メール受取", "メールの受け取り設定"),
        ("2段階認証", "２段階認証"),
        ("二段階認証", "２段階認証"),
        ("スマホ 確認コード", "２段階認証"),
    ];
    first("ja", &centre, &queries);
}

#[test]
fn korean_as_it_is_typed() {
    let centre = [
        ("비밀번호 바꾸기", "비밀번호는 설정에서 바꿉니다. 새 비밀번호가 길수록 좋습니다."),
        ("계정 지우기", "계정을 지우려면 비밀번호를 적고 파일을 먼저 내려받습니다."),
        ("파일 내려받기", "큰 파일이 있으면 파일은 나누어집니다."),
        ("기호 넣기", "자판에 없는 기호를 넣습니다."),
    ];
    // With particles that stand in other articles than the one that is about the word.
    let queries = [
        ("비밀번호를", "비밀번호 바꾸기"),
        ("비밀번호를 바꾸고 싶어요", "비밀번호 바꾸기"),
        ("계정은", "계정 지우기"),
        ("기호", "기호 넣기"),
    ];
    first("ko", &centre, &queries);
}

#[test]
fn french_as_it_is_typed() {
    let centre = [
        ("Résilier l’abonnement", "Pour résilier votre abonnement, ouvrez vos paramètres avant l’échéance."),
        ("Mot de passe oublié", "Cliquez sur « Mot de passe oublié ? » et saisissez votre adresse e-mail."),
        ("Droits d’accès", "Un administrateur gère les droits d’accès de l’équipe et des œuvres partagées."),
        ("Payer une facture", "Vous réglez 1 250,50 € par virement ; la facture est envoyée chaque mois."),
        ("Créer un compte", "L’inscription est gratuite. Choisissez un identifiant."),
        ("Télécharger les reçus", "Les reçus sont conservés 10 ans."),
        ("Où est ma commande ?", "Suivez le colis grâce au numéro de suivi."),
    ];
    let queries = [
        ("resilier", "Résilier l’abonnement"),
        ("résilié mon abonnement", "Résilier l’abonnement"),
        ("RESILIER L'ABONNEMENT", "Résilier l’abonnement"),
        ("comment resilier l'abonement", "Résilier l’abonnement"),
        ("abonnements", "Résilier l’abonnement"),
        ("mot de passe oublie", "Mot de passe oublié"),
        ("j'ai oublié mon mot de passe", "Mot de passe oublié"),
        ("motdepasse oublié", "Mot de passe oublié"),
        ("mots de passe oubliés", "Mot de passe oublié"),
        ("email", "Mot de passe oublié"),
        ("adresse e-mail", "Mot de passe oublié"),
        ("d’accès", "Droits d’accès"),
        ("acces equipe", "Droits d’accès"),
        ("oeuvres partagees", "Droits d’accès"),
        ("factures", "Payer une facture"),
        ("payer 1250,50 €", "Payer une facture"),
        ("creation d'un compte", "Créer un compte"),
        ("telecharger recus", "Télécharger les reçus"),
        ("téléchargement des reçus", "Télécharger les reçus"),
        ("ou est ma commande", "Où est ma commande ?"),
        ("commandes", "Où est ma commande ?"),
    ];
    first("fr", &centre, &queries);
}

#[test]
fn other_languages_as_they_are_typed() {
    first(
        "es",
        &[("Cambiar la contraseña", "¿Olvidó su contraseña?"), ("Facturación", "Descargue las facturas.")],
        &[
            ("contrasena", "Cambiar la contraseña"),
            ("¿cómo cambio mi contraseña?", "Cambiar la contraseña"),
            ("contrasñea", "Cambiar la contraseña"),
            ("facturacion", "Facturación"),
            ("descargar factura", "Facturación"),
        ],
    );
    first(
        "it",
        &[
            ("Annullare l’abbonamento", "Disdici quando vuoi."),
            ("Perché la città è sbagliata", "Modifica l’indirizzo."),
        ],
        &[
            ("abbonamento", "Annullare l’abbonamento"),
            ("annulla abbonamenti", "Annullare l’abbonamento"),
            ("citta sbagliata", "Perché la città è sbagliata"),
            ("dell'indirizzo", "Perché la città è sbagliata"),
        ],
    );
    first(
        "pt",
        &[("Alterar a senha", "Esqueci a senha."), ("Notificações", "Configuração de notificações.")],
        &[("alterar senhas", "Alterar a senha"), ("notificacoes", "Notificações"), ("configuracao", "Notificações")],
    );
    first(
        "nl",
        &[("Wachtwoord wijzigen", "Kies een nieuw wachtwoord."), ("Abonnement opzeggen", "Zeg de overeenkomst op.")],
        &[("wachtwoorden", "Wachtwoord wijzigen"), ("abonnementen opzeggen", "Abonnement opzeggen")],
    );
    first(
        "da",
        &[("Skift adgangskode", "Vælg en ny adgangskode på siden."), ("Løs en fejl", "Prøv en gang til.")],
        &[("adgangskoden", "Skift adgangskode"), ("vaelg adgangskode", "Skift adgangskode"), ("fejlen", "Løs en fejl")],
    );
    first(
        "sv",
        &[("Ändra lösenord", "Välj ett nytt lösenord."), ("Räkningar", "Betala räkningen.")],
        &[("losenord", "Ändra lösenord"), ("lösenordet", "Ändra lösenord"), ("rakning", "Räkningar")],
    );
    first(
        "nb",
        &[("Endre passord", "Velg et nytt passord på siden."), ("Få hjelp", "Ring oss når du trenger støtte.")],
        &[("passordet", "Endre passord"), ("stotte", "Få hjelp")],
    );
    first(
        "fi",
        &[("Salasanan vaihtaminen", "Vaihda salasana asetuksissa."), ("Laskut", "Lasku lähetetään sähköpostilla.")],
        &[("salasana", "Salasanan vaihtaminen"), ("laskun", "Laskut"), ("sahkoposti", "Laskut")],
    );
    first(
        "tr",
        &[("Şifre değiştirme", "Yeni şifrenizi girin."), ("İade ve IBAN bilgisi", "Ürünü iade edin.")],
        &[
            ("sifre degistirme", "Şifre değiştirme"),
            ("ŞİFRE", "Şifre değiştirme"),
            ("şifremi", "Şifre değiştirme"),
            ("iade", "İade ve IBAN bilgisi"),
            ("IADE", "İade ve IBAN bilgisi"),
            ("iban", "İade ve IBAN bilgisi"),
        ],
    );
    first(
        "ru",
        &[("Сменить пароль", "Введите новый пароль."), ("Удалить учётную запись", "Запись удаляется навсегда.")],
        &[
            ("смена пароля", "Сменить пароль"),
            ("пороль", "Сменить пароль"),
            ("учетная запись", "Удалить учётную запись"),
            ("учётной записи", "Удалить учётную запись"),
        ],
    );
    first(
        "ar",
        &[("تغيير كلمة المرور", "أدخل كلمة المرور الجديدة."), ("الحساب", "تحميل الصورة.")],
        &[("كلمه المرور", "تغيير كلمة المرور"), ("كلمة مرور", "تغيير كلمة المرور"), ("حساب", "الحساب")],
    );
    first(
        "he",
        &[("שינוי סיסמה", "הקלד סיסמה חדשה."), ("חשבוניות", "הורד את החשבונית.")],
        &[("סִיסְמָה", "שינוי סיסמה"), ("סיסמה", "שינוי סיסמה"), ("חשבונית", "חשבוניות")],
    );
    first(
        "th",
        &[("เปลี่ยนรหัสผ่าน", "ตั้งรหัสผ่านใหม่ของคุณ"), ("ดาวน์โหลดใบแจ้งหนี้", "ใบแจ้งหนี้อยู่ในหน้าบัญชี")],
        &[
            ("รหัสผ่าน", "เปลี่ยนรหัสผ่าน"),
            ("ลืมรหัสผ่าน", "เปลี่ยนรหัสผ่าน"),
            ("ใบแจ้งหนี้", "ดาวน์โหลดใบแจ้งหนี้"),
            ("แจ้งหนี้", "ดาวน์โหลดใบแจ้งหนี้"),
        ],
    );
    first(
        "ko",
        &[("비밀번호 변경", "새 비밀번호를 입력하세요."), ("청구서 다운로드", "청구서는 결제 내역에 있습니다.")],
        &[
            ("비밀번호를", "비밀번호 변경"),
            ("비밀번호변경", "비밀번호 변경"),
            ("비번 변경", "비밀번호 변경"),
            ("청구서가 없어요", "청구서 다운로드"),
        ],
    );
}

#[test]
fn scripts_of_south_east_asia_are_found_by_word_and_by_part_of_a_compound() {
    first(
        "km",
        &[("ប្តូរពាក្យសម្ងាត់", "បញ្ចូលពាក្យសម្ងាត់ថ្មី"), ("ទាញយកវិក្កយបត្រ", "វិក្កយបត្រនៅក្នុងគណនី")],
        &[("ពាក្យសម្ងាត់", "ប្តូរពាក្យសម្ងាត់"), ("វិក្កយបត្រ", "ទាញយកវិក្កយបត្រ")],
    );
    first(
        "lo",
        &[("ປ່ຽນລະຫັດຜ່ານ", "ໃສ່ລະຫັດຜ່ານໃໝ່"), ("ດາວໂຫຼດໃບແຈ້ງໜີ້", "ໃບແຈ້ງໜີ້ຢູ່ໃນບັນຊີ")],
        &[("ລະຫັດຜ່ານ", "ປ່ຽນລະຫັດຜ່ານ"), ("ໃບແຈ້ງໜີ້", "ດາວໂຫຼດໃບແຈ້ງໜີ້")],
    );
    first(
        "my",
        &[("စကားဝှက်ပြောင်းရန်", "စကားဝှက်အသစ်ထည့်ပါ"), ("ငွေတောင်းခံလွှာ", "ငွေတောင်းခံလွှာကိုဒေါင်းလုဒ်လုပ်ပါ")],
        &[("စကားဝှက်", "စကားဝှက်ပြောင်းရန်"), ("တောင်းခံလွှာ", "ငွေတောင်းခံလွှာ")],
    );
}

#[test]
fn a_slip_is_counted_in_letters_whatever_their_marks() {
    // One edit, and the marks are missing as well.
    first(
        "fr",
        &[("Réinitialiser", "Réinitialisez l’appareil."), ("Échéance", "La date d’échéance.")],
        &[
            ("reinitialisre", "Réinitialiser"),
            ("reinitalisez", "Réinitialiser"),
            ("echeence", "Échéance"),
            ("echaence", "Échéance"),
        ],
    );
    first(
        "de",
        &[("Rückgängig", "Änderungen rückgängig machen.")],
        &[("ruckgangg", "Rückgängig"), ("anderugnen", "Rückgängig")],
    );
}

#[test]
fn an_unfinished_word_is_completed_whatever_its_marks() {
    let shelf =
        Shelf::of(&[in_language("fr", article("a.md", "Télécharger les reçus", "Réglez la facture à échéance."))]);
    let offered =
        |text| suggest(&shelf.visible_to(&[]), text, Some(&language("fr")), 8).expect("suggestions").completions;
    for typed in ["telech", "téléch", "TELECH", "telecharger les rec"] {
        assert_eq!(offered(typed), ["Télécharger les reçus"], "{typed}");
    }
    assert_eq!(shelf.titles("echean").len(), 1);
}

/// What a portal in English and French says to a query of nobody in particular.
fn bilingual(text: &str) -> (Language, Vec<String>) {
    let shelf = Shelf::of(&[
        article("a.md", "Delete your account", "Open the page of your account and choose to delete it."),
        article("b.md", "Invoices", "Download the invoices of a month on the page."),
        article("c.md", "Change the notification settings", "The notifications of your account."),
        in_language("fr", article("fr/a.md", "Supprimer un compte", "Ouvrez la page de votre compte et supprimez-le.")),
        in_language("fr", article("fr/b.md", "Factures", "Téléchargez les factures du mois sur la page.")),
    ]);
    let index = shelf.visible_to(&[]);
    let found: Answers =
        search(&index, &Query { text: text.to_owned(), limit: 10, ..Query::default() }, None).expect("answers");
    (found.language.clone(), titles(&found))
}

#[test]
fn a_short_query_is_read_in_the_language_that_knows_its_words() {
    for (query, tag, title) in [
        ("factures", "fr", "Factures"),
        ("facture", "fr", "Factures"),
        ("supprimer compte", "fr", "Supprimer un compte"),
        ("supprimer mon compte", "fr", "Supprimer un compte"),
        ("telecharger la facture", "fr", "Factures"),
        ("invoice", "en", "Invoices"),
        ("delete account", "en", "Delete your account"),
        ("deleting accounts", "en", "Delete your account"),
    ] {
        let (read_in, titles) = bilingual(query);
        assert_eq!((read_in, titles.first().map(String::as_str)), (language(tag), Some(title)), "{query}");
    }
}

#[test]
fn a_model_that_does_not_know_a_language_brings_nothing_before_what_words_find() {
    let articles = [
        article("a.md", "Export a pdf", "Save the list as a pdf."),
        in_language("es", article("es/a.md", "Descargar una factura", "La factura es un pdf.")),
        in_language("es", article("es/b.md", "Cambiar la dirección", "Escriba la nueva dirección.")),
        in_language("es", article("es/c.md", "Pagar con tarjeta", "El pago se confirma.")),
        in_language("es", article("es/d.md", "Pagar con cheque", "El pago se confirma.")),
    ];
    let index = Shelf::with_vectors(&articles).visible_to(&[]);
    let english = KnownLanguages::Only([language("en")].into());
    let found = |text: &str, tag: &str, axis: usize, model_knows: &KnownLanguages| {
        let asked = Query { language: Some(language(tag)), model_knows: model_knows.clone(), ..query(text) };
        titles(&search(&index, &asked, Some(&along(axis))).expect("answers"))
    };
    let [export, invoice, address, card, cheque] = articles.each_ref().map(|article| article.head.title.as_str());
    assert_eq!(found("factura pdf", "es", 0, &english), [invoice, export], "nothing of another language first");
    assert_eq!(found("factura pdf", "es", 2, &english), [invoice, export], "what words do not find is not there");
    assert_eq!(found("pagar", "es", 3, &english), [card, cheque, export], "of what words find the nearer comes first");
    assert_eq!(found("pagar", "es", 4, &english), [cheque, card, export]);
    assert_eq!(found("zugzwang", "es", 2, &english)[0], address, "where words find nothing vectors are all there is");
    assert_eq!(found("list pdf", "en", 1, &english)[0], export, "articles in a language that it does not know");
    assert_eq!(found("factura pdf", "es", 0, &KnownLanguages::All)[0], export);
    assert!(found("factura pdf", "es", 2, &KnownLanguages::All).contains(&address.to_owned()));
}

#[test]
fn words_of_a_question_in_another_language_do_not_count_because_the_articles_borrow_them() {
    let articles = [
        article("a.md", "Kennwort vergessen", "Auf der Anmeldeseite wird ein neues Kennwort vergeben."),
        article("b.md", "Das Dashboard", "Die Ansicht heißt How to Reset the Password, die Option `max_retries`."),
        article("c.md", "Rechnungen", "Rechnungen liegen im Archiv."),
    ]
    .map(|article| in_language("de", article));
    let index = Shelf::with_vectors(&articles).visible_to(&[]);
    let [forgotten, dashboard, _] = articles.each_ref().map(|article| article.head.title.as_str());
    // The vectors say: the first article.
    let first = |text: &str, model_knows: KnownLanguages| {
        let asked = Query { model_knows, ..query(text) };
        titles(&search(&index, &asked, Some(&along(0))).expect("answers")).swap_remove(0)
    };
    let german = || KnownLanguages::Only([language("de")].into());
    assert_eq!(first("how to reset the password", KnownLanguages::All), forgotten);
    assert_eq!(first("how to reset the password", german()), dashboard, "the model knows no English");
    assert_eq!(first("das reset password", KnownLanguages::All), dashboard);

    let explained = |text: &str| {
        let explained = explain(&index, &query(text), Some(&along(0)), "b").expect("the index is read");
        explained.expect("an article")
    };
    let asked = explained("how to reset the password");
    let said = asked.sentences.join(" ");
    assert!(asked.likeness.at_home < 0.2, "{}", asked.likeness.at_home);
    assert!(said.contains("Little of the query is said in words of this article's language"), "{said}");
    for at_home in ["Dashboard", "reset password", "the max_retries", "wie geht reset the password"] {
        assert_eq!(explained(at_home).likeness.at_home, 1.0, "{at_home}");
    }
    for trusted in ["wie geht reset the password", "max_retries"] {
        assert_eq!(explained(trusted).likeness.trusted, 1.0, "{trusted}");
    }
    let in_doubt = explained("reset password");
    let said = in_doubt.sentences.join(" ");
    assert_eq!(in_doubt.likeness.trusted, 0.5, "the vectors say that it is about another article");
    assert!(said.contains("Nothing says that the query is in this article's language"), "{said}");
}
