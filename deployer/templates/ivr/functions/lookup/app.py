"""The function that the contact flow calls: it looks the caller up."""

import json

# In place of a database.
CALLERS = {"+18005550123": "Ada"}


def handler(event, context):
    """Returns strings only, because the flow asks for a STRING_MAP."""
    endpoint = event.get("Details", {}).get("ContactData", {}).get("CustomerEndpoint") or {}
    name = CALLERS.get(endpoint.get("Address"))
    print(json.dumps({"known": name is not None}))
    return {"known": "yes", "name": name} if name else {"known": "no"}
