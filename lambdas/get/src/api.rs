//! Handling of the API's requests.

use std::future::Future;

use serde_json::{Value, json};
use table::{Item, Span, Table, Tracer};
use vanity::{Number, VanityNumber, best_five};

use crate::log::LogLine;
use crate::page;
use crate::request::{Request, Route, phone};
use crate::response::Response;

/// Number of recent callers that are shown.
const RECENT: u8 = 5;
/// A minute in milliseconds.
const MINUTE: u64 = 60_000;

/// A store of callers. Errors contain all known details but no phone number.
pub(crate) trait Store {
    /// Returns one caller, as of `now` in milliseconds since 1970.
    fn caller(&self, number: &Number, now: u64) -> impl Future<Output = Result<Option<Item>, String>> + Send;

    /// Returns the most recent callers as of `now`, latest first, at most `limit`.
    fn recent(&self, limit: u8, now: u64) -> impl Future<Output = Result<Vec<Item>, String>> + Send;
}

impl Store for Table {
    async fn caller(&self, number: &Number, now: u64) -> Result<Option<Item>, String> {
        Self::caller(self, number, now).await
    }

    async fn recent(&self, limit: u8, now: u64) -> Result<Vec<Item>, String> {
        Self::recent(self, limit, now).await
    }
}

/// The API over a store.
pub(crate) struct Api<S> {
    pub(crate) store: S,
    pub(crate) tracer: Tracer,
    /// Name of the Lambda function.
    pub(crate) function: String,
    /// Returns the milliseconds since 1970.
    pub(crate) now: fn() -> u64,
}

impl<S: Store> Api<S> {
    /// Answers a request; a failure of the store is a 500, whose details are logged but not returned.
    pub(crate) async fn answer(&self, request: &Request, trace: Option<&str>) -> Response {
        let (response, line) = self.handle(request, trace).await;
        println!("{line}");
        response
    }

    /// Returns the response and the log line.
    async fn handle(&self, request: &Request, trace: Option<&str>) -> (Response, Value) {
        let started = (self.now)();
        let (number, answer) = match &request.route {
            _ if request.method != "GET" && request.method != "HEAD" => (None, Ok(only_reading())),
            Route::Page => (None, Ok(page::response())),
            Route::Recent => (None, self.recent(request.is_identified, trace).await),
            Route::Nothing => (None, Ok(not_found("there is /vanity-numbers and /vanity-numbers/{phone}"))),
            Route::Caller(written) => match phone(written) {
                Ok(number) => (Some(number), self.caller(&number, request.is_identified, trace).await),
                Err(reason) => (None, Ok(Response::problem(400, "Bad Request", &reason.to_string()))),
            },
        };
        let error = answer.as_ref().err().cloned();
        let response = match answer {
            Ok(response) if response.status_code == 200 => response.with_etag(request.if_none_match.as_deref()),
            Ok(response) => response,
            Err(_) => Response::problem(500, "Internal Server Error", "the saved numbers could not be read; try again later"),
        };
        let line = LogLine {
            at: started,
            function: &self.function,
            route: request.route.name(),
            status: response.status_code,
            number: number.map(|number| number.masked()),
            trace,
            milliseconds: (self.now)().saturating_sub(started),
            error: error.map(|error| number.map_or(error.clone(), |number| number.masked_in(&error))),
        };
        (response, line.json())
    }

    /// Returns a caller; a client without an API key or credentials does not see when and how often the number has called.
    async fn caller(&self, number: &Number, is_identified: bool, trace: Option<&str>) -> Result<Response, String> {
        let item = self.traced("GetItem", trace, self.store.caller(number, (self.now)())).await?;
        let unknown = || not_found("no call from this number has been saved");
        Ok(item.map_or_else(unknown, |item| {
            let mut body = with_display(&item, number);
            if let (false, Value::Object(body)) = (is_identified, &mut body) {
                body.remove("calls");
                body.remove("updated_at");
            }
            Response::json(&body)
        }))
    }

    /// Returns the recent callers without their vanity numbers, since a vanity number reveals the number. Times are truncated
    /// to whole minutes: finer ones would reveal which of several numbers with the same last digits called. Only clients with
    /// an API key or credentials get counts.
    async fn recent(&self, is_identified: bool, trace: Option<&str>) -> Result<Response, String> {
        let items = self.traced("Query", trace, self.store.recent(RECENT, (self.now)())).await?;
        let masked = |item: &Item| {
            let number = Number::parse(&item.id).map_or_else(|_| "unknown".to_owned(), |number| number.masked());
            let minute = item.updated_at / MINUTE * MINUTE;
            let mut body = json!({"id": number, "word_count": item.word_count, "updated_at": minute});
            if is_identified {
                body["calls"] = item.calls.into();
            }
            body
        };
        Ok(Response::json(&json!({"callers": items.iter().map(masked).collect::<Vec<_>>()})))
    }

