"""What AWS does, service by service. Importing a module registers its checks.

Sources: `BC svc.X` is shape or operation X of the published service model (botocore), the rest names the page.
"""

from . import absent, acm, apigateway, apigateway_keys, connect, connect_life, connect_transfer, connect_workspace, dynamodb_items, dynamodb_tables, iam, iam_pipeline, lambda_, logs, route53, s3, s3_objects, sts, tagging  # noqa: F401
