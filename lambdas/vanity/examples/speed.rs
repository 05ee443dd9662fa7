//! Measures `best_five`: mean and worst time for seven and for ten digits.

use std::hint::black_box;
use std::time::{Duration, Instant};

use vanity::{Number, best_five};

fn main() {
    measure("seven digits", 10_000_000, |at| format!("+1110{at:07}"));
    measure("ten digits", 2_000_000, |at| format!("+1{:010}", at.wrapping_mul(4_999_999_937) % 10_000_000_000));
    measure("ten digits, all with letters", 1_000_000, |at| {
        let mixed = at.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let digit = |place: u64| char::from(b'2' + (mixed >> (34 + 3 * place) & 7) as u8);
        format!("+1{}", (0..10).map(digit).collect::<String>())
    });
}

fn measure(name: &str, count: u64, number: impl Fn(u64) -> String) {
    let numbers: Vec<Number> = (0..count).map(|at| Number::parse(&number(at)).expect("a number")).collect();
    let started = Instant::now();
    for number in &numbers {
        black_box(best_five(black_box(number)));
    }
    let mean = started.elapsed() / numbers.len() as u32;
    // A single look is disturbed by whatever else runs, so the slowest are looked at again.
    let mut slowest: Vec<_> = numbers.iter().map(|number| (time(number), *number)).collect();
    slowest.sort_unstable_by_key(|(time, _)| std::cmp::Reverse(*time));
    let again = slowest.iter().take(10_000).map(|(_, number)| ((0..20).map(|_| time(number)).min(), number));
    let (worst, number) = again.max().expect("numbers");
    println!("{name}: mean {mean:?}, worst {:?} ({number})", worst.expect("twenty times"));
}

fn time(number: &Number) -> Duration {
    let started = Instant::now();
    black_box(best_five(black_box(number)));
    started.elapsed()
}
