#!/usr/bin/env python3
"""moto, with what it does otherwise than AWS and what stops the deployer put right.

    python3 deployer/tests/moto_server.py PORT

moto calls the answer to GetBucketVersioning by another name than S3 (`VersioningConfiguration`, S3 API reference), which the Rust
SDK does not read; it fails with a KeyError on GetBasePathMapping for a domain that has had none, and on GetDeployment for one that
is gone; its import of OpenAPI leaves an integration's type as it is written there, `aws_proxy`, which API Gateway gives as
`AWS_PROXY` (SDK model, IntegrationType), and does not read `security`, by which a method asks for a key (API Gateway developer
guide, "x-amazon-apigateway-api-key-source property"); DescribeTimeToLive of a table that is gone fails with `ResourceNotFound` instead of
`ResourceNotFoundException` (DynamoDB API reference). Nothing else is changed.
"""

import sys
from moto.apigateway.exceptions import DeploymentNotFoundException
from moto.apigateway.models import APIGatewayBackend, Resource, RestAPI
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
from werkzeug.wrappers import Response

look = APIGatewayBackend.get_base_path_mapping

def mapping(self, domain, path):
    self.base_path_mappings.setdefault(domain, {})
    return look(self, domain, path)

def deployment(self, deployment_id):
    if deployment_id not in self.deployments:
        raise DeploymentNotFoundException()
    return self.deployments[deployment_id]

add = Resource.add_integration

def integration(self, method, kind, *arguments, **named):
    return add(self, method, kind.upper(), *arguments, **named)

put = APIGatewayBackend.put_rest_api

def imported(self, function_id, api_doc, *arguments, **named):
    api = put(self, function_id, api_doc, *arguments, **named)
    schemes = api_doc.get("components", {}).get("securitySchemes", {})
    keys = {name for name, scheme in schemes.items() if scheme["type"] == "apiKey" and scheme["name"] == "x-api-key"}
    for path, methods in api_doc["paths"].items():
        for method, document in methods.items():
            asked = {name for requirement in document.get("security", []) for name in requirement}
            api.get_resource_for_path(path).resource_methods[method.upper()].api_key_required = bool(asked & keys)
    return api

APIGatewayBackend.put_rest_api = imported
APIGatewayBackend.get_base_path_mapping = mapping
RestAPI.get_deployment = deployment
Resource.add_integration = integration
application = DomainDispatcherApplication(create_backend_app)

def renamed(environ, start):
    response = Response.from_app(application, environ)
    response.set_data(response.get_data().replace(b"<GetBucketVersioningResponse", b"<VersioningConfiguration")
                      .replace(b"</GetBucketVersioningResponse", b"</VersioningConfiguration")
                      .replace(b'"__type": "ResourceNotFound"', b'"__type": "ResourceNotFoundException"'))
    if response.headers.get("x-amzn-errortype") == "ResourceNotFound":
        response.headers["x-amzn-errortype"] = "ResourceNotFoundException"
    return response(environ, start)

run_simple("127.0.0.1", int(sys.argv[1]), renamed, threaded=True)
