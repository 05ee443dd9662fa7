//! API Gateway through the real SDK, and deployed APIs through real TLS.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::error::ProvideErrorMetadata;
use aws_sdk_apigateway::primitives::Blob;
use aws_sdk_apigateway::types::{DomainNameStatus, EndpointConfiguration, EndpointType, Op, PatchOperation, PutMode};
use deployer_emulator::server::api::serve_apis;
use deployer_emulator::server::listener::Listener;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::fresh::{ACCOUNT, REGION, TestEmulator, fresh};
use crate::support::function;

pub(crate) const DOMAIN: &str = "api.voice.example";

pub(crate) fn code_of<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    answer: Result<T, aws_sdk_apigateway::error::SdkError<E, R>>,
) -> (String, String) {
    let error = answer.expect_err("a refusal");
    (error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned())
}

pub(crate) fn integration(function: &str) -> Value {
    json!({"type": "aws_proxy", "httpMethod": "POST",
        "uri": format!("arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations")})
}

fn document() -> Value {
    let function = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:f");
    let operation =
        json!({"responses": {"200": {"description": "good"}}, "x-amazon-apigateway-integration": integration(&function)});
    json!({"openapi": "3.0.1", "info": {"title": "numbers", "version": "1"}, "paths": {
        "/vanity-numbers/{phone}": {"get": operation},
        "/broken": {"get": operation},
        "/all/{proxy+}": {"x-amazon-apigateway-any-method": operation},
    }})
}

pub(crate) async fn import(gateway: &Client, document: &Value) -> String {
    let import = gateway.import_rest_api().parameters("endpointConfigurationTypes", "REGIONAL");
    let api = import.body(Blob::new(document.to_string())).send().await.expect("an API");
    assert_eq!(
        api.endpoint_configuration().map(|configuration| configuration.types()),
        Some([EndpointType::Regional].as_slice())
    );
    api.id.expect("an id")
}

pub(crate) async fn deploy(gateway: &Client, api: &str) -> String {
    let deployment = gateway.create_deployment().rest_api_id(api).send().await.expect("a deployment").id.expect("an id");
    gateway.create_stage().rest_api_id(api).stage_name("live").deployment_id(&deployment).send().await.expect("a stage");
    deployment
}

pub(crate) fn replace(path: &str, value: &str) -> PatchOperation {
    PatchOperation::builder().op(Op::Replace).path(path).value(value).build()
}

/// Imports a certificate for the domain, and returns its PEM and its ARN.
async fn certificate(fresh: &TestEmulator) -> (String, String) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::new(vec![DOMAIN.to_owned()]).expect("a domain");
    params.not_before = time::macros::datetime!(2026-11-20 0:00 UTC);
    params.not_after = time::macros::datetime!(2027-02-20 0:00 UTC);
    let pem = params.self_signed(&key).expect("a certificate").pem();
    let acm = aws_sdk_acm::Client::new(&fresh.config);
    let import = acm.import_certificate().certificate(Blob::new(pem.clone()));
    let imported = import.private_key(Blob::new(key.serialize_pem())).send().await.expect("imported");
    (pem, imported.certificate_arn.expect("an ARN"))
}

pub(crate) async fn domain(fresh: &TestEmulator, gateway: &Client, api: &str) -> String {
    let (pem, arn) = certificate(fresh).await;
    let regional = EndpointConfiguration::builder().types(EndpointType::Regional).build();
    let create = gateway.create_domain_name().domain_name(DOMAIN).regional_certificate_arn(arn).endpoint_configuration(regional);
    create.send().await.expect("a domain");
    gateway.create_base_path_mapping().domain_name(DOMAIN).rest_api_id(api).stage("live").send().await.expect("a mapping");
    fresh.clock.advance(Duration::from_secs(60));
    pem
}

/// The time of the tests' clock, so that a certificate of that time is valid.
#[derive(Debug)]
struct Then;

