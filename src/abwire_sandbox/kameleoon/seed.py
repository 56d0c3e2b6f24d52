"""What a Kameleoon account holds at the beginning: four sites of a retail group, and what its teams test on them."""

from __future__ import annotations

import datetime
import itertools
import re

from abwire_sandbox import data, locks
from abwire_sandbox.dice import ANCHOR, Dice, text
from abwire_sandbox.kameleoon.conditions import in_all_forms
from abwire_sandbox.store import Item, Store

NAMESPACE = "kameleoon"

_SITES = (
    ("Maison Lumen", "maison-lumen.example", "ECOMMERCE", "SITE_JS", "EUR"),
    ("Lumen UK", "lumen-uk.example", "ECOMMERCE", "SITE_JS", "GBP"),
    ("Lumen Magazine", "magazine.lumen.example", "MEDIA", "SITE", "EUR"),
    ("Lumen App", "app.lumen.example", "OTHER", "SITE_SDK", "EUR"),
)
_PEOPLE = [
    "Amara Okafor",
    "Bruno Keller",
    "Chloé Martin",
    "Daniel Novák",
    "Elif Aydin",
    "Farid Haddad",
    "Greta Lindqvist",
    "Hugo Moreau",
    "Ines Costa",
    "Jonas Weber",
    "Kaja Nowak",
    "Liam Byrne",
    "Maya Cohen",
    "Noah Fischer",
    "Olivia Rossi",
    "Pavel Dvořák",
    "Quentin Leroy",
    "Rosa Jiménez",
    "Sven Olsen",
    "Tara Singh",
    "Ugo Bianchi",
    "Vera Petrova",
    "Willem Bakker",
    "Yuki Tanaka",
]
_GOALS = (
    ("Purchase confirmed", "CUSTOM", True),
    ("Add to basket", "CLICK", True),
    ("Checkout started", "URL", False),
    ("Payment page seen", "URL", False),
    ("Newsletter sign-up", "CLICK", False),
    ("Product page seen", "PAGE_VIEWS", True),
    ("Scrolled to reviews", "SCROLL", False),
    ("Three minutes on site", "TIME_SPENT", False),
    ("Came back within a week", "RETENTION_RATE", False),
    ("Store finder opened", "CLICK", False),
    ("Wish list used", "CUSTOM", True),
    ("Return rate", "RATIO_METRICS", False),
    ("Offline sale", "WAREHOUSE", False),
)
_AREAS = ("Basket", "Checkout", "Home page", "Product page", "Search", "Menu", "Account", "Landing page")
_IDEAS = (
    "shorter form",
    "sticky call to action",
    "free delivery banner",
    "larger pictures",
    "trust badges",
    "reviews above the fold",
    "one-click payment",
    "guest checkout",
    "price per month",
    "stock counter",
    "delivery date",
    "fewer menu entries",
)
_EXPERIMENT_STATUSES = ("ACTIVE", "STOPPED", "DRAFT", "PAUSED", "SCHEDULED", "DEACTIVATED", "ARCHIVED", "FINISHED")
_TYPES = ("CLASSIC", "CLASSIC", "DEVELOPER", "SDK_HYBRID", "PROMPT", "AI")
_FLAGS = [
    "checkout express",
    "search suggestions",
    "new product gallery",
    "loyalty points",
    "dark mode",
    "store pickup",
    "gift cards",
    "live chat",
    "price alerts",
    "reviews with photos",
    "size advisor",
    "one page checkout",
    "apple pay",
    "recommendations v2",
    "wish list sharing",
    "address lookup",
    "delivery slots",
    "order tracking",
    "promo banner",
    "infinite scroll",
    "video on product page",
    "returns portal",
    "voice search",
    "subscription box",
    "bundle offers",
    "outfit builder",
    "push opt in",
    "magazine paywall",
    "article audio",
    "story format",
    "comment threads",
    "personal feed",
    "offline reading",
    "app onboarding",
    "biometric login",
    "widget home screen",
]
_SEGMENTS = (
    ("Visitors on a phone", ["DEVICE_TYPE"]),
    ("New visitors from search", ["NEW_VISITORS", "ORIGIN_TYPE"]),
    ("Back within a week", ["LAST_VISIT", "VISITS"]),
    ("Gold customers", ["CUSTOM_DATUM"]),
    ("Basket above 80", ["JS_CODE", "PAGE_URL"]),
    ("Campaign traffic", ["LANDING_PAGE", "ORIGIN"]),
    ("French speakers abroad", ["BROWSER_LANGUAGE", "GEOLOCATION"]),
    ("Long sessions", ["ACTIVE_SESSION", "PAGE_VIEWS"]),
)
_TAGS = ("checkout", "mobile", "q3", "q4", "growth", "retention", "design", "seo")
_IMAGE_NAMES = (
    "hero-autumn",
    "badge-delivery",
    "banner-sale",
    "icon-gift",
    "gallery-sofa",
    "lamp-detail",
    "team",
    "map",
)


