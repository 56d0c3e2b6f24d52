"""The kinds of objects, and how new ones are completed."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from abwire_sandbox.engine import Call, Engine, Resource
from abwire_sandbox.kameleoon import conditions, flags
from abwire_sandbox.store import Item

NAMESPACE: Final = "kameleoon"
_DATES = ("dateCreated", "dateModified", "createdBy", "createdById")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def author(engine: Engine) -> int:
    """The account behind the credentials."""
    accounts = engine.items("accounts")
    return int(accounts[0]["id"]) if accounts else 0


def _with(**defaults: Any) -> Callable[[Engine, Item, Call], Item]:
    """Completes objects by defaults, and by the dates that answers have."""

    def make(engine: Engine, item: Item, call: Call) -> Item:
        known = call.operation.item[0] if call.operation.item else {}
        names = ("dateCreated", "dateModified", "creationDate", "modificationDate", "date")
        dates = {name: engine.timestamp() for name in names if name in known}
        return {**copy.deepcopy(defaults), **item, **dates}

    return make


def _next_index(engine: Engine, group: str, item: Item) -> int:
    taken = [found["index"] for found in engine.items(group) if found.get("siteId") == item.get("siteId")]
    return max(taken, default=-1) + 1


def _account(engine: Engine, item: Item, call: Call) -> Item:
    defaults = {"preferredLocale": "en", "status": "CREATED", "roles": [], "solutions": ["WEB_EXPERIMENTATION"]}
    known = {name: value for name, value in item.items() if name not in ("password", "passwordConfirm")}
    return {**defaults, **known, "dateCreated": engine.timestamp()}


def _custom_data(engine: Engine, item: Item, call: Call) -> Item:
    made = {
        "format": "STRING",
        "scope": "VISIT",
        "type": "UNIQUE",
        "isLocalOnly": False,
        "isConstant": False,
        "tags": [],
    }
    dates = {"dateCreated": engine.timestamp(), "modificationDate": engine.timestamp()}
    return {**made, **item, **dates, "index": _next_index(engine, "custom_data", item)}


def _goal(engine: Engine, item: Item, call: Call) -> Item:
    made = {"status": "ACTIVE", "hasMultipleConversions": False, "description": "", "isArchived": False, **item}
    return {**made, "isActive": made["status"] == "ACTIVE", "dateCreated": engine.timestamp()}


def _referrer(engine: Engine, item: Item, call: Call) -> Item:
    made = {"detections": [], "priority": 0, "tags": "", **item, "index": _next_index(engine, "referrers", item)}
    return {**made, "dateCreated": engine.timestamp(), "modificationDate": engine.timestamp()}


def _site(engine: Engine, item: Item, call: Call) -> Item:
    digest = hashlib.sha256(f"{engine.world.seed}:{item['id']}".encode()).digest()
    defaults = {
        "type": "SITE_JS",
        "siteType": "OTHER",
        "domainNames": [],
        "description": "",
        "isKameleoonEnabled": True,
    }
    code = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:10])
    return {**defaults, **item, "code": code, "dateCreated": engine.timestamp()}


def _experiment(engine: Engine, item: Item, call: Call) -> Item:
    site = engine.get("sites", item["siteId"]) or {}
    now = engine.timestamp()
    made = {
        "type": "CLASSIC",
        "status": "DRAFT",
        "description": "",
        "goals": [],
        "tags": [],
        "variations": [],
        "deviations": {"origin": 1.0},
        "isArchived": False,
        "trafficAllocationMethod": "MANUAL",
        "targetingConfiguration": "SITE",
        "createdBy": author(engine),
        **item,
        "siteCode": site.get("code", ""),
        "dateCreated": now,
        "dateModified": now,
        "dateStatusModified": now,
    }
    if call.operation.verb == "duplicate":
        made["status"] = "DRAFT"
    if made["status"] == "ACTIVE":
        made["dateStarted"] = now
    return made


def _personalization(engine: Engine, item: Item, call: Call) -> Item:
    now = engine.timestamp()
    variation = {
        "id": engine.new_key("variations"),
        "name": f"Variation of {item['name']}",
        "siteId": item["siteId"],
        "personalizationId": item["id"],
        "jsCode": "",
    }
    engine.put("variations", variation)
    defaults = {"status": "DRAFT", "description": "", "goals": [], "isArchived": False, "createdBy": author(engine)}
    numbers = {"variationId": variation["id"], "variationIds": [variation["id"]]}
    return {**defaults, **item, **numbers, "dateCreated": now, "dateModified": now}


def _segment(engine: Engine, item: Item, call: Call) -> Item:
    now = engine.timestamp()
    made = {
        "description": "",
        "audienceTracking": False,
        "audienceTrackingEditable": True,
        "isFavorite": False,
        "userVisible": True,
        "tags": [],
        "experimentAmount": 0,
        "featureFlagAmount": 0,
        "personalizationAmount": 0,
        "experiments": [],
        "personalizations": [],
        "createdBy": author(engine),
        **item,
        "dateCreated": now,
        "dateModified": now,
    }
    return conditions.numbered(engine.store, made)


def _feature_flag(engine: Engine, item: Item, call: Call) -> Item:
    return flags.made(engine, {"createdById": author(engine), **item})


RESOURCES: Final[Mapping[str, Resource]] = {
    "accounts": Resource("account", {"accountId": "id"}, make=_account, fixed=("dateCreated",), title="lastName"),
    "audiences": Resource("audience"),
    "custom_data": Resource(
        "custom data",
        {"customDataId": "id"},
        make=_custom_data,
        fixed=("index", "dateCreated", "modificationDate"),
    ),
    "experiments": Resource(
        "experiment",
        {"experimentId": "id"},
        make=_experiment,
        fixed=("dateStarted", "dateEnded", "dateStatusModified", "siteCode", *_DATES),
        optional={"tags": [], "goals": []},
    ),
    "feature_flags": Resource(
        "feature flag",
        {"siteCode": "siteCode", "featureKey": "featureKey", "featureFlagId": "id"},
        make=_feature_flag,
        fixed=("dateContentModified", *_DATES),
        final=("siteCode",),
        optional={"siteCode": "", "tags": [], "description": ""},
    ),
    "goals": Resource(
        "goal",
        {"goalId": "id"},
        make=_goal,
        fixed=("dateCreated", "isActive", "isArchived"),
        final=("siteId", "type", "params"),
    ),
    "images": Resource("image", {"imageId": "id"}, make=_with(tags=[], shared=False), fixed=("date",)),
    "key_moments": Resource("key moment", make=_segment, fixed=_DATES),
    "key_pages": Resource("key page"),
    "personalizations": Resource(
        "personalization",
        {"personalizationId": "id"},
        make=_personalization,
        fixed=_DATES,
        optional={"goals": []},
    ),
    "project_theme_configs": Resource("configuration of themes", make=_with(themes=[])),
    "referrers": Resource(
        "referrer",
        {"referrerId": "id"},
        make=_referrer,
        fixed=("index", "dateCreated", "modificationDate"),
        final=("siteId",),
    ),
    "results": Resource("report"),
    "segments": Resource("segment", {"segmentId": "id"}, make=_segment, fixed=_DATES, optional={"tags": []}),
    "sites": Resource("site", {"siteId": "id", "siteCode": "code"}, make=_site, fixed=("code", "dateCreated")),
    "studio_recommender_blocks": Resource("block"),
    "tags": Resource("tag", key="name"),
    "targeting_rules": Resource("targeting rule", {"targetingRuleId": "id"}),
    "themes": Resource("theme", make=_with(status="DRAFT", tags=[], widgetIds=[])),
    "variations": Resource(
        "variation",
        {"variationId": "id"},
        make=_with(isJsCodeAfterDomReady=True, jsCode="", cssCode="", creationMode="CODE_BASE"),
        fixed=("experimentId",),
    ),
    "widget_studio_templates": Resource("template"),
    "widget_studios": Resource(
        "studio", {"widgetId": "widgetId"}, key="widgetId", fixed=("dateCreated", "dateModified")
    ),
    "widgets": Resource("template", {"templateId": "id"}),
}
"""The kinds of objects, by the groups of their operations."""
