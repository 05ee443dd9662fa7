//! Patterns.

use deployer_app::{App, Instance, IvrWithCallback, IvrWithCallbackProps, Request, VanityApplication, VanityApplicationProps};
use deployer_flow::testing::{Caller, TestInstance};
use deployer_flow::{Context, Flow, FlowType, check};
use serde_json::Value;

use crate::support::app;

#[test]
fn flow_with_callback_has_no_findings() {
    let app = app();
    let instance = Instance::new(app.stack(), "shop-dev");
    let hours = instance.hours("office", "Europe/Berlin").open_on_weekdays(["09:00-17:00"]);
    IvrWithCallback::new(&instance, "support", &hours, IvrWithCallbackProps::default());
    let assembly = app.assembly();
    let flow = Flow::parse(&assembly.contents["flows/support"].to_string()).expect("it is a flow");
    let context = Context { entry: true, symbolic: true, ..Context::project(FlowType::ContactFlow) };
    let findings: Vec<String> = check(&flow, &context).iter().map(|finding| finding.render("support.json", &flow)).collect();
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!(assembly.constructs.last().map(|last| last.path.as_str()), Some("support/support"));
    app.graph().unwrap_or_else(|errors| panic!("{errors}"));
}

#[test]
fn callers_of_the_vanity_application_are_listed_to_nobody_without_a_key() {
    let routes = |embedded: bool| {
        let app = App::new(Request { embedded, ..Request::embedded("shop", "dev") });
        let flow = serde_json::from_str(include_str!("../../../../../flows/vanity.json")).expect("it is JSON");
        let _vanity =
            VanityApplication::new(app.stack(), VanityApplicationProps { alias: "shop-dev".into(), keep_days: 30, flow });
        app.graph().unwrap_or_else(|errors| panic!("{errors}"));
        app.assembly().sections["api"].clone()
    };
    let on_aws = routes(false);
    for route in ["GET /vanity-numbers", "GET /vanity-numbers/{phone}"] {
        assert_eq!(on_aws["routes"][route]["auth"], "api_key", "{on_aws:#}");
    }
    assert!(on_aws.get("throttling").is_some() && on_aws["api_key"].get("quota").is_some(), "{on_aws:#}");
    assert!(routes(true).get("api_key").is_none());
}

/// Returns the content of the flow.
fn callback() -> Value {
    let app = app();
    let instance = Instance::new(app.stack(), "shop-dev");
    let hours = instance.hours("office", "Europe/Berlin").open_on_weekdays(["09:00-17:00"]);
    IvrWithCallback::new(&instance, "support", &hours, IvrWithCallbackProps::default());
    app.assembly().contents["flows/support"].clone()
}

#[test]
fn callers_wait_or_are_called_back() {
    let flow = callback();
    let shop = TestInstance::new().open("office").queue("support");
    let caller = || Caller::from("+12065550123");
    let back = caller().on(&shop).calls(&flow).hears("Welcome.").presses("1").hears("We will call you back.").is_disconnected();
    let waits = caller().on(&shop).calls(&flow).presses("2").is_queued("support");
    let closed = caller().on(&shop.closed("office")).calls(&flow).hears("We are closed.").is_disconnected();
    for (call, times) in [(&back, 1), (&waits, 0), (&closed, 0)] {
        let ran = format!("{:?}", call.transcript()).matches("CreateCallbackContact").count();
        assert_eq!(ran > 0, times > 0);
    }
}
