"""Prints the OpenAPI document, for `npm run api:types`."""

import json

from main import app

print(json.dumps(app.openapi(), indent=2))
