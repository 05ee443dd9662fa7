//! Measures `best_five`: mean and worst time for seven and for ten digits.

use std::hint::black_box;
use std::time::{Duration, Instant};

use vanity::{Number, best_five};

fn main() {
    measure("seven digits", 10_000_000, 1, |at| format!("+1110{at:07}"));
    measure("ten digits", 2_000_000, 1, |at| format!("+1{:010}", at.wrapping_mul(4_999_999_937) % 10_000_000_000));
    measure("ten digits with letters", 1_000_000, 1, |at| {
        format!(
            "+1{}",
            (0..10)
                .fold((at.wrapping_mul(0x9e37_79b9_7f4a_7c15), String::new()), |(seed, text), _| (
                    seed / 8,
                    format!("{text}{}", seed % 8 + 2)
                ))
                .1
        )
    });
}

fn measure(name: &str, count: u64, step: u64, number: impl Fn(u64) -> String) {
    let numbers: Vec<Number> =
        (0..count).step_by(step as usize).map(|at| Number::parse(&number(at)).expect("a number")).collect();
    let started = Instant::now();
    for number in &numbers {
        black_box(best_five(black_box(number)));
    }
    let mean = started.elapsed() / numbers.len() as u32;
    let worst = numbers.iter().map(|number| (time(number), number)).max().expect("numbers");
    // The first look finds candidates, disturbed by whatever else runs; the least of many is the cost.
    let least = (0..1_000).map(|_| time(worst.1)).min().expect("times");
    println!("{name}: mean {mean:?}, slowest {} {:?} (least of 1000: {least:?})", worst.1, worst.0);
}

fn time(number: &Number) -> Duration {
    let started = Instant::now();
    black_box(best_five(black_box(number)));
    started.elapsed()
}
