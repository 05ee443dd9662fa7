//! Independent work on several threads, with results in order.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Instant;

/// Runs `work` for each item on `threads` threads, and passes the results to `tell` in the order of the items. Starts nothing after
/// `deadline`.
pub(crate) fn parallel_map<I, T, R>(
    items: T,
    threads: usize,
    deadline: Option<Instant>,
    work: impl Fn(I) -> R + Sync,
    mut tell: impl FnMut(R),
) where
    T: IntoIterator<Item = I>,
    T::IntoIter: Send,
    I: Send,
    R: Send,
{
    let items = Mutex::new(items.into_iter().enumerate());
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                while deadline.is_none_or(|deadline| Instant::now() < deadline) {
                    let Some((number, item)) = next() else { break };
                    if sender.send((number, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let (mut early, mut expected) = (BTreeMap::new(), 0);
        for (number, result) in results {
            early.insert(number, result);
            while let Some(result) = early.remove(&expected) {
                tell(result);
                expected += 1;
            }
        }
    });
}
