//! Modules as functions: what a module returns are branches of the flow that invokes it, and the compiler knows them.

use serde_json::{Value, json};

/// Returns the settings of a module with these branches, as published exports have them.
#[must_use]
pub fn module_settings(results: &[&str]) -> Value {
    let transition = |name: &&str| json!({"DisplayName": name, "ReferenceName": name, "Description": ""});
    let transitions: Vec<Value> = results.iter().map(transition).collect();
    json!({"InputParameters": [], "OutputParameters": [], "Transitions": transitions})
}

/// Declares a flow module: its key in the project, and the results that it returns.
///
/// The declaration becomes a Rust module with `invoke`, an action that needs a branch for each result and for errors; `returns`, with
/// an action for each result; and `define`, which makes a flow the module. Its inputs are attributes of the contact: what
/// `set_attributes` sets before, the module reads.
///
/// ```
/// use deployer_flow::build::*;
/// use deployer_flow::testing::{Caller, TestInstance};
/// use deployer_flow::{flow, module};
///
/// module! {
///     /// Asks for a PIN and compares it with the attribute `pin`.
///     pub mod check_pin = "check-pin" { right = "Right", wrong = "Wrong" }
/// }
///
/// let pin = check_pin::define(flow! {
///     question: ask("Your PIN?").seconds(5).on("1", right).timeout(wrong).no_match(wrong).on_error(wrong),
///     right: check_pin::returns::right(),
///     wrong: check_pin::returns::wrong(),
/// });
/// let main = flow! {
///     start: check_pin::invoke().right(welcome).wrong(bye).on_error(bye),
///     welcome: say("Welcome.").then(bye),
///     bye: disconnect(),
/// };
/// assert_eq!((pin.check(), main.check()), (vec![], vec![]));
/// let instance = TestInstance::new().flow("check-pin", &pin);
/// Caller::from("+12065550123").on(&instance).calls(&main).presses("1").hears("Welcome.");
/// ```
///
/// A result without a branch does not compile:
///
/// ```compile_fail,E0277
/// # use deployer_flow::{build::*, flow, module};
/// # module! { pub mod check_pin = "check-pin" { right = "Right", wrong = "Wrong" } }
/// let main = flow! { start: check_pin::invoke().right(bye).on_error(bye), bye: disconnect() };
/// ```
#[macro_export]
macro_rules! module {
    ($(#[$doc:meta])* $visibility:vis mod $name:ident = $key:literal { $($branch:ident = $result:literal),+ $(,)? }) => {
        $(#[$doc])*
        $visibility mod $name {
            /// What an invocation can lack.
            #[allow(non_camel_case_types, missing_docs)]
            pub mod branches {
                $(#[derive(Debug)] pub enum $branch {})+
                #[derive(Debug)]
                pub enum on_error {}
            }

            /// An invocation of the module.
            #[derive(Debug, Clone)]
            pub struct Invoke<M> {
                draft: $crate::build::Draft,
                missing: ::core::marker::PhantomData<fn() -> M>,
            }

            /// Returns an action that invokes the module.
            #[must_use]
            #[allow(dead_code)]
            pub fn invoke() -> Invoke<$crate::module!(@needs $($branch)+ on_error)> {
                let module = $crate::build::Module::named($key);
                Invoke { draft: $crate::build::invoke_module(module).raw(), missing: ::core::marker::PhantomData }
            }

            /// Makes a flow this module: its type, and the results that it declares.
            #[allow(dead_code)]
            pub fn define(flow: $crate::build::NewFlow) -> $crate::build::NewFlow {
                flow.of_type($crate::FlowType::Module).settings($crate::build::module_settings(&[$($result),+]))
            }

            #[allow(dead_code)]
            impl<M> Invoke<M> {
                $(
                    #[doc = concat!("Leads to the action that follows the result `", $result, "`.")]
                    pub fn $branch<I>(self, target: impl $crate::build::IntoTarget) -> Invoke<M::Rest>
                    where
                        M: $crate::build::needs::Lacks<branches::$branch, I>,
                    {
                        Invoke { draft: self.draft.condition("Equals", $result, target), missing: ::core::marker::PhantomData }
                    }
                )+

                /// Leads to the action that follows if the module cannot be invoked.
                pub fn on_error<I>(self, target: impl $crate::build::IntoTarget) -> Invoke<M::Rest>
                where
                    M: $crate::build::needs::Lacks<branches::on_error, I>,
                {
                    Invoke { draft: self.draft.error("NoMatchingError", target), missing: ::core::marker::PhantomData }
                }

                /// Leads to the action that follows if the module returns no result, or another one.
                #[must_use]
                pub fn no_match(self, target: impl $crate::build::IntoTarget) -> Self {
                    Self { draft: self.draft.error("NoMatchingCondition", target), ..self }
                }
            }

            impl<M: $crate::build::needs::Complete> $crate::build::IntoAction for Invoke<M> {
                fn into_action(self) -> $crate::build::Draft {
                    self.draft
                }
            }

            impl<M: $crate::build::needs::Complete> $crate::build::IntoTarget for Invoke<M> {
                fn into_target(self) -> $crate::build::Target {
                    $crate::build::IntoTarget::into_target(self.draft)
                }
            }

            /// Actions that end the module with a result.
            #[allow(dead_code)]
            pub mod returns {
                $(
                    #[doc = concat!("Returns the result `", $result, "`.")]
                    pub fn $branch() -> $crate::build::EndFlowModuleExecution {
                        $crate::build::return_from_module().result($result)
                    }
                )+
            }
        }
    };
    (@needs) => { $crate::build::needs::Nothing };
    (@needs $first:ident $($others:ident)*) => {
        $crate::build::needs::Needs<branches::$first, $crate::module!(@needs $($others)*)>
    };
}
