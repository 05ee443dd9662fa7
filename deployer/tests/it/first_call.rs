//! Messages for a failed first call to AWS: each cause has its own text and advice.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc;

use crate::support::program::{command, text, write};

const SPEC: &str = "\
project: shop
environment: dev
provider: { aws: { region: us-east-1, account: '111122223333' } }
state: { directory: state }
tables:
  numbers: { key: { partition: { id: S } } }
";

fn project() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    write(directory.path(), "config/dev.yaml", SPEC);
    directory
}

/// Returns the output of `plan` with these variables and no others for AWS or the network, and without this machine's own configuration.
fn plan(project: &Path, variables: &[(&str, &str)]) -> String {
    let mut command = command(project, &["plan", "--env", "dev"]);
    let foreign = |name: &str| name.starts_with("AWS_") || name.to_ascii_lowercase().ends_with("_proxy");
    for (name, _) in std::env::vars().filter(|(name, _)| foreign(name)) {
        command.env_remove(name);
    }
    command.env("HOME", project).env("AWS_EC2_METADATA_DISABLED", "true").envs(variables.iter().copied());
    let output = command.output().expect("the program runs");
    assert_ne!(output.status.code(), Some(0), "{variables:?}");
    text(&output.stdout) + &text(&output.stderr)
}

const KEY: (&str, &str) = ("AWS_ACCESS_KEY_ID", "111122223333");
const SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "x");

/// Starts a server that answers every request on its own port; returns the address and the first line of each request.
fn server(status: &'static str, content_type: &'static str, body: &'static str) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = [0; 4096];
            let read = stream.read(&mut head).unwrap_or_default();
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes());
            let _ = sender.send(head.lines().next().unwrap_or_default().to_owned());
        }
    });
    (address, lines)
}

/// Returns a port without a listener.
fn closed() -> String {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").to_string()
}

#[test]
fn proxy_of_the_environment_is_used_and_named() {
    let project = project();
    let aws = ("AWS_ENDPOINT_URL", "https://aws.invalid.example");
    for name in ["HTTPS_PROXY", "https_proxy"] {
        let (address, lines) = server("502 Bad Gateway", "text/plain", "");
        let proxy = format!("http://user:s3cret@{address}");
        let said = plan(project.path(), &[KEY, SECRET, aws, (name, &proxy)]);
        let asked: Vec<String> = lines.try_iter().collect();
        assert!(asked.iter().any(|line| line.starts_with("CONNECT aws.invalid.example:443")), "{name}: {said}");
        assert!(said.contains(&format!("check the proxy that {name} names")) && said.contains(&address), "{said}");
        assert!(!said.contains("s3cret") && !said.contains("give credentials"), "{said}");
        // Listed hosts bypass the proxy.
        let said = plan(project.path(), &[KEY, SECRET, aws, (name, &proxy), ("NO_PROXY", "invalid.example")]);
        assert_eq!(lines.try_iter().count(), 0, "{said}");
    }
}

#[test]
fn each_cause_has_its_own_text_and_advice() {
    let project = project();
    write(
        project.path(),
        ".aws/config",
        "[profile good]\nregion = us-east-1\n[profile late]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = dev\n\
         [sso-session s]\nsso_region = us-east-1\nsso_start_url = https://sso.example/start\n",
    );
    let error = |code: &str, message: &str| {
        let xml = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        );
        format!("http://{}", server("403 Forbidden", "text/xml", xml.leak()).0)
    };
    let unreachable = format!("http://{}", closed());
    let page = format!("http://{}", server("200 OK", "text/html", "<html>Welcome</html>").0);
    let missing = format!("http://{}", server("404 Not Found", "text/html", "<html>Nothing here</html>").0);
    let expired = error("ExpiredToken", "The security token included in the request is expired");
    let unknown = error("InvalidClientTokenId", "The security token included in the request is invalid.");
    let secret = error("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.");
    let clock = error("SignatureDoesNotMatch", "Signature expired: 20261123T100000Z is now earlier than 20261123T105500Z");
    let at = |url: &str| ("AWS_ENDPOINT_URL", url.to_owned());
    let key = || vec![(KEY.0, KEY.1.to_owned()), (SECRET.0, SECRET.1.to_owned())];
    let with = |url: &str| [key(), vec![at(url)]].concat();
    let bundle = project.path().join("config/dev.yaml").display().to_string();
    let cases = [
        ("unreachable", with(&unreachable), "check the network"),
        ("a page", with(&page), "something other than AWS answered"),
        ("a missing page", with(&missing), "something other than AWS answered"),
        ("no URL", with("localhost:4566"), "write it like http://127.0.0.1:4566"),
        ("expired", with(&expired), "renew the credentials"),
        ("unknown key", with(&unknown), "check AWS_ACCESS_KEY_ID"),
        ("secret key", with(&secret), "check AWS_SECRET_ACCESS_KEY"),
        ("clock", with(&clock), "correct this machine's clock"),
        ("nothing", vec![at(&unreachable)], "give credentials"),
        ("profile", vec![at(&unreachable), ("AWS_PROFILE", "nobody".to_owned())], "aws configure list-profiles"),
        ("not logged in", vec![at(&unreachable), ("AWS_PROFILE", "late".to_owned())], "renew the credentials"),
        ("bundle", [with("https://aws.invalid.example"), vec![("AWS_CA_BUNDLE", bundle)]].concat(), "make AWS_CA_BUNDLE name"),
    ];
    for (name, variables, help) in cases {
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let said = plan(project.path(), &variables);
        let advice: Vec<&str> = said.lines().filter(|line| line.trim_start().starts_with("help:")).collect();
        assert_eq!(advice.len(), 1, "{name}: {said}");
        assert!(advice[0].contains(help), "{name}: {said}");
        assert!(!said.contains("panicked"), "{name}: {said}");
    }
}
