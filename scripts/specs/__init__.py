"""Vendor spec and overlays to effective spec."""

import os

# The errors of jsonschema say what is wrong and where. Those of jsonschema-rs, which openapi-spec-validator prefers
# where it happens to be installed, do not.
os.environ["OPENAPI_SPEC_VALIDATOR_SCHEMA_VALIDATOR_BACKEND"] = "jsonschema"
