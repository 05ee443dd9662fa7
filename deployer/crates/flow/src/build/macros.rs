//! The macros that declare the actions of the builder.

/// The list of what is missing: `needs!([A (B)] Rest)` is `Needs<A, Has<B, Rest>>`.
macro_rules! needs {
    ([] $rest:ty) => { $rest };
    ([($first:ident) $($others:tt)*] $rest:ty) => {
        $crate::build::needs::Has<$crate::build::actions::slots::$first, $crate::build::macros::needs!([$($others)*] $rest)>
    };
    ([$first:ident $($others:tt)*] $rest:ty) => {
        $crate::build::needs::Needs<$crate::build::actions::slots::$first, $crate::build::macros::needs!([$($others)*] $rest)>
    };
}

/// Declares an action: its struct, the function that returns it, and a method for each parameter and branch.
///
/// Each method says how it changes what is missing (`free`, `once SLOT`, `again SLOT`, and what it makes necessary) and what it
/// does (`next`, `unused`, `error`, `operand`, `key`, `intent`, `compare`, `set`, `fix`, `member`).
macro_rules! action {
    (
        $doc:literal $example:literal
        $structure:ident: $kind:ident, $function:ident ($($argument:ident: $type:ty),*) [$($left:tt)*]
        needs [$($need:ident)*]
        fixed [$($key:literal = $value:literal)*]
        $($method:ident $slot:tt $adds:tt $what:tt;)*
    ) => {
        #[doc = $doc]
        #[doc = concat!(
            "\n\n```\n# use deployer_flow::{build::*, flow};\n# use serde_json::json;\n# let flow = flow! {\nstart: ",
            $example, ",\n# end: disconnect(),\n# };\n# assert!(flow.to_json().contains(\"StartAction\"));\n```"
        )]
        #[derive(Debug, Clone)]
        #[must_use = "an action is a part of a flow only if a branch or a label leads to it"]
        pub struct $structure<M = $crate::build::needs::Nothing> {
            draft: $crate::build::draft::Draft,
            missing: std::marker::PhantomData<fn() -> M>,
        }

        #[doc = concat!("Returns an action `", stringify!($kind), "`: see [`", stringify!($structure), "`].")]
        pub fn $function(
            $($argument: impl Into<$type>),*
        ) -> $structure<$crate::build::macros::needs!([$($left)*] $crate::build::needs::Nothing)> {
            $structure::new()$(.$argument($argument))*
        }

        impl $structure<$crate::build::macros::needs!([$($need)*] $crate::build::needs::Nothing)> {
            /// Returns an action that lacks all that its type requires.
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                let draft = $crate::build::draft::Draft::new(stringify!($kind), stringify!($function));
                let action: Self = $structure { draft, missing: std::marker::PhantomData };
                action$(.fixed($key, $value))*
            }
        }

        #[allow(dead_code)]
        impl<M> $structure<M> {
            fn fixed(mut self, name: &str, value: &str) -> Self {
                self.draft.parameters.insert(name.to_owned(), value.into());
                self
            }

            fn changed<N>(mut self, change: impl FnOnce(&mut $crate::build::draft::Draft)) -> $structure<N> {
                change(&mut self.draft);
                $structure { draft: self.draft, missing: std::marker::PhantomData }
            }

            $($crate::build::macros::method!($structure $method $slot $adds $what);)*

            /// Returns the action without the restrictions of its type, to give it what its methods do not have.
            pub fn raw(self) -> $crate::build::draft::Draft {
                self.draft
            }
        }

        impl<M: $crate::build::needs::Complete> $crate::build::draft::IntoAction for $structure<M> {
            fn into_action(self) -> $crate::build::draft::Draft {
                self.draft
            }
        }

        impl<M: $crate::build::needs::Complete> $crate::build::draft::IntoTarget for $structure<M> {
            fn into_target(self) -> $crate::build::draft::Target {
                $crate::build::draft::Target::Action(Box::new(self.draft))
            }
        }
    };
}