impl rustls::time_provider::TimeProvider for Then {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(1_795_428_000)))
    }
}

/// Sends one request over TLS with certificate verification; returns the status and the body.
async fn request(listener: &Listener, pem: &str, method: &str, path: &str, host: &str) -> (u16, String) {
    let text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    let answer = exchange(listener, pem, &text).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    (head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status"), body.to_owned())
}

/// Sends this text over TLS with certificate verification, and returns the response.
pub(crate) async fn exchange(listener: &Listener, pem: &str, text: &str) -> String {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")).expect("a root");
    let config = rustls::ClientConfig::builder_with_details(Arc::new(rustls::crypto::ring::default_provider()), Arc::new(Then))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(listener.address).await.expect("a connection");
    let name = ServerName::try_from(DOMAIN).expect("a name");
    let mut stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("a handshake");
    stream.write_all(text.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    // An end without a closing alert is accepted, too.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).expect("text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deployed_api_answers_over_tls_with_permission() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 30, &[]).await;
    let gateway = Client::new(&fresh.config);
    let api = import(&gateway, &document()).await;
    let deployment = deploy(&gateway, &api).await;
    let pem = domain(&fresh, &gateway, &api).await;
    let listener = serve_apis(Arc::clone(&fresh.emulator), 0).await.expect("a listener");
    let get = async |method: &str, path: &str| request(&listener, &pem, method, path, DOMAIN).await;
    assert_eq!(get("GET", "/vanity-numbers/1").await, (500, json!({"message": "Internal server error"}).to_string()));
    let add = lambda.add_permission().function_name("f").statement_id("api").action("lambda:InvokeFunction");
    let source = format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*");
    add.principal("apigateway.amazonaws.com").source_arn(source).send().await.expect("a permission");

    let (status, body) = get("GET", "/vanity-numbers/+18003569377?a=1&a=2").await;
    assert_eq!(status, 200);
    let event: Value = serde_json::from_str(&body).expect("the event");
    assert_eq!(event["resource"], "/vanity-numbers/{phone}");
    assert_eq!(event["pathParameters"], json!({"phone": "+18003569377"}));
    assert_eq!(event["queryStringParameters"], json!({"a": "2"}));
    assert_eq!(event["multiValueQueryStringParameters"], json!({"a": ["1", "2"]}));
    assert_eq!((&event["body"], &event["stageVariables"]), (&Value::Null, &Value::Null));
    assert_eq!(event["requestContext"]["deploymentId"], deployment);
    assert_eq!(event["requestContext"]["domainName"], DOMAIN);
    assert_eq!(event["headers"]["Accept"], "*/*");

    assert_eq!(get("PUT", "/all/a/b").await.0, 200);
    assert_eq!(get("GET", "/broken").await, (502, json!({"message": "Internal server error"}).to_string()));
    let unknown = (403, json!({"message": "Missing Authentication Token"}).to_string());
    assert_eq!(get("GET", "/nothing").await, unknown);
    assert_eq!(get("POST", "/vanity-numbers/1").await, unknown);
    let forbidden = (403, json!({"message": "Forbidden"}).to_string());
    assert_eq!(request(&listener, &pem, "GET", "/vanity-numbers/1", "other.voice.example").await, forbidden);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_hold_what_the_client_wrote() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 30, &[]).await;
    let gateway = Client::new(&fresh.config);
    let api = import(&gateway, &document()).await;
    deploy(&gateway, &api).await;
    let pem = domain(&fresh, &gateway, &api).await;
    let listener = serve_apis(Arc::clone(&fresh.emulator), 0).await.expect("a listener");
    let add = lambda.add_permission().function_name("f").statement_id("api").action("lambda:InvokeFunction");
    add.principal("apigateway.amazonaws.com").send().await.expect("a permission");
    // Two requests on one connection: each has its own spelling, and a body is not a head.
    let one = "POST //all/a//b%2F/?q=1;r=%3B HTTP/1.1\r\nHost: api.voice.example\r\nx-tWo: 1\r\nTE: trailers\r\nUser-agent: me\r\n\
               Content-Length: 9\r\n\r\nX-TWO: no";
    let two = "GET /all/x HTTP/1.1\r\nHost: api.voice.example\r\nX-two: 2\r\nConnection: close\r\n\r\n";
    let answer = exchange(&listener, &pem, &format!("{one}{two}")).await;
    let events: Vec<Value> = answer
        .split("HTTP/1.1 200 OK")
        .skip(1)
        .map(|answer| serde_json::from_str(answer.split_once("\r\n\r\n").expect("a body").1).expect("an event"))
        .collect();
    let [first, second] = events.as_slice() else { panic!("{answer}") };
    assert_eq!((&first["headers"]["x-tWo"], &first["headers"]["User-agent"]), (&json!("1"), &json!("me")));
    assert_eq!((&first["headers"]["TE"], &first["headers"]["te"]), (&Value::Null, &Value::Null));
    assert_eq!(first["multiValueHeaders"]["x-tWo"], json!(["1"]));
    assert_eq!(first["pathParameters"], json!({"proxy": "a//b%2F"}));
    assert_eq!((&first["path"], &first["requestContext"]["path"]), (&json!("/all/a//b%2F/"), &json!("//all/a//b%2F/")));
    assert_eq!(first["queryStringParameters"], json!({"q": "1", "r": ";"}));
    assert_eq!(first["requestContext"]["identity"]["userAgent"], "me");
    assert_eq!(second["pathParameters"], json!({"proxy": "x"}));
    assert!(second["headers"].as_object().is_some_and(|all| all.keys().any(|name| name.eq_ignore_ascii_case("x-two"))));
}

#[tokio::test]
async fn stages_with_mappings_stay() {
    let fresh = fresh();
    let gateway = Client::new(&fresh.config);
    let api = import(&gateway, &document()).await;
    let deployment = deploy(&gateway, &api).await;
    domain(&fresh, &gateway, &api).await;
    let next = gateway.create_stage().rest_api_id(&api).stage_name("next").deployment_id(&deployment);
    next.send().await.expect("a stage");
    let delete = async |stage: &str| gateway.delete_stage().rest_api_id(&api).stage_name(stage).send().await;
    let refused = |stage: &str| {
        let why = "Please remove all base path mappings related to the stage in your domains.";
        ("BadRequestException".to_owned(), format!("Deleting stage {stage} failed. {why}"))
    };
    assert_eq!(code_of(delete("live").await), refused("live"));
    let moved = gateway.update_base_path_mapping().domain_name(DOMAIN).base_path("(none)");
    moved.patch_operations(replace("/stage", "next")).send().await.expect("moved");
    delete("live").await.expect("free");
    assert_eq!(code_of(delete("next").await), refused("next"));
    gateway.delete_base_path_mapping().domain_name(DOMAIN).base_path("(none)").send().await.expect("deleted");
    delete("next").await.expect("free");
}

#[tokio::test]
async fn deployment_is_immutable_while_a_stage_uses_it() {
    let fresh = fresh();
    let gateway = Client::new(&fresh.config);
    let api = import(&gateway, &document()).await;
    let deployment = deploy(&gateway, &api).await;
    let other = json!({"openapi": "3.0.1", "info": {"title": "other"}, "paths": {}});
    let put = gateway.put_rest_api().rest_api_id(&api).mode(PutMode::Overwrite).body(Blob::new(other.to_string()));
    assert_eq!(put.send().await.expect("put").name(), Some("other"));
    let resources = gateway.get_resources().rest_api_id(&api).send().await.expect("resources");
    assert_eq!(resources.items().iter().filter_map(|resource| resource.path()).collect::<Vec<_>>(), ["/"]);
    let read =
        gateway.get_deployment().rest_api_id(&api).deployment_id(&deployment).embed("apisummary").send().await.expect("it");
    assert_eq!(read.api_summary().map(|paths| paths.len()), Some(3));
    let (code, message) = code_of(gateway.delete_deployment().rest_api_id(&api).deployment_id(&deployment).send().await);
    assert_eq!(code, "BadRequestException");
    assert_eq!(message, "Active stages pointing to this deployment must be moved or deleted");
    let empty = gateway.create_deployment().rest_api_id(&api).send().await;
    assert_eq!(code_of(empty).1, "The REST API doesn't contain any methods");
}

#[tokio::test]
async fn invalid_document_changes_nothing() {
    let fresh = fresh();
    let gateway = Client::new(&fresh.config);
    let api = import(&gateway, &document()).await;
    let before = gateway.get_resources().rest_api_id(&api).send().await.expect("resources").items().len();
    let with = |path: &str, extension: Value| json!({"openapi": "3.0.1", "info": {"title": "t"}, "paths": {path: {"get": {"x-amazon-apigateway-integration": extension}}}});
    let mut late = integration(&format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"));
    late["timeoutInMillis"] = json!(29_001);
    for (document, code) in [
        (json!({}), "BadRequestException"),
        (with("/a/x{y}", integration("arn:aws:lambda:r:a:function:f")), "BadRequestException"),
        (with("/a", integration("f")), "BadRequestException"),
        (with("/a", late), "BadRequestException"),
        (with("/a", json!({"type": "http", "uri": "https://voice.example"})), "NotImplemented"),
    ] {
        let put = gateway.put_rest_api().rest_api_id(&api).mode(PutMode::Overwrite).body(Blob::new(document.to_string()));
        assert_eq!(code_of(put.send().await).0, code, "{document}");
    }
    let after = gateway.get_resources().rest_api_id(&api).send().await.expect("resources").items().len();
    assert_eq!(before, after);
}

#[tokio::test]
async fn patches_are_validated_and_atomic() {
    let fresh = fresh();
    let gateway = Client::new(&fresh.config);
    let api = import(&gateway, &document()).await;
    deploy(&gateway, &api).await;
    let update = || gateway.update_stage().rest_api_id(&api).stage_name("live");
    let good = replace("/description", "changed");
    for bad in [
        replace("/nothing", "x"),
        replace("/tracingEnabled", "maybe"),
        replace("/*/*/throttling/rateLimit", "fast"),
        replace("/deploymentId", "none"),
        replace("/accessLogSettings/format", "$context.requestId"),
    ] {
        let (code, _) = code_of(update().patch_operations(good.clone()).patch_operations(bad).send().await);
        assert!(["BadRequestException", "NotFoundException"].contains(&code.as_str()), "{code}");
    }
    let stage = gateway.get_stage().rest_api_id(&api).stage_name("live").send().await.expect("the stage");
    assert_eq!(stage.description(), None);
    let update =
        update().patch_operations(good).patch_operations(replace("/~1vanity-numbers~1{phone}/GET/throttling/burstLimit", "5"));
    let stage = update.send().await.expect("good patches");
    let settings = &stage.method_settings().expect("settings")["~1vanity-numbers~1{phone}/GET"];
    assert_eq!((settings.throttling_burst_limit(), settings.throttling_rate_limit()), (5, -1.0));
}

#[tokio::test]
async fn mapping_and_domain_block_deletions() {
    let fresh = fresh();
    let gateway = Client::new(&fresh.config);
    let api = import(&gateway, &document()).await;
    deploy(&gateway, &api).await;
    domain(&fresh, &gateway, &api).await;
    let read = gateway.get_domain_name().domain_name(DOMAIN).send().await.expect("the domain");
    assert_eq!(read.domain_name_status(), Some(&DomainNameStatus::Available));
    let arn = read.regional_certificate_arn().expect("a certificate").to_owned();
    let (code, message) = code_of(gateway.delete_rest_api().rest_api_id(&api).send().await);
    assert_eq!(code, "BadRequestException");
    assert!(message.ends_with(&format!("in your domains: {DOMAIN}.")), "{message}");
    let mapping = gateway.get_base_path_mapping().domain_name(DOMAIN).base_path("(none)").send().await.expect("the mapping");
    assert_eq!(mapping.base_path(), Some("(none)"));
    gateway.delete_base_path_mapping().domain_name(DOMAIN).base_path("(none)").send().await.expect("deleted");
    gateway.delete_domain_name().domain_name(DOMAIN).send().await.expect("deleted");
    let acm = aws_sdk_acm::Client::new(&fresh.config);
    let delete = async || acm.delete_certificate().certificate_arn(&arn).send().await;
    let error = delete().await.expect_err("still in use");
    assert_eq!(ProvideErrorMetadata::code(&error), Some("ResourceInUseException"));
    fresh.clock.advance(Duration::from_secs(600));
    delete().await.expect("free at last");
    gateway.delete_rest_api().rest_api_id(&api).send().await.expect("deleted");
}

#[tokio::test]
async fn domain_requires_a_matching_certificate() {
    let fresh = fresh();
    let gateway = Client::new(&fresh.config);
    let (_, arn) = certificate(&fresh).await;
    let regional = || EndpointConfiguration::builder().types(EndpointType::Regional).build();
    let create = |name: &str, arn: &str| {
        gateway.create_domain_name().domain_name(name).regional_certificate_arn(arn).endpoint_configuration(regional())
    };
    assert_eq!(code_of(create("other.voice.example", &arn).send().await).0, "BadRequestException");
    let foreign = arn.replace(ACCOUNT, "444455556666");
    let (_, message) = code_of(create(DOMAIN, &foreign).send().await);
    assert_eq!(message, "The certificate provided must be owned by the account creating the domain.");
    let edge = gateway.create_domain_name().domain_name(DOMAIN).certificate_arn(&arn).endpoint_configuration(regional());
    assert_eq!(code_of(edge.send().await).1, "Cannot import certificates for EDGE while REGIONAL is active.");
    create(DOMAIN, &arn).send().await.expect("a domain");
    assert_eq!(code_of(create(DOMAIN, &arn).send().await).1, "The domain name you provided already exists.");
}

#[tokio::test]
async fn long_lists_are_paged() {
    let fresh = fresh();
    let gateway = Client::new(&fresh.config);
    let mut made: Vec<String> = Vec::new();
    for n in 0..60 {
        made.push(gateway.create_rest_api().name(format!("api{n}")).send().await.expect("an API").id.expect("an id"));
    }
    let first = gateway.get_rest_apis().send().await.expect("a page");
    assert_eq!(first.items().len(), 25);
    let pages = gateway.get_rest_apis().into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.expect("all");
    let mut listed: Vec<String> = pages.into_iter().filter_map(|api| api.id).collect();
    made.sort();
    listed.sort();
    assert_eq!(made, listed);
}

#[tokio::test]
async fn method_and_integration_method_are_independent() {
    let fresh = fresh();
    let gateway = Client::new(&fresh.config);
    let api = gateway.create_rest_api().name("api").send().await.expect("an API");
    let (id, root) = (api.id.expect("an id"), api.root_resource_id.expect("a root"));
    let method = gateway.put_method().rest_api_id(&id).resource_id(&root).http_method("GET").authorization_type("NONE");
    method.send().await.expect("a method");
    let put = || {
        let uri = format!(
            "arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/arn:aws:lambda:{REGION}:{ACCOUNT}:function:f/invocations"
        );
        let put = gateway.put_integration().rest_api_id(&id).resource_id(&root).http_method("GET");
        put.r#type(aws_sdk_apigateway::types::IntegrationType::AwsProxy).uri(uri)
    };
    assert_eq!(put().integration_http_method("POST").send().await.expect("an integration").http_method(), Some("POST"));
    assert_eq!(
        code_of(put().send().await),
        ("BadRequestException".into(), "Enumeration value for HttpMethod must be non-empty".into())
    );
}
