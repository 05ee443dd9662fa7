//! Waiting until something is usable or gone.

use std::future::Future;
use std::ops::ControlFlow;
use std::time::Duration;

use deployer_engine::{Class, Context, Error, Result};

/// What a look at a thing told: it is as awaited (`Break`), or why it is not yet (`Continue`).
pub(crate) type Look<T> = ControlFlow<T, String>;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(10);

/// Looks until `look` says it is as awaited, at growing intervals, telling what it waits for.
///
/// # Errors
/// What `look` fails with; `NotYet` when `limit` has passed.
pub(crate) async fn until<T, F, Fut>(cx: &Context, what: &str, limit: Duration, mut look: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Look<T>>>,
{
    let deadline = cx.clock.monotonic() + limit;
    let mut interval = FIRST;
    let mut told = String::new();
    loop {
        let why = match look().await? {
            Look::Break(seen) => return Ok(seen),
            Look::Continue(why) => why,
        };
        if cx.clock.monotonic() + interval > deadline {
            let message = format!("{what}: {why}, still so after {} s", limit.as_secs());
            let error = Error { waited_out: true, ..Error::new(Class::NotYet, message) };
            return Err(error.with_help("run the same command again: it goes on from here"));
        }
        if why != told {
            cx.progress(format!("waits for {what}: {why}"));
            told = why;
        }
        cx.clock.sleep(interval).await;
        interval = (interval * 3 / 2).min(LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::testing;

    #[test]
    fn it_looks_until_the_thing_is_there() {
        let cx = testing::context("table.numbers");
        let mut looks = 0;
        let seen = testing::block_on(until(&cx, "the table", Duration::from_secs(60), || {
            looks += 1;
            let look = if looks < 4 { Look::Continue("CREATING".to_owned()) } else { Look::Break(looks) };
            async { Ok(look) }
        }));
        assert_eq!(seen.ok(), Some(4));
    }

    #[test]
    fn it_gives_up_at_its_limit_and_says_what_it_last_saw() {
        let cx = testing::context("table.numbers");
        let start = cx.clock.monotonic();
        let given_up = testing::block_on(until(&cx, "the table", Duration::from_secs(60), || async {
            Ok(Look::<()>::Continue("CREATING".to_owned()))
        }));
        let error = given_up.err().filter(|error| error.class == Class::NotYet);
        assert!(error.is_some_and(|error| error.message.contains("CREATING")));
        assert!(cx.clock.monotonic() - start <= Duration::from_secs(60));
    }
}