def fill(store: Store, seed: int) -> None:
    """Make all objects."""
    _Seeding(store, seed).fill()


class _Seeding:
    def __init__(self, store: Store, seed: int) -> None:
        self._store = store
        self._seed = seed

    def fill(self) -> None:
        self._accounts = self._made_accounts()
        self._sites = self._made_sites()
        self._goals = {site["id"]: self._made_goals(site) for site in self._sites}
        for site in self._sites:
            main = self._goals[site["id"]][0]["id"]
            config = {"mainGoal": main, "siteType": site["siteType"]}
            self._put("sites", {**site, "mainGoal": main, "audienceConfig": config})
        self._segments = {site["id"]: self._made_segments(site) for site in self._sites}
        self._make_experiments()
        self._make_flags()
        self._make_personalizations()
        for site in self._sites:
            self._make_measures(site)
            self._make_images(site)
            self._make_widgets(site)

    def _dice(self, name: str) -> Dice:
        return Dice(self._seed, name)

    def _key(self, group: str) -> int:
        return data.new_key(self._store, NAMESPACE, group)

    def _put(self, group: str, item: Item, key: str = "id") -> Item:
        return self._store.put(f"{NAMESPACE}.{group}", item[key], item)

    def _made_accounts(self) -> list[int]:
        dice = self._dice("accounts")
        made = []
        for number, person in enumerate(_PEOPLE):
            first, last = person.split(" ")
            name = (
                "ROLE_CUSTOMER_ADMIN"
                if number < 2
                else dice.one(("ROLE_SITE_ADMIN", "ROLE_SITE_MARKETING", "ROLE_SITE_TECHNICAL"))
            )
            account = {
                "id": self._key("accounts"),
                "firstName": first,
                "lastName": last,
                "email": f"{re.sub('[^a-z]', '', first.lower())}.{number}@lumen.example",
                "dateCreated": text(dice.before(ANCHOR, 60, 900)),
                "imageURL": "",
                "isPasswordExpired": dice.happens(0.1),
                "isProductRecoAllowed": dice.happens(0.5),
                "passwordBlocked": False,
                "preferredLocale": dice.one(("fr", "en", "de")),
                "roles": [
                    {"customers": [1], "name": name, "privileges": ["GETONE_EXPERIMENT", "GETONE_GOAL"], "sites": []}
                ],
                "solutions": dice.some(("WEB_EXPERIMENTATION", "FEATURE_EXPERIMENTATION"), 1, 2),
                "status": dice.one(("ACTIVATED", "CREATED", "DEACTIVATED"), (8, 1, 1)),
                "teamId": dice.number(1, 4),
            }
            made.append(self._put("accounts", account)["id"])
        return made

    def _made_sites(self) -> list[Item]:
        dice = self._dice("sites")
        return [
            {
                "id": self._key("sites"),
                "code": dice.code(10),
                "name": name,
                "url": f"https://www.{domain}/",
                "description": f"{name}, production",
                "domainNames": [domain, f"www.{domain}"],
                "siteType": kind,
                "type": platform,
                "currency": currency,
                "dateCreated": text(dice.before(ANCHOR, 700, 1400)),
                "dataStorage": "LOCAL_STORAGE",
                "behaviorWhenTimeout": "RUN",
                "indicators": ["RETENTION_RATE", "NUMBER_OF_PAGES_SEEN", "DWELL_TIME"],
                "isAudienceUsed": True,
                "isKameleoonEnabled": True,
                "isScriptActive": True,
                "trackingScript": "",
                "experimentConfig": {"abtestConsent": "REQUIRED", "minWiningReliability": 95},
            }
            for name, domain, kind, platform, currency in _SITES
        ]

    def _made_goals(self, site: Item) -> list[Item]:
        dice = self._dice(f"goals:{site['id']}")
        made: list[Item] = []
        for name, kind, repeats in _GOALS:
            goal = {
                "id": self._key("goals"),
                "name": name,
                "siteId": site["id"],
                "type": kind,
                "status": dice.one(("ACTIVE", "INACTIVE"), (9, 1)) if made else "ACTIVE",
                "hasMultipleConversions": repeats,
                "description": f"{name} on {site['name']}",
                "isArchived": False,
                "dateCreated": text(dice.before(ANCHOR, 200, 650)),
            }
            goal["isActive"] = goal["status"] == "ACTIVE"
            if kind == "URL":
                goal["params"] = {"matchType": "CONTAINS", "matchString": f"/{name.split()[0].lower()}"}
            made.append(self._put("goals", goal))
        return made

    # --- segments ---

    def _made_segments(self, site: Item) -> list[Item]:
        dice = self._dice(f"segments:{site['id']}")
        made = []
        for name, kinds in _SEGMENTS:
            created = dice.before(ANCHOR, 120, 600)
            segment = {
                "id": self._key("segments"),
                "name": name,
                "siteId": site["id"],
                "segmentType": "STANDARD",
                **self._conditions(dice, kinds),
                "audienceTracking": dice.happens(0.5),
                "audienceTrackingEditable": True,
                "createdBy": dice.one(self._accounts),
                "dateCreated": text(created),
                "dateModified": text(dice.before(ANCHOR, 5, 100)),
                "description": f"{name}, for {site['name']}",
                "isFavorite": dice.happens(0.2),
                "hasSegmentCondition": False,
                "tags": dice.some(_TAGS, 0, 3),
                "usedBySegmentCondition": False,
                "userVisible": True,
                "experiments": [],
                "experimentAmount": 0,
                "featureFlagAmount": 0,
                "personalizations": [],
                "personalizationAmount": 0,
            }
            made.append(self._put("segments", segment))
        return made

    def _conditions(self, dice: Dice, kinds: list[str]) -> Item:
        """Conditions in two groups, or one if there is but one condition."""
        conditions = [self._condition(dice, kind) for kind in kinds]
        groups: list[Item] = [{"conditions": conditions[:1], "orOperators": []}]
        if len(conditions) > 1:
            more = [*conditions[1:], self._condition(dice, "DEVICE_TYPE")]
            groups.append({"conditions": more, "orOperators": [dice.happens(0.5)]})
        data = {"firstLevel": groups, "firstLevelOrOperators": [dice.happens(0.3)] * (len(groups) - 1)}
        return in_all_forms({"conditionsData": data})

    def _condition(self, dice: Dice, kind: str) -> Item:
        condition: Item = {
            "id": self._key("conditions"),
            "targetingType": kind,
            "include": dice.happens(0.85),
            "weight": 1,
        }
        match kind:
            case "ACTIVE_SESSION":
                condition |= {"count": dice.number(1, 5), "matchType": "GREATER", "unitOfTime": "MINUTE"}
            case "CUSTOM_DATUM":
                condition |= {"customDataIndex": "0", "value": "gold", "valueMatchType": "EXACT"}
            case "JS_CODE":
                condition |= {"applied": "IMMEDIATE", "jsCode": "return window.basket && window.basket.total > 80;"}
            case "DEVICE_TYPE":
                condition["device"] = dice.one(("PHONE", "TABLET", "DESKTOP"))
            case "PAGE_URL" | "LANDING_PAGE":
                condition |= {"matchType": "CONTAINS", "url": dice.one(("/basket", "/sale", "/new"))}
        return condition

    # --- experiments ---

    def _make_experiments(self) -> None:
        dice = self._dice("experiments")
        names = dice.shuffled([f"{area}: {idea}" for area, idea in itertools.product(_AREAS, _IDEAS)])
        for number, name in enumerate(names[:56]):
            site = self._sites[number % 3]
            experiment = self._experiment(dice, name, number)
            segment = dice.one(self._segments[site["id"]])
            rule = {
                "id": self._key("targeting_rules"),
                "siteId": site["id"],
                "segmentConfiguration": "SAVED_TEMPLATE",
                "segmentId": segment["id"],
                "triggerConfiguration": dice.one(("SITE", "PAGE", "URL")),
                "targetingConfigurationParam": site["url"],
            }
            self._put("targeting_rules", rule)
            used = self._store.get(f"{NAMESPACE}.segments", segment["id"]) or segment
            experiments = [*used["experiments"], experiment["id"]]
            self._put("segments", {**used, "experiments": experiments, "experimentAmount": len(experiments)})
            experiment |= {"targetingRule": rule, "targetingRuleId": rule["id"], "targetingSegmentId": segment["id"]}
            self._put("experiments", experiment)
        locked = next(item for item in self._store.items(f"{NAMESPACE}.experiments") if item["status"] == "DRAFT")
        locks.lock(self._store, "experiments", locked["id"])

    def _experiment(self, dice: Dice, name: str, number: int) -> Item:
        site, status = self._sites[number % 3], _EXPERIMENT_STATUSES[number % 8]
        variations = [self._variation(dice, site, name, index) for index in range(dice.one((1, 1, 2, 3)))]
        share = round(1 / (len(variations) + 1), 4)
        main = self._goals[site["id"]][number % 3]["id"]
        others = [goal["id"] for goal in dice.some(self._goals[site["id"]], 2, 4) if goal["id"] != main]
        created = dice.before(ANCHOR, 100, 200)
        experiment = {
            "id": self._key("experiments"),
            "name": name,
            "siteId": site["id"],
            "siteCode": site["code"],
            "baseURL": site["url"],
            "type": "MVT" if number % 14 == 13 else dice.one(_TYPES),
            "status": status,
            "description": f"Does it help: {name.lower()}?",
            "createdBy": dice.one(self._accounts),
            "dateCreated": text(created),
            "dateModified": text(dice.before(ANCHOR, 1, 30)),
            "dateStatusModified": text(dice.before(ANCHOR, 1, 30)),
            "collectingDataEnabled": status in ("ACTIVE", "PAUSED"),
            "commonCssCode": "",
            "commonJavaScriptCode": "",
            "globalScript": "",
            "executeCodeForReference": False,
            "goals": sorted([main, *others]),
            "mainGoalId": main,
            "isArchived": status == "ARCHIVED",
            "isLegacyEditor": False,
            "isMultipleTestingCorrection": len(variations) > 1,
            "tags": dice.some(_TAGS, 0, 3),
            "targetingConfiguration": "SAVED_TEMPLATE",
            "trackingTools": [{"name": "GOOGLE_ANALYTICS4"}] if dice.happens(0.5) else [],
            "trafficAllocationMethod": dice.one(("MANUAL", "MULTI_ARMED_BANDIT", "CONTEXTUAL_BANDIT"), (8, 1, 1)),
            "variations": [variation["id"] for variation in variations],
            "deviations": {"origin": round(1 - share * len(variations), 4)}
            | {str(variation["id"]): share for variation in variations},
        }
        for variation in variations:
            self._put("variations", {**variation, "experimentId": experiment["id"]})
        if status not in ("DRAFT", "SCHEDULED"):
            started = created + datetime.timedelta(days=dice.number(2, 20))
            experiment["dateStarted"] = text(started)
            if status in ("STOPPED", "FINISHED", "ARCHIVED", "DEACTIVATED"):
                experiment["dateEnded"] = text(started + datetime.timedelta(days=dice.number(21, 70)))
        if status == "SCHEDULED":
            experiment["schedules"] = [{"dateStart": text(ANCHOR + datetime.timedelta(days=dice.number(400, 500)))}]
        return experiment

    def _variation(self, dice: Dice, site: Item, name: str, index: int) -> Item:
        selector = name.split(":", maxsplit=1)[0].lower().replace(" ", "-")
        return {
            "id": self._key("variations"),
            "name": f"Variation {index + 1}",
            "siteId": site["id"],
            "color": dice.number(0, 0xFFFFFF),
            "cssCode": f".{selector} {{ order: {index + 1}; }}",
            "jsCode": f"document.querySelector('.{selector}').dataset.variation = '{index + 1}';",
            "isJsCodeAfterDomReady": True,
            "creationMode": dice.one(("CODE_BASE", "WIDGET")),
            "shadowDom": False,
            "forceNoFlicker": False,
            "aiBuilder": dice.happens(0.1),
        }

    # --- feature flags ---

    def _make_flags(self) -> None:
        dice = self._dice("feature_flags")
        for number, name in enumerate(_FLAGS):
            site = self._sites[number % 4]
            created = dice.before(ANCHOR, 60, 170)
            modified = dice.before(ANCHOR, 1, 55)
            variants = ["off", "on"] if number % 3 else ["off", "compact", "full"]
            main = self._goals[site["id"]][number % 3]["id"]
            flag = {
                "id": self._key("feature_flags"),
                "featureKey": name.replace(" ", "_"),
                "name": name.capitalize(),
                "siteCode": site["code"],
                "archived": number % 12 == 11,
                "attributionWindow": 604800000,
                "bucketingKey": {"bucketingKeyType": "VISITOR_CODE"},
                "createdById": dice.one(self._accounts),
                "dateContentModified": text(modified),
                "dateCreated": text(created),
                "dateModified": text(modified),
                "description": f"Switches {name} on.",
                "health": dice.one(("HEALTHY", "STALE", "SMELLY", "PERMANENT"), (5, 2, 2, 1)),
                "primaryGoalId": main,
                "secondaryGoalIds": [
                    goal["id"] for goal in dice.some(self._goals[site["id"]], 1, 3) if goal["id"] != main
                ],
                "tags": dice.some(_TAGS, 0, 3),
                "teamId": dice.number(1, 4),
                "variables": [
                    {"key": "limit", "type": "NUMBER", "value": str(dice.number(1, 9))},
                    {"key": "theme", "type": "ENUM", "value": "light", "allowedValues": ["light", "dark"]},
                ],
                "variations": [
                    {
                        "key": key,
                        "name": key.capitalize(),
                        "variables": [
                            {"key": "limit", "type": "NUMBER", "value": str(index)},
                            {"key": "theme", "type": "ENUM", "value": "light"},
                        ],
                    }
                    for index, key in enumerate(variants)
                ],
            }
            flag["environmentConfigurations"] = [
                self._environment(dice, environment, flag, number)
                for environment in ("development", "staging", "production")
            ]
            self._put("feature_flags", flag)

    def _environment(self, dice: Dice, name: str, flag: Item, number: int) -> Item:
        kinds = ("EXPERIMENTATION", "TARGETED_DELIVERY", "PROGRESSIVE_DELIVERY")
        is_on = not flag["archived"] and (name != "production" or number % 5 != 4)
        rules = []
        if name == "production" and is_on:
            rules.append(self._rule(dice, kinds[number % 3], flag))
            if number % 6 == 0:
                rules.append(self._rule(dice, "TARGETED_DELIVERY", flag))
        return {
            "environmentKey": name,
            "featureEnabled": is_on,
            "defaultVariationKey": "off",
            "dateModified": flag["dateModified"],
            "integrations": {
                "deliveryRules": [],
                "experimentRules": [{"integrationName": "GOOGLE_ANALYTICS4", "customVariable": 1}] if rules else [],
            },
            "rolloutRules": rules,
        }

    def _rule(self, dice: Dice, kind: str, flag: Item) -> Item:
        variants = [variation["key"] for variation in flag["variations"]]
        rule: Item = {
            "id": self._key("rules"),
            "type": kind,
            "name": f"{kind.split('_', maxsplit=1)[0].capitalize()} of {flag['name'].lower()}",
            "status": "ACTIVE",
            "segmentId": dice.one(self._segments_by_code(flag["siteCode"]))["id"],
            "exposition": dice.one((20, 50, 80, 100)),
        }
        match kind:
            case "EXPERIMENTATION":
                share = round(100 / len(variants), 2)
                rule |= {
                    "experimentId": self._key("experiments"),
                    "controlVariationKey": variants[0],
                    "trafficAllocationMethod": "MANUAL",
                    "multiArmedBandit": False,
                    "trafficAllocations": [
                        {"variationKey": key, "variationId": self._key("variations"), "exposition": share}
                        for key in variants
                    ],
                    "rollbackConditions": [
                        {
                            "id": self._key("rollbacks"),
                            "criteria": "DOWNLIFT",
                            "comparisonOperator": "GREATER_THAN",
                            "matchValue": 20,
                            "goalId": flag["primaryGoalId"],
                            "visitors": 1000,
                            "target": "RULE",
                            "recipients": ["experiments@lumen.example"],
                        }
                    ],
                }
            case "PROGRESSIVE_DELIVERY":
                rule |= {
                    "variationKey": variants[-1],
                    "currentExposition": dice.one((10, 25, 50)),
                    "rolloutConfiguration": {
                        "initialExposition": 10,
                        "increment": 15,
                        "intervalHours": 24,
                        "finalExposition": 100,
                    },
                    "release": {
                        "releaseFrom": flag["dateCreated"],
                        "releaseTo": text(ANCHOR + datetime.timedelta(days=365)),
                        "timeZone": "Europe/Paris",
                    },
                }
            case _:
                rule["variationKey"] = variants[-1]
        if kind != "EXPERIMENTATION":
            rule["trafficAllocations"] = [
                {"variationKey": variants[-1], "variationId": self._key("variations"), "exposition": rule["exposition"]}
            ]
        return rule

    def _segments_by_code(self, code: str) -> list[Item]:
        return next(self._segments[site["id"]] for site in self._sites if site["code"] == code)

    # --- the rest ---

    def _make_personalizations(self) -> None:
        dice = self._dice("personalizations")
        for number, (area, name) in enumerate(
            itertools.product(_AREAS, ("welcome message", "last chance", "cross-sell"))
        ):
            site = self._sites[number % 3]
            created = dice.before(ANCHOR, 50, 300)
            variation = self._variation(dice, site, area, 0)
            main = self._goals[site["id"]][number % 4]["id"]
            personalization = {
                "id": self._key("personalizations"),
                "name": f"{area}: {name}",
                "siteId": site["id"],
                "baseURL": site["url"],
                "description": f"{name.capitalize()} for {area.lower()}",
                "status": dice.one(("ACTIVE", "DRAFT", "PAUSED", "STOPPED")),
                "createdBy": dice.one(self._accounts),
                "dateCreated": text(created),
                "dateModified": text(dice.before(ANCHOR, 1, 40)),
                "dateStarted": text(created + datetime.timedelta(days=3)),
                "checkConditionsRule": "ALL_CONDITIONS",
                "cappingPerVisitorExpositions": True,
                "exposedVisitsSameVisitorMax": dice.number(1, 5),
                "customExpositionRate": 1.0,
                "goals": sorted({main, *(goal["id"] for goal in dice.some(self._goals[site["id"]], 1, 3))}),
                "mainGoalId": main,
                "isArchived": False,
                "tags": dice.some(_TAGS, 0, 2),
                "targetingConfiguration": "SAVED_TEMPLATE",
                "targetingSegmentId": dice.one(self._segments[site["id"]])["id"],
                "type": "CLASSIC",
                "variationId": variation["id"],
                "variationIds": [variation["id"]],
            }
            self._put("variations", {**variation, "personalizationId": personalization["id"]})
            self._put("personalizations", personalization)

    def _make_measures(self, site: Item) -> None:
        dice = self._dice(f"measures:{site['id']}")
        for index, name in enumerate(
            ("loyaltyStatus", "basketTotal", "customerId", "isSubscriber", "favouriteStore", "ageGroup")
        ):
            custom = {
                "id": self._key("custom_data"),
                "index": index,
                "name": name,
                "siteId": site["id"],
                "type": dice.one(("UNIQUE", "LIST", "COUNT_LIST")),
                "method": dice.one(("GTM", "SDK", "CUSTOM_CODE", "CLIENT")),
                "format": "BOOLEAN" if name.startswith("is") else "NUMBER" if name == "basketTotal" else "STRING",
                "scope": dice.one(("PAGE", "VISIT", "VISITOR")),
                "description": f"{name}, of {site['name']}",
                "isConstant": False,
                "isLocalOnly": dice.happens(0.2),
                "tags": dice.some(_TAGS, 0, 2),
                "dateCreated": text(dice.before(ANCHOR, 200, 500)),
                "modificationDate": text(dice.before(ANCHOR, 10, 190)),
            }
            self._put("custom_data", custom)
        for name, pattern in (
            ("Home", "^/$"),
            ("Basket", "^/basket"),
            ("Product", "^/p/"),
            ("Search", "^/search"),
            ("Account", "^/me"),
            ("Help", "^/help"),
        ):
            page = {
                "id": self._key("key_pages"),
                "name": name,
                "siteId": site["id"],
                "relativeUrlRegExp": pattern,
                "matchType": "REGULAR_EXPRESSION",
                "totalCount": dice.number(1000, 90000),
                "dateCreated": text(dice.before(ANCHOR, 200, 500)),
                "modificationDate": text(dice.before(ANCHOR, 10, 190)),
            }
            self._put("key_pages", page)
        for name in (
            "About to leave",
            "Second product seen",
            "Coupon typed in",
            "Search without hits",
            "Video ended",
            "Basket full",
        ):
            moment = {
                "id": self._key("key_moments"),
                "name": name,
                "siteId": site["id"],
                **self._conditions(dice, [dice.one(("MOUSE_OUT", "PAGE_VIEWS", "EVENT")), "PAGE_URL"]),
                "audienceTracking": False,
                "audienceTrackingEditable": True,
                "createdBy": dice.one(self._accounts),
                "dateCreated": text(dice.before(ANCHOR, 100, 300)),
                "dateModified": text(dice.before(ANCHOR, 10, 90)),
                "description": name,
                "isFavorite": False,
                "tags": dice.some(_TAGS, 0, 2),
                "userVisible": True,
            }
            self._put("key_moments", moment)
        for index, (name, method) in enumerate(
            (("Search engines", "GOOGLE"), ("Newsletter", "UTM"), ("Social media", "HOST"), ("Partners", "HOST"))
        ):
            referrer = {
                "id": self._key("referrers"),
                "index": index,
                "name": name,
                "siteId": site["id"],
                "priority": index + 1,
                "tags": dice.one(_TAGS),
                "detections": [{"and": False, "method": method, "parameters": name.split()[0].lower()}],
                "dateCreated": text(dice.before(ANCHOR, 300, 500)),
                "modificationDate": text(dice.before(ANCHOR, 10, 290)),
            }
            self._put("referrers", referrer)

    def _make_images(self, site: Item) -> None:
        dice = self._dice(f"images:{site['id']}")
        for name in _IMAGE_NAMES:
            size = dice.number(20_000, 900_000)
            kind = dice.one(("PNG", "JPEG", "GIF", "SVG"))
            image = {
                "id": self._key("images"),
                "name": name,
                "fileName": f"{name}.{kind.lower()}",
                "siteId": site["id"],
                "altText": name.replace("-", " "),
                "description": f"{name} for {site['name']}",
                "format": kind,
                "width": dice.one((320, 640, 1280)),
                "height": dice.one((240, 480, 720)),
                "size": size,
                "fileWeight": -(-size // 1024),
                "path": f"/images/{site['code']}/{name}.{kind.lower()}",
                "shared": dice.happens(0.2),
                "createdById": dice.one(self._accounts),
                "date": text(dice.before(ANCHOR, 10, 400)),
                "keywords": dice.some(_TAGS, 0, 3),
                "tags": dice.some(_TAGS, 0, 2),
            }
            self._put("images", image)

    def _make_widgets(self, site: Item) -> None:
        dice = self._dice(f"widgets:{site['id']}")
        theme = {
            "id": self._key("themes"),
            "name": f"Theme of {site['name']}",
            "projectIds": [site["id"]],
            "status": "ACTIVE",
            "colors": [{"id": "primary", "type": "COLOR", "value": f"#{dice.number(0, 0xFFFFFF):06x}"}],
            "tags": dice.some(_TAGS, 1, 2),
            "widgetIds": [],
            "creationDate": text(dice.before(ANCHOR, 300, 500)),
            "dateModified": text(dice.before(ANCHOR, 10, 290)),
        }
        self._put("themes", theme)
        for name in ("Countdown", "Exit pop-up", "Survey", "Spin wheel", "Cookie notice", "Top bar"):
            created, modified = text(dice.before(ANCHOR, 100, 300)), text(dice.before(ANCHOR, 5, 90))
            template = {
                "id": self._key("widgets"),
                "name": name,
                "siteId": site["id"],
                "description": f"{name} of {site['name']}",
                "status": dice.one(("DRAFT", "ACTIVE", "PAUSED")),
                "type": dice.one(("TEMPLATE", "EDITOR")),
                "isCustomTemplate": dice.happens(0.5),
                "templateHtmlCode": f'<div class="{name.lower().replace(" ", "-")}"></div>',
                "templateCssCode": "",
                "templateJavaScriptCode": "",
                "themeId": theme["id"],
                "tags": dice.some(_TAGS, 0, 2),
                "useCustomData": False,
                "dateCreated": created,
                "dateModified": modified,
            }
            self._put("widgets", template)
            studio = {
                "widgetId": self._key("widget_studios"),
                "dateCreated": created,
                "dateModified": modified,
                "elements": dice.some(("BOX", "BUTTON_V2", "HEADING", "TEXT", "IMAGE", "COUNTDOWN_V2", "CLOSE"), 2, 5),
                "eventActions": ["PROCESS_CONVERSION"],
                "eventConditions": ["ON_CLICK", "AFTER_DISPLAY"],
                "fonts": [{"id": "body", "fontFamily": "Inter", "fontWeights": ["400", "700"]}],
                "isLegacy": False,
                "screens": [{"id": "1", "name": "Start", "templateName": name}],
                "translation": {
                    "defaultLanguageId": "en",
                    "enabled": True,
                    "languages": [{"IID": "en", "code": "en", "name": "English"}],
                },
                "version": 2.1,
                "widgetEditorTemplate": "{}",
            }
            self._put("widget_studios", studio, "widgetId")
            studio_template = {
                "id": self._key("widget_studio_templates"),
                "siteId": site["id"],
                "widgetId": studio["widgetId"],
                "isFavorite": dice.happens(0.3),
                "studioTemplate": "{}",
            }
            self._put("widget_studio_templates", studio_template)
        for name in ("Often bought together", "Seen last", "Best sellers"):
            block = {
                "id": self._key("studio_recommender_blocks"),
                "name": name,
                "siteId": site["id"],
                "recommenderBlockId": dice.number(1000, 9999),
                "studioCss": "",
                "studioTemplate": "{}",
                "createdById": 100000,
                "dateCreated": text(dice.before(ANCHOR, 100, 300)),
                "dateModified": text(dice.before(ANCHOR, 5, 90)),
            }
            self._put("studio_recommender_blocks", block)
