"""The numbers that objects are known by: each kind counts from its own first one, as with the vendors."""

from __future__ import annotations

from typing import Final

from abwire_sandbox.store import Store

FIRST: Final = {
    "kameleoon.accounts": 100000,
    "kameleoon.conditions": 500001,
    "kameleoon.custom_data": 7001,
    "kameleoon.experiments": 188001,
    "kameleoon.feature_flags": 9001,
    "kameleoon.goals": 30001,
    "kameleoon.images": 2001,
    "kameleoon.key_moments": 61001,
    "kameleoon.key_pages": 8001,
    "kameleoon.personalizations": 250001,
    "kameleoon.project_theme_configs": 501,
    "kameleoon.referrers": 4001,
    "kameleoon.rules": 20001,
    "kameleoon.segments": 60001,
    "kameleoon.sites": 21001,
    "kameleoon.studio_recommender_blocks": 901,
    "kameleoon.targeting_rules": 70001,
    "kameleoon.themes": 1101,
    "kameleoon.variations": 900001,
    "kameleoon.widget_studio_templates": 1301,
    "kameleoon.widget_studios": 1201,
    "kameleoon.widgets": 1401,
    "convert.audiences": 100400,
    "convert.experiences": 100200300,
    "convert.goals": 100300,
    "convert.projects": 10010,
    "convert.variations": 1000400500,
}


def new_key(store: Store, collection: str) -> int:
    """A number that no object of a collection has, or had."""
    return store.next_number(collection, FIRST.get(collection, 1))
