//! A function, an API that invokes it under its own domain, and their clients.

use std::io::{Cursor, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use zip::write::SimpleFileOptions;

use crate::Failure;
use crate::client::Reported;
use crate::wire::{ACCOUNT, Broken, REGION, Request, Wire};

const DOMAIN: &str = "api.voice.example";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const LOGS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}"#;

/// Runs the function: it answers every event with the number in its path, in the format of an API.
pub(crate) async fn bootstrap() -> Result<(), Failure> {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API")?;
    let mut sender = connect(TcpStream::connect(&api).await?).await?;
    let base = "/2018-06-01/runtime/invocation";
    loop {
        let next = http::Request::get(format!("{base}/next")).header("host", &api).body(Full::default())?;
        let event = sender.send_request(next).await?;
        let id = event.headers()["lambda-runtime-aws-request-id"].to_str()?.to_owned();
        let event: Value = serde_json::from_slice(&event.into_body().collect().await?.to_bytes())?;
        let number = &event["pathParameters"]["number"];
        let answer = json!({"statusCode": 200, "body": number.as_str().unwrap_or_default()}).to_string();
        let respond = http::Request::post(format!("{base}/{id}/response")).header("host", &api).body(Full::from(answer))?;
        sender.ready().await?;
        sender.send_request(respond).await?.into_body().collect().await?;
        sender.ready().await?;
    }
}

async fn connect(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Returns a zip with this program, which a function's process could not read anywhere else, and a bootstrap that starts it.
fn archive() -> Result<String, Failure> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let executable = SimpleFileOptions::default().unix_permissions(0o755);
    zip.start_file("bootstrap", executable)?;
    zip.write_all(b"#!/bin/sh\nexec ./load bootstrap\n")?;
    zip.start_file("load", executable)?;
    zip.write_all(&std::fs::read(std::env::current_exe()?)?)?;
    Ok(BASE64_STANDARD.encode(zip.finish()?.into_inner()))
}

async fn done(wire: &mut Wire, request: Request<'_>) -> Result<Value, Failure> {
    let what = format!("{} {} {} {}", request.0, request.1, request.2, request.3);
    let (status, answer) = wire.ask(request).await.map_err(|_| "no connection")?;
    if !(200..300).contains(&status) {
        return Err(format!("{what}: {status} {answer}").into());
    }
    Ok(serde_json::from_str(&answer).unwrap_or(Value::String(answer)))
}

fn text<'a>(answer: &'a Value, member: &str) -> Result<&'a str, Failure> {
    answer[member].as_str().ok_or_else(|| format!("no {member} in {answer}").into())
}

/// Deploys everything, and returns the domain's certificate.
pub(crate) async fn deploy(address: SocketAddr) -> Result<String, Failure> {
    let wire = &mut Wire::connect(address).await.map_err(|_| "no connection")?;
    let form = |action: &str, parameters: [(&str, &str); 2]| {
        let encoded = |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let rest: String = parameters.iter().map(|(name, value)| format!("&{name}={}", encoded(value))).collect();
        ("iam", "POST", "/", "", format!("Action={action}&Version=2010-05-08&RoleName=convert{rest}"))
    };
    done(wire, form("CreateRole", [("AssumeRolePolicyDocument", TRUST), ("Path", "/")])).await?;
    done(wire, form("PutRolePolicy", [("PolicyName", "logs"), ("PolicyDocument", LOGS)])).await?;
    let function = json!({"FunctionName": "convert", "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 30,
        "Role": format!("arn:aws:iam::{ACCOUNT}:role/convert"), "Code": {"ZipFile": archive()?}});
    done(wire, ("lambda", "POST", "/2015-03-31/functions", "", function.to_string())).await?;
    let permission = json!({"StatementId": "api", "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"});
    done(wire, ("lambda", "POST", "/2015-03-31/functions/convert/policy", "", permission.to_string())).await?;
    let function = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:convert");
    let uri = format!("arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations");
    let integration = json!({"type": "aws_proxy", "httpMethod": "POST", "uri": uri});
    let get = json!({"get": {"responses": {}, "x-amazon-apigateway-integration": integration}});
    let document = json!({"openapi": "3.0.1", "info": {"title": "numbers"}, "paths": {"/numbers/{number}": get}}).to_string();
    let import = "/restapis?mode=import&endpointConfigurationTypes=REGIONAL";
    let api = done(wire, ("apigateway", "POST", import, "", document)).await?;
    let api = text(&api, "id")?;
    let live = json!({"stageName": "live"}).to_string();
    done(wire, ("apigateway", "POST", &format!("/restapis/{api}/deployments"), "", live)).await?;
    domain(wire, api).await
}

