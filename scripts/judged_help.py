#!/usr/bin/env python3
"""Cuts judged collections of many languages out of help that Debian packages: LibreOffice's and GNOME's.

PACKAGES is a folder with the packages, as they are fetched on Debian 12 by

    apt-get download gnome-user-docs libreoffice-help-en-us libreoffice-help-fr libreoffice-help-ja

OUT gets a folder a collection, in the form that scripts/eval.py takes:

    links-libreoffice-ja       text of a link -> page that it leads to; the pages with such a link are left out (exclude.tsv)
    index-libreoffice-ja       entry of the printed index, which the page does not show -> page
    latin-libreoffice-ja       those of them that have no letter but Latin ones, where the language has others
    summaries-gnome-ja         summary of a page, which is not part of its text -> page
    titles-gnome-ja-to-en      title of a page -> the same page in the other language

Pages are Markdown; those left in English are not among another language's. At most 600 queries a collection, drawn with a seed.
"""

import argparse
import html.parser
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from collections import defaultdict
from dataclasses import dataclass, field

QUERIES = 600
# Text that leads to more pages than these asks for none of them.
MOST_TARGETS = 3
GNOME_LANGUAGES = ["en", "fr", "ja", "ko", "pl", "ru", "es", "de"]
# Of a page's characters in another language, so many may stand in paragraphs that are English's.
LEFT_IN_ENGLISH = 0.3


@dataclass
class Page:
    """A page of help as Markdown, and what leads to it."""

    title: str = ""
    blocks: list = field(default_factory=list)   # paragraphs and headings, with their marks
    links: list = field(default_factory=list)    # (text, page that it leads to)
    entries: list = field(default_factory=list)  # of the index
    summary: str = ""

    def text(self):
        return "\n\n".join(self.blocks)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=pathlib.Path, help="folder with the packages")
    parser.add_argument("out", type=pathlib.Path, help="folder that gets the collections")
    args = parser.parse_args()
    debs = sorted(args.packages.glob("*.deb"))
    if not debs:
        sys.exit(f"{args.packages}: no .deb in here; --help says how to fetch some")
    with tempfile.TemporaryDirectory() as unpacked:
        for deb in debs:
            subprocess.run(["dpkg-deb", "-x", deb, unpacked], check=True)
        root = pathlib.Path(unpacked)
        for product, helps in [("libreoffice", libreoffice(root)), ("gnome", gnome(root))]:
            for language, pages in helps.items():
                drop_untranslated(pages, helps.get("en", {}) if language != "en" else {})
            write_all(args.out, product, helps)


# What the packages hold


def libreoffice(root):
    """By language: its pages by path."""
    helps = {}
    for folder in sorted((root / "usr/share/libreoffice/help").glob("*/text")):
        name = folder.parent.name
        pages = {path.relative_to(folder).as_posix(): page_of_html(path, name) for path in sorted(folder.rglob("*.html"))}
        pages = {path: page for path, page in pages.items() if page.title and page.blocks}
        entry = re.compile(r'\{url:"[^"]*?/text/([^"?#]+)[^"]*", app:"[^"]*", text:"([^"]*)"\}')
        for path, text in entry.findall((folder.parent / "bookmarks.js").read_text("utf-8")):
            if path in pages:
                pages[path].entries.append(" ".join(text.replace("--", " ").split()))
        helps["en" if name == "en-US" else name] = pages
    return helps


class HelpPage(html.parser.HTMLParser):
    """Reads what a page of LibreOffice's help shows."""

    MARKS = {f"h{level}": "#" * level + " " for level in range(1, 7)} | {"li": "- ", "p": "", "td": "", "th": "", "pre": ""}

    def __init__(self, language):
        super().__init__()
        self.page, self.language = Page(), language
        self.shown, self.mark, self.text, self.link, self.heading = 0, "", [], None, False

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "div":
            self.shown += bool(self.shown or attributes.get("id") == "DisplayArea")
        if tag == "title":
            self.heading = True
        if not self.shown:
            return
        if tag in self.MARKS:
            self.end_block()
            self.mark = self.MARKS[tag] or self.mark
        target = re.match(rf"{self.language}/text/([^?#]+)", attributes.get("href") or "") if tag == "a" else None
        if target:
            self.link = (target[1], [])

    def handle_endtag(self, tag):
        self.heading = self.heading and tag != "title"
        if not self.shown:
            return
        if tag == "a" and self.link:
            self.page.links.append((" ".join("".join(self.link[1]).split()), self.link[0]))
            self.link = None
        if tag in self.MARKS or tag == "div":
            self.end_block()
            self.mark = ""
        self.shown -= tag == "div"

    def handle_data(self, data):
        if self.heading:
            self.page.title += data
        if self.shown:
            self.text.append(data)
            if self.link:
                self.link[1].append(data)

    def end_block(self):
        text = " ".join("".join(self.text).split())
        if text:
            self.page.blocks.append(self.mark + text)
            self.mark = ""
        self.text = []