/// Declares a method of an action. The inner rules first find what it takes and does, then how its type changes.
macro_rules! method {
    ($structure:ident $method:ident $slot:tt $adds:tt [next]) => {
        $crate::build::macros::method!(@typed $structure $method $slot $adds "Leads to the action that follows." (target: impl $crate::build::draft::IntoTarget)
            |draft: &mut $crate::build::draft::Draft| draft.next = Some($crate::build::draft::IntoTarget::into_target(target)));
    };
    ($structure:ident $method:ident $slot:tt $adds:tt [unused]) => {
        $crate::build::macros::method!(@typed $structure $method $slot $adds
            "Sets `NextAction`, which Connect requires and no contact takes here; without this it is a copy of another branch."
            (target: impl $crate::build::draft::IntoTarget)
            |draft: &mut $crate::build::draft::Draft| draft.next = Some($crate::build::draft::IntoTarget::into_target(target)));
    };
    ($structure:ident $method:ident $slot:tt $adds:tt [error $error:ident]) => {
        $crate::build::macros::method!(@typed $structure $method $slot $adds (concat!("Leads to the action that follows the error `", stringify!($error), "`."))
            (target: impl $crate::build::draft::IntoTarget)
            |draft: &mut $crate::build::draft::Draft| draft.errors.push((stringify!($error).to_owned(), $crate::build::draft::IntoTarget::into_target(target))));
    };
    ($structure:ident $method:ident $slot:tt $adds:tt [operand $operand:literal $($list:literal)?]) => {
        $crate::build::macros::method!(@typed $structure $method $slot $adds (concat!("Leads to the action that follows the result `", $operand, "`."))
            (target: impl $crate::build::draft::IntoTarget)
            |draft: &mut $crate::build::draft::Draft| {
                $(draft.include($list, $operand);)?
                draft.conditions.push(("Equals".to_owned(), $operand.into(), $crate::build::draft::IntoTarget::into_target(target)));
            });
    };
    ($structure:ident $method:ident $slot:tt $adds:tt [on]) => {
        $crate::build::macros::method!(@typed $structure $method $slot $adds "Leads to the action that follows this key or result."
            (result: impl Into<$crate::build::values::Constant>, target: impl $crate::build::draft::IntoTarget)
            |draft: &mut $crate::build::draft::Draft| draft.conditions.push(("Equals".to_owned(), result.into().0.into(), $crate::build::draft::IntoTarget::into_target(target))));
    };
    ($structure:ident $method:ident $slot:tt $adds:tt [compare $comparison:ident]) => {
        $crate::build::macros::method!(@typed $structure $method $slot $adds "Leads to the action that follows if this comparison holds and none before it."
            (comparison: impl Into<$crate::build::values::$comparison>, target: impl $crate::build::draft::IntoTarget)
            |draft: &mut $crate::build::draft::Draft| draft.compare(comparison.into().into(), $crate::build::draft::IntoTarget::into_target(target)));
    };
    ($structure:ident $method:ident $slot:tt $adds:tt [set $name:literal $type:ty]) => {
        $crate::build::macros::method!(@typed $structure $method $slot $adds (concat!("Sets the parameter `", $name, "`.")) ($method: impl Into<$type>)
            |draft: &mut $crate::build::draft::Draft| draft.set($name, $method.into()));
    };
    ($structure:ident $method:ident $slot:tt $adds:tt [member $name:literal $member:literal]) => {
        $crate::build::macros::method!(@typed $structure $method $slot $adds (concat!("Sets the member `", $member, "` of the parameter `", $name, "`."))
            ($method: serde_json::Value)
            |draft: &mut $crate::build::draft::Draft| draft.set_member($name, $member, $method));
    };
    ($structure:ident $method:ident $slot:tt $adds:tt [fix $name:literal $value:literal]) => {
        $crate::build::macros::method!(@typed $structure $method $slot $adds (concat!("Sets the parameter `", $name, "` to `", $value, "`.")) ()
            |draft: &mut $crate::build::draft::Draft| drop(draft.parameters.insert($name.to_owned(), $value.into())));
    };
    (@typed $structure:ident $method:ident [free] [$($add:ident)*] $doc:tt $arguments:tt $change:expr) => {
        $crate::build::macros::method!(@written $structure $method [] [$crate::build::macros::needs!([$($add)*] M)] [] $doc $arguments $change);
    };
    (@typed $structure:ident $method:ident [once $slot:ident] [$($add:ident)*] $doc:tt $arguments:tt $change:expr) => {
        $crate::build::macros::method!(@written $structure $method [<I>]
            [$crate::build::macros::needs!([$($add)*] <M as $crate::build::needs::Lacks<$crate::build::actions::slots::$slot, I>>::Rest)]
            [where M: $crate::build::needs::Lacks<$crate::build::actions::slots::$slot, I>] $doc $arguments $change);
    };
    (@typed $structure:ident $method:ident [again $slot:ident] [$($add:ident)*] $doc:tt $arguments:tt $change:expr) => {
        $crate::build::macros::method!(@written $structure $method [<I>]
            [$crate::build::macros::needs!([$($add)*] <M as $crate::build::needs::Takes<$crate::build::actions::slots::$slot, I>>::Filled)]
            [where M: $crate::build::needs::Takes<$crate::build::actions::slots::$slot, I>] $doc $arguments $change);
    };
    (@written $structure:ident $method:ident [$($generics:tt)*] [$result:ty] [$($bounds:tt)*] $doc:tt ($($arguments:tt)*) $change:expr) => {
        #[doc = $crate::build::macros::method!(@doc $doc)]
        pub fn $method $($generics)* (self, $($arguments)*) -> $structure<$result> $($bounds)* {
            self.changed($change)
        }
    };
    (@doc $doc:literal) => { $doc };
    (@doc ($($doc:tt)*)) => { $($doc)* };
}

pub(crate) use {action, method, needs};
