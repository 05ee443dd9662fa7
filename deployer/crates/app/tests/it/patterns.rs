//! Patterns.

use deployer_app::{Instance, IvrWithCallback, IvrWithCallbackProps};
use deployer_flow::{Context, Flow, FlowType, check};

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
    let findings: Vec<String> = check(&flow, &context).iter().map(|finding| finding.render(&flow)).collect();
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!(assembly.constructs.last().map(|last| last.path.as_str()), Some("support/support"));
    app.graph().unwrap_or_else(|errors| panic!("{errors}"));
}
