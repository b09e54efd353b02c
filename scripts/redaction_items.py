#!/usr/bin/env python3
"""Draws what redaction is measured on: items that name a person or open an account, in six locales, within texts people might write.

Prints a line an item: kind, locale, the item, the text; tab-separated. The same lines each time. Kinds that begin with `obfuscated`
are items that somebody hides on purpose, measured apart. Needs: pip install faker==40.54.0
"""
import base64
import json
import random

from faker import Faker

LOCALES = ["en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "ja_JP"]
ITEMS, HIDDEN = 1_000, 120
FRAMES = {
    "en": ["{}", "my {kind} is {}", "please help, {} does not work", "{} – cannot sign in", "I wrote from {}, no answer",
           "call me at {} tomorrow", '"{}"', "why was {} declined?", "({})", "see {}."],
    "de": ["{}", "meine Angabe ist {}", "bitte helfen, {} geht nicht", "erreichbar unter {} ab 9", "warum wurde {} abgelehnt?", "siehe {}."],
    "fr": ["{}", "c'est {}", "appelez {} svp", "pourquoi {} est refusé ?", "voir {}."],
    "es": ["{}", "mi dato es {}", "¿por qué {} no funciona?", "llámame al {} mañana", "ver {}."],
    "ja": ["{}", "{}です", "{}に連絡してください", "番号は{}です。", "なぜ{}は使えませんか"],
}
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
draw = random.Random(7)


def in_fours(number):
    joint = draw.choice(["", " ", "-"])
    return joint.join(number[place : place + 4] for place in range(0, len(number), 4))


def characters(count, of=LETTERS):
    return "".join(draw.choices(of, k=count))


def token(fake):
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    jwt = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': str(fake.random_int())})}.{characters(43)}"
    kinds = [jwt, f"sk_live_{characters(24)}", f"ghp_{characters(36)}", fake.uuid4(), fake.sha256(), characters(32)]
    return draw.choice(kinds)


KINDS = {
    "email": lambda fake: draw.choice([fake.email, fake.company_email, fake.free_email, fake.ascii_safe_email])(),
    "phone": lambda fake: fake.phone_number(),
    "card": lambda fake: in_fours(fake.credit_card_number()),
    "iban": lambda fake: draw.choice([str, in_fours])(fake.iban()),
    "token": token,
    "url": lambda fake: f"{fake.uri().rstrip('/')}{draw.choice(['?token=', '?email=', '#access_token='])}{characters(12, '0123456789abcdef')}",
}
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
OBFUSCATED = {
    "obfuscated email": lambda fake: fake.email().replace("@", " at ").replace(".", " dot "),
    "obfuscated phone": lambda fake: " ".join(filter(str.isdigit, fake.phone_number())),
    "obfuscated card": lambda fake: fake.credit_card_number().translate(FULL_WIDTH),
}


def lines(kinds, count):
    names = list(kinds)
    for number in range(count):
        locale = LOCALES[number % len(LOCALES)]
        kind = names[number // len(LOCALES) % len(names)]
        item = kinds[kind](fakes[locale])
        frame = draw.choice(FRAMES[locale[:2]]).replace("{kind}", kind)
        print(kind, locale, item, frame.replace("{}", item), sep="\t")


fakes = {locale: Faker(locale) for locale in LOCALES}
for seed, fake in enumerate(fakes.values()):
    fake.seed_instance(seed)
lines(KINDS, ITEMS)
lines(OBFUSCATED, HIDDEN)
