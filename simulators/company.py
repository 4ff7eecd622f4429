"""The company people work for: sites, jobs and the first state of the organization tree.

In: a source of chance and the number of units. Out: locations, jobs and unit plans. Never a worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from simulators.population import Job, Location

COMPANY = "Northwind Life Sciences"
DOMAIN = "northwind.example"
LEGAL_EMPLOYERS = {"US": "Northwind Inc.", "DE": "Northwind GmbH", "JP": "Northwind K.K."}

_SITES = """\
US|Massachusetts|Boston|Boston Campus|en
US|North Carolina|Durham|Durham Plant|en
US|California|San Diego|San Diego Laboratories|en
US|Texas|Houston|Houston Distribution Center|en
US|Illinois|Chicago|Chicago Office|en
US|New Jersey|Newark|Newark Clinic|en
CA|Québec|Montréal|Usine de Montréal|fr
CA|Ontario|Toronto|Toronto Office|en
MX|Jalisco|Guadalajara|Planta Guadalajara|es
ES|Cataluña|Barcelona|Centro Barcelona|es
ES|Madrid|Madrid|Oficina Madrid|es
AR|Buenos Aires|Buenos Aires|Oficina Buenos Aires|es
GB|England|Reading|Reading Office|en
GB|Scotland|Edinburgh|Edinburgh Laboratories|en
IE|Munster|Cork|Cork Plant|en
DE|Berlin|Berlin|Werk Berlin-Süd|de
DE|Bayern|München|Labor München|de
DE|Hessen|Darmstadt|Campus Darmstadt|de
AT|Wien|Wien|Büro Wien|de
CH|Basel-Stadt|Basel|Standort Basel|de
FR|Île-de-France|Évry|Site d’Évry|fr
FR|Auvergne-Rhône-Alpes|Lyon|Laboratoire de Lyon|fr
BE|Bruxelles|Bruxelles|Bureau de Bruxelles|fr
PL|Mazowieckie|Warszawa|Biuro Warszawa|pl
PL|Łódzkie|Łódź|Zakład Łódź|pl
CZ|Jihomoravský|Brno|Závod Brno|cs
GR|Αττική|Αθήνα|Γραφείο Αθήνας|el
KZ|Алматы|Алматы|Офис Алматы|ru
RS|Београд|Београд|Лабораторија Београд|ru
IL|תל אביב|תל אביב|מעבדת תל אביב|he
AE|دبي|دبي|مكتب دبي|ar
EG|القاهرة|القاهرة|مصنع القاهرة|ar
IN|कर्नाटक|बेंगलुरु|बेंगलुरु परिसर|hi
IN|महाराष्ट्र|पुणे|पुणे संयंत्र|hi
TH|กรุงเทพมหานคร|กรุงเทพ|โรงงานกรุงเทพ|th
VN|Hà Nội|Hà Nội|Văn phòng Hà Nội|vi
CN|上海|上海|上海研发中心|zh
CN|江苏|苏州|苏州工厂|zh
JP|大阪府|大阪|大阪研究所|ja
JP|東京都|東京|東京オフィス|ja
KR|인천|인천|인천 공장|ko"""

#: Prefix of codes, family, title of its people, their regulatory classes, title of who leads them.
_FAMILIES = """\
RN|Nursing|Nurse|HIPAA,BLS|Nurse Manager
MD|Clinical research|Clinical Research Associate|GCP,HIPAA|Clinical Program Director
PV|Drug safety|Drug Safety Specialist|GVP,HIPAA|Head of Drug Safety
LB|Laboratory|Laboratory Analyst|GLP,HAZCOM|Laboratory Manager
RS|Research|Scientist|GLP,HAZCOM|Research Director
BI|Bioinformatics|Bioinformatician|PART11|Bioinformatics Lead
MF|Manufacturing|Production Operator|GMP,OSHA|Production Manager
PK|Packaging|Packaging Operator|GMP,OSHA|Packaging Manager
EN|Process engineering|Process Engineer|GMP,OSHA,PART11|Engineering Manager
MT|Maintenance|Maintenance Technician|GMP,OSHA,LOTO|Maintenance Manager
QC|Quality control|Quality Control Analyst|GMP,GLP,PART11|Quality Control Manager
QA|Quality assurance|Quality Specialist|GMP,PART11|Quality Assurance Manager
VA|Validation|Validation Specialist|GMP,PART11|Validation Manager
RA|Regulatory affairs|Regulatory Affairs Specialist|PART11|Regulatory Affairs Manager
WH|Warehouse|Warehouse Associate|GDP,OSHA,FORKLIFT|Warehouse Manager
DR|Transport|Driver|GDP,DOT|Transport Manager
SC|Planning|Supply Planner|GDP|Planning Manager
SA|Sales|Account Manager|PHRMA|Sales Director
MK|Marketing|Product Manager|PHRMA|Marketing Director
IT|Information technology|Systems Engineer|PART11,SOX|IT Manager
SE|Security|Security Officer|SOX|Security Manager
FI|Finance|Accountant|SOX|Finance Manager
HR|Human resources|HR Partner|HIPAA|HR Manager
LG|Legal|Counsel|SOX|General Counsel"""

_RANKS = ("Junior {}", "{}", "Senior {}", "Lead {}")

#: Division and the families that work in it.
_DIVISIONS = (
    ("Manufacturing", ("MF", "PK", "EN", "MT")),
    ("Research and Development", ("RS", "LB", "BI", "EN")),
    ("Quality", ("QC", "QA", "VA", "LB")),
    ("Clinical Care", ("RN", "MD", "PV")),
    ("Supply Chain", ("WH", "DR", "SC")),
    ("Commercial", ("SA", "MK", "RA")),
    ("Information Technology", ("IT", "SE", "BI")),
    ("Corporate Services", ("FI", "HR", "LG", "RA")),
)
_DEPARTMENTS = (
    "Operations", "Development", "Excellence", "Services", "Europe", "Americas", "Asia", "Programs",
)  # fmt: skip
_TEAMS = ("Alpha", "Birch", "Cedar", "Delta", "Elm", "Falcon", "Gamma", "Harbor", "Iris", "Juniper")


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """A unit as it was first set up."""

    key: str
    kind: str
    name: str
    #: Key of the unit above; empty at the top.
    parent: str
    #: Prefixes of the job families its people come from.
    families: tuple[str, ...]
    #: Key of the site most of its people work at.
    location: str


def locations() -> tuple[Location, ...]:
    """Return the sites."""
    found: list[Location] = []
    for number, line in enumerate(_SITES.splitlines(), 1):
        country, region, city, name, language = line.split("|")
        found.append(Location(f"L{number:03}", name, city, region, country, language))
    return tuple(found)


def jobs() -> tuple[Job, ...]:
    """Return the jobs: five levels in each family, the last of which leads people."""
    found: list[Job] = []
    for line in _FAMILIES.splitlines():
        prefix, family, title, classes, leader = line.split("|")
        titles = (*(rank.format(title) for rank in _RANKS), leader)
        found.extend(
            Job(f"{prefix}0{level}", each, family, level, tuple(classes.split(",")))
            for level, each in enumerate(titles, 1)
        )
    return tuple(found)


def units(chance: Random, count: int, sites: tuple[Location, ...]) -> tuple[UnitPlan, ...]:
    """Return the tree, parents before their children: company, divisions, departments, teams."""
    divisions = min(len(_DIVISIONS), max(2, count // 25))
    departments = max(divisions, (count - 1 - divisions) // 6)
    made = [UnitPlan("00010", "company", COMPANY, "", ("FI", "HR", "LG"), sites[0].key)]
    for number in range(count - 1):
        key = f"{number + 2:04}0"
        site = chance.choice(sites).key
        if number < divisions:
            name, families = _DIVISIONS[number]
            made.append(UnitPlan(key, "division", name, "00010", families, site))
        elif number < divisions + departments:
            nth = number - divisions
            above = made[1 + nth % divisions]
            name = f"{above.name} {_DEPARTMENTS[nth // divisions % len(_DEPARTMENTS)]}"
            made.append(UnitPlan(key, "department", name, above.key, above.families, site))
        else:
            nth = number - divisions - departments
            above = made[1 + divisions + nth % departments]
            name = f"{above.name} {_TEAMS[nth // departments % len(_TEAMS)]}"
            some = tuple(chance.sample(above.families, 2))
            made.append(UnitPlan(key, "team", name, above.key, some, site))
    return tuple(made)
