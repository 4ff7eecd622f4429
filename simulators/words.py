"""Names of people as they are written where they live, and as e-mail addresses have them.

A tongue has given and family names; each is `written` or `written|roman`. Nobody in particular is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from unicodedata import normalize

from simulators.population import Name


@dataclass(frozen=True, slots=True)
class Tongue:
    """Names of one language."""

    language: str
    given: tuple[str, ...]
    family: tuple[str, ...]
    family_first: bool = False


def _tongue(language: str, given: str, family: str, *, family_first: bool = False) -> Tongue:
    return Tongue(language, tuple(given.split()), tuple(family.split()), family_first)


TONGUES = {
    each.language: each
    for each in (
        _tongue(
            "en",
            "Olivia Noah Amelia Liam Grace Henry Ruby Jack "
            "Chloe Oscar Hannah Samuel Megan Callum Zoë Renée "
            "Marcus Denise Tyrone Alice Walter June Edith "
            "Malcolm Wendy Dexter Ingrid Patrick Siobhán Owen",
            "Carter Brooks Hayes Foster Sullivan O'Brien Bennett "
            "Walsh Harding Whitfield Abbott Crane Doyle "
            "Ellis Fairfax Garnett Holloway Kerr Langley Mercer "
            "Nolan Pryce Quigley Rowe Sinclair Thorne "
            "Underhill Vance Winslow Yates Smith-Jones Okafor D'Arcy",
        ),
        _tongue(
            "de",
            "Anna Lukas Jürgen Käthe Björn Heike Matthias Sabine "
            "Uwe Ulrike Felix Greta Jonas Leonie Moritz "
            "Annette Dieter Elke Günther Hannelore Torsten Wiebke",
            "Müller Schäfer Weiß Brandt Krüger Lehmann Vogel "
            "Jäger Böhm Schröder Hoffmann Neumann Zöllner "
            "Petersen Riedel Thieme Ullrich Walther Fuchs Groß von-der-Heide",
        ),
        _tongue(
            "fr",
            "Chloé Benoît Élodie François Hélène Jérôme Léa "
            "Mathéo Noémie Océane Raphaël Solène Théo Zoé "
            "Camille Gaëlle",
            "Lefèvre Dubois Moreau Gérard Bérenger Chevalier "
            "d'Estrées Faucher Guérin Marchand Noël Perrault "
            "Renaud Tessier Vasseur",
        ),
        _tongue(
            "es",
            "Lucía Álvaro Begoña Joaquín Íñigo Ximena Andrés Sofía Raúl Inés Nicolás Pilar Tomás Verónica",
            "García Núñez Ibáñez Peña Muñoz Castañeda "
            "Ordóñez Quiñones Rodríguez Sáenz Vázquez Zúñiga Herrera",
        ),
        _tongue(
            "pl",
            "Agnieszka Łukasz Małgorzata Paweł Żaneta Grzegorz Bożena Michał Świętosława Jędrzej Kinga",
            "Wójcik Kowalczyk Dąbrowski Łuczak Żak Gołębiewski Ścibor Piątek Nowicka Zając",
        ),
        _tongue(
            "cs",
            "Jiří Zdeňka Ondřej Růžena Tomáš Markéta Šárka Kateřina Luboš",
            "Dvořák Němcová Růžička Šťastný Černý Žižka Hájek Kučera",
        ),
        _tongue(
            "vi",
            "Ánh Đức Hương Khánh Linh Ngọc Phượng Quỳnh Thảo Tuấn",
            "Nguyễn Trần Lê Phạm Hoàng Đặng Bùi Đỗ",
            family_first=True,
        ),
        _tongue(
            "ru",
            "Анна|Anna Борис|Boris Дмитрий|Dmitry Екатерина|Ekaterina "
            "Игорь|Igor Ксения|Ksenia Людмила|Lyudmila "
            "Никита|Nikita Ольга|Olga Юлия|Yulia",
            "Соколов|Sokolov Лебедева|Lebedeva Щукин|Shchukin "
            "Журавлёв|Zhuravlyov Белова|Belova Ефимов|Efimov "
            "Тихонов|Tikhonov Чернова|Chernova",
        ),
        _tongue(
            "el",
            "Ελένη|Eleni Γιώργος|Giorgos Κατερίνα|Katerina Νίκος|Nikos Σοφία|Sofia Χρήστος|Christos",
            "Παππάς|Pappas Ιωάννου|Ioannou Κωστόπουλος|Kostopoulos Δημητρίου|Dimitriou Ζαφειρίου|Zafeiriou",
        ),
        _tongue(
            "ja",
            "陽子|Yoko 健太|Kenta 美咲|Misaki 大輔|Daisuke 直美|Naomi "
            "翔|Sho 由紀|Yuki 誠|Makoto さくら|Sakura",
            "佐藤|Sato 鈴木|Suzuki 高橋|Takahashi 渡辺|Watanabe "
            "山本|Yamamoto 齋藤|Saito 森|Mori 清水|Shimizu",
            family_first=True,
        ),
        _tongue(
            "zh",
            "伟|Wei 芳|Fang 娜|Na 敏|Min 静|Jing 强|Qiang "
            "磊|Lei 洋|Yang 艳|Yan 杰|Jie 晓梅|Xiaomei 志明|Zhiming",
            "王|Wang 李|Li 张|Zhang 刘|Liu 陈|Chen 杨|Yang 赵|Zhao 黄|Huang 周|Zhou 欧阳|Ouyang",
            family_first=True,
        ),
        _tongue(
            "ko",
            "민준|Minjun 서연|Seoyeon 지훈|Jihoon 하은|Haeun 도윤|Doyun 수빈|Subin 현우|Hyunwoo",
            "김|Kim 이|Lee 박|Park 최|Choi 정|Jung 강|Kang 조|Cho",
            family_first=True,
        ),
        _tongue(
            "ar",
            "فاطمة|Fatima محمد|Mohammed ليلى|Layla يوسف|Yousef مريم|Maryam خالد|Khaled نور|Nour عمر|Omar",
            "الحداد|Haddad منصور|Mansour خوري|Khoury صالح|Saleh ناصر|Nasser عباس|Abbas",
        ),
        _tongue(
            "he",
            "יעל|Yael דוד|David נועה|Noa איתן|Eitan שירה|Shira אורי|Uri",
            "כהן|Cohen לוי|Levi מזרחי|Mizrahi פרץ|Peretz ביטון|Biton",
        ),
        _tongue(
            "hi",
            "प्रिया|Priya अर्जुन|Arjun अनन्या|Ananya रोहित|Rohit "
            "कविता|Kavita विक्रम|Vikram सुनीता|Sunita दीपक|Deepak",
            "शर्मा|Sharma पटेल|Patel सिंह|Singh गुप्ता|Gupta अय्यर|Iyer मेहता|Mehta रेड्डी|Reddy",
        ),
        _tongue(
            "th",
            "สมชาย|Somchai มาลี|Malee อนันต์|Anan กมลา|Kamala วิชัย|Wichai",
            "ศรีสุข|Srisuk แก้วมณี|Kaewmanee ทองดี|Thongdee บุญมา|Boonma",
        ),
    )
}

#: What decomposition into letters and marks leaves as it is.
_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ø": "o", "æ": "ae"})


def person(chance: Random, language: str) -> Name:
    """Return somebody's name. A third of the people outside the country's language have an English one."""
    tongue = TONGUES[language]
    given, roman_given = _both(chance.choice(tongue.given))
    family, roman_family = _both(chance.choice(tongue.family))
    if chance.random() < 0.12:
        second, roman_second = _both(chance.choice(tongue.family))
        if second != family and tongue.language in {"en", "es", "fr", "de"}:
            joint = " " if tongue.language == "es" else "-"
            family, roman_family = f"{family}{joint}{second}", f"{roman_family}-{roman_second}"
    preferred = roman_given if given != roman_given and chance.random() < 0.5 else ""
    return Name(given, family, preferred, roman_given, roman_family, language, tongue.family_first)


def married(chance: Random, name: Name) -> Name:
    """Return the name of somebody who takes another family name."""
    family = name.family
    while family == name.family:
        family, roman = _both(chance.choice(TONGUES[name.language].family))
    return Name(name.given, family, name.preferred, name.roman_given, roman, name.language, name.family_first)


def plain(text: str) -> str:
    """Return text in the letters a to z, for addresses and user names."""
    parts = normalize("NFKD", text.translate(_LETTERS).lower())
    return "".join(each for each in parts if each.isascii() and (each.isalnum() or each == "-"))


def _both(name: str) -> tuple[str, str]:
    written, _, roman = name.partition("|")
    return written, roman or written
