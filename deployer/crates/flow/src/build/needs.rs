//! What an action still needs, as a type: required branches and parameters.
//!
//! An action that is incomplete is of another type than a complete one, and only a complete one can be a part of a flow. The
//! compiler's message lists what is missing: `Needs<AtCapacity, Needs<Error, Nothing>>`.

use std::marker::PhantomData;

/// Nothing is missing.
#[derive(Debug)]
pub struct Nothing;

/// The branch or parameter `S` is missing, and so is what `Others` lists.
#[derive(Debug)]
pub struct Needs<S, Others>(PhantomData<fn() -> (S, Others)>);

/// `S` is there, and may be given again; `Others` lists what is missing.
#[derive(Debug)]
pub struct Has<S, Others>(PhantomData<fn() -> (S, Others)>);

/// A list of missing parts in which nothing is missing any more.
#[diagnostic::on_unimplemented(
    message = "the action lacks required branches or parameters: `{Self}`",
    label = "this action still needs `{Self}`",
    note = "give each of them with the method of its name, such as `.on_error(target)` for `NoMatchingError`"
)]
pub trait Complete {}

#[diagnostic::do_not_recommend]
impl Complete for Nothing {}

#[diagnostic::do_not_recommend]
impl<S, Others: Complete> Complete for Has<S, Others> {}

/// The position of a part in a list: the first.
#[derive(Debug)]
pub struct First;

/// The position of a part in a list: one after `I`.
#[derive(Debug)]
pub struct After<I>(PhantomData<fn() -> I>);

/// A list that contains `S` once, at the position `I`.
#[diagnostic::on_unimplemented(
    message = "`{S}` cannot be given here: it was given before, or does not exist with these parameters",
    label = "`{S}` is not missing"
)]
pub trait Lacks<S, I> {
    /// The list without it.
    type Rest;
}

impl<S, Others> Lacks<S, First> for Needs<S, Others> {
    type Rest = Others;
}

impl<S, Other, Others: Lacks<S, I>, I> Lacks<S, After<I>> for Needs<Other, Others> {
    type Rest = Needs<Other, Others::Rest>;
}

impl<S, Other, Others: Lacks<S, I>, I> Lacks<S, After<I>> for Has<Other, Others> {
    type Rest = Has<Other, Others::Rest>;
}

/// A list in which `S`, at the position `I`, is missing or may be given again.
#[diagnostic::on_unimplemented(message = "`{S}` does not exist with these parameters", label = "`{S}` cannot be given here")]
pub trait Takes<S, I> {
    /// The list in which it is there.
    type Filled;
}

impl<S, Others> Takes<S, First> for Needs<S, Others> {
    type Filled = Has<S, Others>;
}

impl<S, Others> Takes<S, First> for Has<S, Others> {
    type Filled = Self;
}

impl<S, Other, Others: Takes<S, I>, I> Takes<S, After<I>> for Needs<Other, Others> {
    type Filled = Needs<Other, Others::Filled>;
}

impl<S, Other, Others: Takes<S, I>, I> Takes<S, After<I>> for Has<Other, Others> {
    type Filled = Has<Other, Others::Filled>;
}

/// Declares what can be missing.
macro_rules! slots {
    ($($name:ident)+) => {
        $(
            #[doc = concat!("`", stringify!($name), "` of an action.")]
            #[derive(Debug)]
            pub struct $name;
        )+
    };
}
pub(crate) use slots;