def page_of_html(path, language):
    reader = HelpPage(language)
    reader.feed(path.read_text("utf-8"))
    reader.page.title = " ".join(reader.page.title.split())
    return reader.page


def gnome(root):
    """By language: its pages by name."""
    helps = {}
    for language in GNOME_LANGUAGES:
        folder = root / "usr/share/help" / {"en": "C"}.get(language, language) / "gnome-help"
        pages = {path.stem: page_of_mallard(path) for path in sorted(folder.glob("*.page"))}
        pages = {name: page for name, page in pages.items() if page.title and page.blocks}
        if pages:
            helps[language] = pages
    return helps


def page_of_mallard(path):
    root, page = xml.parse(path).getroot(), Page()

    def words(element):
        return " ".join("".join(element.itertext()).split())

    def read(element, level):
        for child in element:
            name = child.tag.rsplit("}", 1)[-1]
            if name == "title":
                page.blocks.append("#" * min(level, 6) + " " + words(child))
            elif name in ("p", "code", "screen"):
                page.blocks.append(words(child))
            elif name == "item":
                page.blocks.append("- " + words(child))
            elif name != "info":
                read(child, level + (name == "section"))

    for child in root:
        name = child.tag.rsplit("}", 1)[-1]
        if name == "title" and not page.title:
            page.title = words(child)
        if name == "info":
            page.summary = next((words(it) for it in child if it.tag.endswith("}desc")), "")
    read(root, 1)
    page.blocks = [block for block in page.blocks if block.strip("#- ")]
    return page


def drop_untranslated(pages, english):
    for name in [name for name, page in pages.items() if name in english and is_english(page, english[name])]:
        del pages[name]
    for name, page in pages.items():
        if name in english and page.summary == english[name].summary:
            page.summary = ""


def is_english(page, english):
    theirs = set(english.blocks)
    size = sum(map(len, page.blocks))
    return page.title == english.title or sum(len(block) for block in page.blocks if block in theirs) > LEFT_IN_ENGLISH * size


# What is asked of them


def write_all(out, product, helps):
    for language, pages in helps.items():
        write(out / f"links-{product}-{language}", pages, linked(pages), sources(pages))
        entries = paired((entry, name) for name, page in pages.items() for entry in page.entries)
        write(out / f"index-{product}-{language}", pages, entries)
        if not is_latin("".join(page.title for page in pages.values())):
            write(out / f"latin-{product}-{language}", pages, {text: to for text, to in entries.items() if is_latin(text)})
        write(out / f"summaries-{product}-{language}", pages, paired((page.summary, name) for name, page in pages.items()))
        for other, theirs in helps.items():
            if other != language:
                titles = paired((page.title, name) for name, page in pages.items() if name in theirs)
                write(out / f"titles-{product}-{language}-to-{other}", theirs, titles)


def is_latin(text):
    letters = [letter for letter in text if letter.isalpha()]
    return all(ord(letter) < 0x250 for letter in letters) and bool(letters)


def linked(pages):
    return paired((text, to) for name, page in pages.items() for text, to in page.links if to in pages and to != name)


def sources(pages):
    """By text of a link: the pages that have it."""
    found = defaultdict(set)
    for name, page in pages.items():
        for text, _ in page.links:
            found[text].add(name)
    return found


def paired(pairs):
    """By text: the pages that it leads to."""
    found = defaultdict(set)
    for text, name in pairs:
        if len(text) > 2:
            found[text].add(name)
    return {text: names for text, names in found.items() if len(names) <= MOST_TARGETS}


def write(folder, pages, queries, excluded=None):
    """`queries`: by text, the pages that are right; `excluded`: by text, those that are not judged."""
    asked = sorted(queries)
    asked = sorted(random.Random(folder.name).sample(asked, min(QUERIES, len(asked))))
    if not asked:
        return
    folder.mkdir(parents=True, exist_ok=True)
    lines = ({"_id": name, "title": page.title, "text": page.text()} for name, page in sorted(pages.items()))
    put(folder / "corpus.jsonl", map(dumped, lines))
    put(folder / "queries.jsonl", (dumped({"_id": f"q{at}", "text": text}) for at, text in enumerate(asked)))
    right = ((f"q{at}", name) for at, text in enumerate(asked) for name in sorted(queries[text]))
    put(folder / "qrels.tsv", ["query-id\tcorpus-id\tscore"] + [f"{query}\t{name}\t1" for query, name in right])
    if excluded:
        left = ((f"q{at}", name) for at, text in enumerate(asked) for name in sorted(excluded[text] - queries[text]))
        put(folder / "exclude.tsv", ["query-id\tcorpus-id"] + [f"{query}\t{name}" for query, name in left])
    print(f"{folder.name}: {len(pages):,} pages, {len(asked)} queries")


def dumped(value):
    return json.dumps(value, ensure_ascii=False)


def put(path, lines):
    path.write_text("".join(line + "\n" for line in lines), "utf-8")


if __name__ == "__main__":
    main()