/// Creates the domain with two mappings of the API: to its one stage, and to all stages.
async fn domain(wire: &mut Wire, api: &str) -> Result<String, Failure> {
    let key = rcgen::KeyPair::generate()?;
    let pem = rcgen::CertificateParams::new(vec![DOMAIN.to_owned()])?.self_signed(&key)?.pem();
    let encoded = |text: &str| BASE64_STANDARD.encode(text);
    let import = json!({"Certificate": encoded(&pem), "PrivateKey": encoded(&key.serialize_pem())}).to_string();
    let imported = done(wire, ("acm", "POST", "/", "CertificateManager.ImportCertificate", import)).await?;
    let domain = json!({"domainName": DOMAIN, "regionalCertificateArn": text(&imported, "CertificateArn")?,
        "endpointConfiguration": {"types": ["REGIONAL"]}});
    done(wire, ("apigateway", "POST", "/domainnames", "", domain.to_string())).await?;
    let mappings = format!("/domainnames/{DOMAIN}/basepathmappings");
    for mapping in [json!({"basePath": "one", "restApiId": api, "stage": "live"}), json!({"basePath": "all", "restApiId": api})] {
        done(wire, ("apigateway", "POST", &mappings, "", mapping.to_string())).await?;
    }
    Ok(pem)
}

/// A client of the API: a persistent connection over TLS with certificate verification.
pub(crate) struct Caller {
    sender: SendRequest<Full<Bytes>>,
    pub(crate) reported: Reported,
}

impl Caller {
    pub(crate) async fn connect(apis: SocketAddr, pem: &str) -> Result<Self, Failure> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes())?)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        let stream = TcpStream::connect(apis).await?;
        stream.set_nodelay(true)?;
        let stream = tokio_rustls::TlsConnector::from(config).connect(ServerName::try_from(DOMAIN)?, stream).await?;
        Ok(Self { sender: connect(stream).await?, reported: Reported::default() })
    }

    /// Sends one request, through the mapping of the stage or through that of all stages.
    pub(crate) async fn step(&mut self, n: u64) -> Result<(), Failure> {
        let (what, path) = match n % 2 {
            0 => ("GET, domain and stage", "one"),
            _ => ("GET, domain, any stage", "all/live"),
        };
        let request = http::Request::get(format!("/{path}/numbers/{n}")).header("host", DOMAIN).body(Full::default())?;
        let started = Instant::now();
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        self.reported.note(what, started);
        self.reported.invocations += 1;
        if status != 200 || body != n.to_string() {
            self.reported.errors.push(format!("{what}: {status} {}", String::from_utf8_lossy(&body)));
        }
        Ok(())
    }
}

/// A client of the function.
pub(crate) struct Invoker {
    pub(crate) wire: Wire,
    pub(crate) reported: Reported,
}

impl Invoker {
    pub(crate) async fn step(&mut self, n: u64) -> Result<(), Broken> {
        let event = json!({"pathParameters": {"number": n.to_string()}}).to_string();
        let started = Instant::now();
        let (status, answer) = self.wire.ask(("lambda", "POST", "/2015-03-31/functions/convert/invocations", "", event)).await?;
        self.reported.note("Invoke", started);
        self.reported.invocations += 1;
        let answer: Value = serde_json::from_str(&answer).unwrap_or(Value::String(answer));
        if status != 200 || answer["body"].as_str() != Some(n.to_string().as_str()) {
            self.reported.errors.push(format!("Invoke: {status} {answer}"));
        }
        Ok(())
    }
}
