//! Requests and what they are answered.

use serde_json::json;
use vanity::Number;

use crate::page;
use crate::request::{Request, Wanted, phone};
use crate::response::Response;
use crate::store::{Item, Store};

/// How many of the last callers are shown.
const RECENT: u8 = 5;

/// The API over a store.
pub(crate) struct Api<S> {
    pub(crate) store: S,
}

impl<S: Store> Api<S> {
    /// Answers a request; a failure of the store is a 500, logged but not told.
    pub(crate) async fn answer(&self, request: &Request) -> Response {
        if request.method != "GET" && request.method != "HEAD" {
            let detail = "this API only reads; use GET";
            return Response::problem(405, "Method Not Allowed", detail).with("allow", "GET, HEAD");
        }
        let answer = match &request.wanted {
            Wanted::Page => Ok(page::response()),
            Wanted::Recent => self.recent().await,
            Wanted::Caller(written) => self.caller(written).await,
            Wanted::Nothing => Ok(Response::problem(404, "Not Found", "there is /vanity-numbers and /vanity-numbers/{phone}")),
        };
        match answer {
            Ok(response) if response.status_code == 200 => response.unless_known(request.known.as_deref()),
            Ok(response) => response,
            Err(error) => {
                println!("{}", json!({"level": "ERROR", "message": "the table could not be read", "error": error}));
                Response::problem(500, "Internal Server Error", "the saved numbers could not be read; try again later")
            }
        }
    }

    async fn caller(&self, written: &str) -> Result<Response, String> {
        let number = match phone(written) {
            Ok(number) => number,
            Err(reason) => return Ok(Response::problem(400, "Bad Request", &reason.to_string())),
        };
        let unknown = "no call from this number has been saved";
        let item = self.store.caller(&number).await?;
        println!("{}", json!({"level": "INFO", "message": "read", "number": number.masked(), "found": item.is_some()}));
        Ok(item.map_or_else(|| Response::problem(404, "Not Found", unknown), |item| Response::json(&json!(item))))
    }

    /// Without the forms, since a form is the number in other letters.
    async fn recent(&self) -> Result<Response, String> {
        let items = self.store.recent(RECENT).await?;
        let masked = |item: &Item| {
            let number = Number::parse(&item.id).map_or_else(|_| "unknown".to_owned(), |number| number.masked());
            json!({"id": number, "word_count": item.word_count, "updated_at": item.updated_at, "calls": item.calls})
        };
        Ok(Response::json(&json!({"callers": items.iter().map(masked).collect::<Vec<_>>()})))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// A store with one caller, or out of order.
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
        async fn caller(&self, number: &Number) -> Result<Option<Item>, String> {
            if self.fails {
                return Err("the table is not there".into());
            }
            Ok((number.as_str() == "+18003569377").then(saved))
        }

        async fn recent(&self, limit: u8) -> Result<Vec<Item>, String> {
            assert_eq!(limit, 5);
            self.caller(&Number::parse("+18003569377").expect("a number")).await.map(|item| item.into_iter().collect())
        }
    }

    async fn get(path: &str, fails: bool, known: Option<&str>) -> Response {
        let event = json!({"httpMethod": "GET", "path": path, "headers": {"If-None-Match": known}});
        Api { store: Double { fails } }.answer(&Request::read(&event)).await
    }

    fn body(response: &Response) -> Value {
        serde_json::from_str(&response.body).expect("JSON")
    }

    #[tokio::test]
    async fn a_known_caller_is_200_with_both_orders() {
        let response = get("/vanity-numbers/+18003569377", false, None).await;
        assert_eq!(response.status_code, 200);
        assert_eq!(response.headers["content-type"], "application/json");
        assert_eq!(response.headers["cache-control"], "private, no-cache");
        assert_eq!(
            body(&response),
            json!({"id": "+18003569377", "vanity_numbers": ["+18003LOWERS", "+1800FLOWERS"], "ranked": ["+1800FLOWERS", "+18003LOWERS"],
                "word_count": 2, "updated_at": 1_700_000_000_123_u64, "calls": 3})
        );
    }

    #[tokio::test]
    async fn an_answer_already_known_is_304_without_a_body() {
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
    async fn the_last_callers_are_masked() {
        let response = get("/vanity-numbers", false, None).await;
        assert_eq!(body(&response)["callers"][0]["id"], "+1********77");
        assert!(!response.body.contains("3569377") && !response.body.contains("FLOWERS"));
    }

    #[tokio::test]
    async fn only_reading_is_allowed() {
        let event = json!({"httpMethod": "DELETE", "path": "/vanity-numbers"});
        let response = Api { store: Double { fails: false } }.answer(&Request::read(&event)).await;
        assert_eq!((response.status_code, response.headers["allow"].as_str()), (405, "GET, HEAD"));
    }

    #[tokio::test]
    async fn the_response_is_what_api_gateway_expects() {
        let response = serde_json::to_value(get("/", false, None).await).expect("JSON");
        assert_eq!(response["statusCode"], 200);
        assert_eq!(response["isBase64Encoded"], false);
        assert!(response["body"].is_string() && response["headers"].is_object());
    }
}
