//! The vanity-number application: a caller hears words for the digits of their number, and a web page shows the latest callers.

use deployer_app::{
    Api, App, AppError, Auth, Certificate, Construct, Day, Function, Index, Instance, KeyType, Period, RoutingProfile, Table,
};
use serde_json::json;

/// Declares the application for one environment.
///
/// # Errors
/// A context value is missing or of another type, or the flow is no JSON.
pub fn declare(app: &App) -> Result<(), AppError> {
    let stack = app.stack();
    let keep_days: u32 = app.context("keep_days")?;

    let numbers = Table::keyed_by(stack, "numbers", "id")
        .index("recent", Index::keyed_by("feed").sort_key("updated_at", KeyType::Number))
        .ttl("expires_at")
        .point_in_time_recovery(true);

    let convert = Function::cargo(stack, "convert")
        .description("Turns the caller's number into vanity numbers, saves and returns them")
        .memory_mb(256)
        .timeout_seconds(8)
        .log_retention_days(30)
        .environment("TABLE_NAME", numbers.name())
        // Days from the last call until a caller's item expires; 0: never.
        .environment("KEEP_DAYS", keep_days.to_string());
    let get = Function::cargo(stack, "get")
        .description("Reads vanity numbers back")
        .memory_mb(256)
        .timeout_seconds(10)
        .log_retention_days(30)
        .environment("TABLE_NAME", numbers.name());
    numbers.grant_read_write(&convert);
    numbers.grant_read(&get);

    contact_center(app, &convert)?;
    api(app, &get)
}

/// Declares the instance with the flow that callers hear, and the people who work in it.
fn contact_center(app: &App, convert: &Function) -> Result<(), AppError> {
    let instance = Instance::new(app.stack(), &format!("vanity-{}", app.environment())).flow_logs(true);
    if !app.is_embedded() {
        instance.set("deletion_protection", app.context_or("protected", true)?);
    }
    instance.associate(convert);
    let hours = instance.hours("support", "America/New_York").name("Support hours");
    let hours = [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday]
        .into_iter()
        .fold(hours, |hours, day| hours.open(day, ["08:00-18:00"]))
        .open(Day::Friday, ["08:00-12:00", "13:00-16:00"]);
    let _support = instance.queue("support", &hours).description("Callers who want a person");
    let profile = RoutingProfile::existing(&instance, "Basic Routing Profile");
    let admin = instance.user("admin", "Vanity", "Administrator", &profile).security_profile("Admin");
    if !app.is_embedded() {
        let _admin = admin.password_from("VANITY_ADMIN_PASSWORD");
    }
    // A flow as the designer exports it, with `${functions.convert.arn}` in the place of an ARN.
    let flow: serde_json::Value = serde_json::from_str(include_str!("../../../flows/vanity.json"))?;
    let _flow = instance.flow("vanity", flow).description("Speaks the caller's vanity numbers");
    Ok(())
}

/// Declares the API and the web page behind it.
fn api(app: &App, get: &Function) -> Result<(), AppError> {
    let certificate = Certificate::self_signed().with("validity_days", 365).with("renew_before_days", 30);
    let api = Api::new(app.stack())
        .description("Reads vanity numbers back")
        .domain(&format!("vanity-{}.example", app.environment()), certificate);
    // On this machine it is open to everybody; elsewhere listing callers takes a key, for which the page asks.
    let auth = if app.is_embedded() { Auth::None } else { Auth::ApiKey };
    api.route_with_auth("GET", "/vanity-numbers/{phone}", get, auth);
    api.route_with_auth("GET", "/vanity-numbers", get, auth);
    api.route("GET", "/", get);
    if !app.is_embedded() {
        let limit: u32 = app.context_or("calls_per_day", 10_000)?;
        let api = api.throttling(10.0, 20).quota(limit, Period::Day);
        api.set("api_key.throttling", json!({"rate_limit": 5, "burst_limit": 10}));
    }
    Ok(())
}