    async fn traced<T>(
        &self,
        operation: &'static str,
        trace: Option<&str>,
        call: impl Future<Output = Result<T, String>>,
    ) -> Result<T, String> {
        let started = (self.now)();
        let result = call.await;
        self.tracer.emit(trace, &Span { operation, started, ended: (self.now)(), failed: result.is_err() });
        result
    }
}

/// Returns the item with its ranked vanity numbers in display form, such as `1-800-FLOW-ERR`. One that the current word list
/// no longer produces is shown as it was saved.
fn with_display(item: &Item, number: &Number) -> Value {
    let today: Vec<VanityNumber> = best_five(number).ranked().collect();
    let display = |saved: &String| match today.iter().find(|form| form.as_str() == saved) {
        Some(form) => form.display(),
        None => saved.trim_start_matches('+').to_owned(),
    };
    let mut body = json!(item);
    body["display"] = item.ranked.iter().map(display).collect();
    body
}

fn only_reading() -> Response {
    Response::problem(405, "Method Not Allowed", "this API only reads; use GET").with("allow", "GET, HEAD")
}

fn not_found(detail: &str) -> Response {
    Response::problem(404, "Not Found", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// A fake store with one caller, or one that fails.
    struct Double {
        fails: bool,
    }

    fn saved() -> Item {
        let forms = |texts: [&str; 2]| texts.map(str::to_owned).to_vec();
        Item {
            id: "+18003569377".into(),
            vanity_numbers: forms(["+18003LOWERS", "+1800FLOWERS"]),
            ranked: forms(["+1800FLOWERS", "+18003LOWERS"]),
            word_count: 2,
            updated_at: 1_700_000_000_123,
            calls: 3,
        }
    }

    impl Store for Double {
        async fn caller(&self, number: &Number, now: u64) -> Result<Option<Item>, String> {
            assert_eq!(now, 42);
            if self.fails {
                return Err("the table is not there for +18003569377".into());
            }
            Ok((number.as_str() == "+18003569377").then(saved))
        }

        async fn recent(&self, limit: u8, now: u64) -> Result<Vec<Item>, String> {
            assert_eq!(limit, 5);
            self.caller(&Number::parse("+18003569377").expect("a number"), now).await.map(|item| item.into_iter().collect())
        }
    }

    async fn get(path: &str, fails: bool, known: Option<&str>) -> Response {
        let identity = json!({"identity": {"apiKeyId": "k7q2v9"}});
        let event = json!({"httpMethod": "GET", "path": path, "headers": {"If-None-Match": known}, "requestContext": identity});
        api(fails).handle(&Request::read(&event), None).await.0
    }

    fn api(fails: bool) -> Api<Double> {
        Api { store: Double { fails }, tracer: Tracer::to(None, "numbers"), function: "get".into(), now: || 42 }
    }

    fn body(response: &Response) -> Value {
        serde_json::from_str(&response.body).expect("JSON")
    }

    #[tokio::test]
    async fn known_caller_is_200_with_both_orders() {
        let response = get("/vanity-numbers/+18003569377", false, None).await;
        assert_eq!(response.status_code, 200);
        assert_eq!(response.headers["content-type"], "application/json");
        assert_eq!(response.headers["cache-control"], "private, no-cache");
        assert_eq!(
            body(&response),
            json!({"id": "+18003569377", "vanity_numbers": ["+18003LOWERS", "+1800FLOWERS"], "ranked": ["+1800FLOWERS", "+18003LOWERS"],
                "word_count": 2, "updated_at": 1_700_000_000_123_u64, "calls": 3, "display": ["1-800-FLOWERS", "1-800-3-LOWERS"]})
        );
    }

    #[tokio::test]
    async fn strangers_get_no_counts_and_no_times() {
        for identity in [json!(null), json!({"apiKey": null, "apiKeyId": null, "userArn": null, "sourceIp": "192.0.2.7"})] {
            let get = async |path: &str| {
                let event = json!({"httpMethod": "GET", "path": path, "requestContext": {"identity": identity}});
                body(&api(false).handle(&Request::read(&event), None).await.0)
            };
            let one = get("/vanity-numbers/+18003569377").await;
            assert_eq!((&one["id"], one.get("calls"), one.get("updated_at")), (&json!("+18003569377"), None, None));
            let all = get("/vanity-numbers").await;
            let caller = &all["callers"][0];
            assert_eq!((&caller["updated_at"], caller.get("calls")), (&json!(1_699_999_980_000_u64), None));
        }
    }

    #[test]
    fn outdated_vanity_numbers_are_shown_as_saved() {
        let item = Item { ranked: vec!["+1800FLOWERR".into(), "+18003569DPS".into()], ..saved() };
        let body = with_display(&item, &Number::parse("+18003569377").expect("a number"));
        assert_eq!(body["display"], json!(["1-800-FLOW-ERR", "18003569DPS"]));
        assert_eq!(body["ranked"], json!(item.ranked));
    }

    #[tokio::test]
    async fn matching_etag_is_304_without_body() {
        let etag = get("/vanity-numbers/+18003569377", false, None).await.headers["etag"].clone();
        for known in [etag.clone(), format!("\"other\", W/{etag}"), "*".to_owned()] {
            let response = get("/vanity-numbers/+18003569377", false, Some(&known)).await;
            assert_eq!((response.status_code, response.body.as_str()), (304, ""), "{known}");
            assert_eq!(response.headers["etag"], etag);
        }
        assert_eq!(get("/vanity-numbers/+18003569377", false, Some("\"other\"")).await.status_code, 200);
    }

    #[tokio::test]
    async fn faults_are_problem_details_with_their_status() {
        for (path, fails, status) in [
            ("/vanity-numbers/junk", false, 400),
            ("/vanity-numbers/+18005550100", false, 404),
            ("/elsewhere", false, 404),
            ("/vanity-numbers/+18003569377", true, 500),
            ("/vanity-numbers", true, 500),
        ] {
            let response = get(path, fails, None).await;
            assert_eq!(response.status_code, status, "{path}");
            assert_eq!(response.headers["content-type"], "application/problem+json");
            assert_eq!(body(&response)["status"], status);
            assert!(!response.body.contains("the table is not there"), "causes are for the log");
        }
    }

    #[tokio::test]
    async fn recent_callers_are_masked() {
        let response = get("/vanity-numbers", false, None).await;
        assert_eq!(body(&response)["callers"][0]["id"], "+1********77");
        assert!(!response.body.contains("3569377") && !response.body.contains("FLOWERS"));
    }

    #[tokio::test]
    async fn log_line_is_masked_and_complete() {
        for (path, fails, route, status) in [
            ("/vanity-numbers/+18003569377", false, "caller", "200"),
            ("/vanity-numbers/+18003569377", true, "caller", "500"),
            ("/vanity-numbers/junk18003569377", false, "caller", "400"),
            ("/vanity-numbers", false, "recent", "200"),
            ("/", false, "page", "200"),
            ("/elsewhere", false, "nothing", "404"),
        ] {
            let event = json!({"httpMethod": "GET", "path": path});
            let (_, line) = api(fails).handle(&Request::read(&event), Some("Root=1-2-3")).await;
            assert_eq!(
                (&line["route"], &line["status"], &line["traceId"]),
                (&json!(route), &json!(status), &json!("Root=1-2-3"))
            );
            assert!(!line.to_string().contains("3569377"), "{line}");
            assert_eq!(line["error"].is_string(), status == "500");
            let metrics = &line["_aws"]["CloudWatchMetrics"][0];
            for metric in metrics["Metrics"].as_array().expect("a list") {
                assert!(line[metric["Name"].as_str().expect("a text")].is_number(), "{metric}");
            }
            for set in metrics["Dimensions"].as_array().expect("a list") {
                assert!(
                    set.as_array().expect("a set").iter().all(|name| line[name.as_str().expect("a text")].is_string()),
                    "{set}"
                );
            }
        }
    }

    #[tokio::test]
    async fn only_reading_is_allowed() {
        let event = json!({"httpMethod": "DELETE", "path": "/vanity-numbers"});
        let response = api(false).handle(&Request::read(&event), None).await.0;
        assert_eq!((response.status_code, response.headers["allow"].as_str()), (405, "GET, HEAD"));
    }

    #[tokio::test]
    async fn response_matches_the_format_of_api_gateway() {
        let response = serde_json::to_value(get("/", false, None).await).expect("JSON");
        assert_eq!(response["statusCode"], 200);
        assert_eq!(response["isBase64Encoded"], false);
        assert!(response["body"].is_string() && response["headers"].is_object());
    }
}
