//! How long the best five take: `cargo bench -p vanity`.
//!
//! Each iteration of the Criterion part goes on to the next number of a fixed sample, so its mean is the mean over the
//! sample, with whatever else the machine does in it. What is printed after it holds also on a machine with other work:
//! the mean with every block of the sample at its fastest of several passes, the worst number of the sample at its fastest
//! of many looks, and how many numbers one thread and two get through in a second in the fastest of several runs.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group};
use vanity::{Number, best_five};

/// So many numbers of each kind, the same in every run.
const SAMPLE: u64 = 200_000;
/// How many of the slowest are looked at again, and how often.
const SUSPECTS: usize = 2_000;
const LOOKS: usize = 100;
const RUNS: usize = 15;
/// How many numbers are looked at in one go, long enough to time and short enough to stay undisturbed.
const BLOCK: usize = 1_000;

/// Numbers by kind: near has only seven digits that can be letters.
fn kinds() -> [(&'static str, Vec<Number>); 3] {
    [
        ("seven digits", sample(|mixed| format!("+1110{:07}", mixed % 10_000_000))),
        ("ten digits", sample(|mixed| format!("+1{:010}", mixed % 10_000_000_000))),
        ("ten digits, all with letters", sample(|mixed| format!("+1{}", lettered(mixed)))),
    ]
}

fn sample(number: impl Fn(u64) -> String) -> Vec<Number> {
    (0..SAMPLE).map(|at| Number::parse(&number(mixed(at))).expect("a number")).collect()
}

/// Spreads a counter over all numbers (splitmix64).
fn mixed(at: u64) -> u64 {
    let step = (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let step = (step ^ step >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let step = (step ^ step >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    step ^ step >> 31
}

fn lettered(mixed: u64) -> String {
    (0..10).map(|place| char::from(b'2' + (mixed >> (3 * place) & 7) as u8)).collect()
}

fn means(criterion: &mut Criterion) {
    for (name, numbers) in kinds() {
        let mut next = numbers.iter().cycle();
        criterion.bench_function(&format!("best five, {name}"), |bencher| {
            bencher.iter(|| best_five(black_box(next.next().expect("a cycle has no end"))));
        });
        let mut next = numbers.iter().cycle();
        criterion.bench_function(&format!("best five and their texts, {name}"), |bencher| {
            bencher.iter(|| best_five(black_box(next.next().expect("a cycle has no end"))).stored().map(black_box).count());
        });
    }
}

fn mean(numbers: &[Number], what: impl Fn(&Number)) -> f64 {
    let pass = |block: &[Number]| {
        let started = Instant::now();
        block.iter().for_each(|number| what(black_box(number)));
        started.elapsed()
    };
    let total: Duration = numbers.chunks(BLOCK).map(|block| (0..RUNS).map(|_| pass(block)).min().unwrap_or_default()).sum();
    total.as_secs_f64() * 1e9 / numbers.len() as f64
}

fn worst(numbers: &[Number]) -> (Duration, Number) {
    let mut slowest: Vec<_> = numbers.iter().map(|number| (time(number), *number)).collect();
    slowest.sort_unstable_by_key(|(time, _)| std::cmp::Reverse(*time));
    let again = slowest.iter().take(SUSPECTS).map(|(_, number)| ((0..LOOKS).map(|_| time(number)).min(), *number));
    again.max().map(|(time, number)| (time.expect("looked at"), number)).expect("numbers")
}

fn time(number: &Number) -> Duration {
    let started = Instant::now();
    black_box(best_five(black_box(number)));
    started.elapsed()
}

/// Numbers a second with so many threads, in the fastest of several runs.
fn rate(numbers: &[Number], threads: usize) -> f64 {
    let run = || {
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| numbers.iter().for_each(|number| _ = black_box(best_five(black_box(number)))));
            }
        });
        (numbers.len() * threads) as f64 / started.elapsed().as_secs_f64()
    };
    (0..RUNS).map(|_| run()).fold(0.0, f64::max)
}

criterion_group!(benches, means);

fn main() {
    benches();
    // `cargo test --benches` only tries whether everything runs.
    if std::env::args().all(|argument| argument != "--bench") {
        return;
    }
    for (name, numbers) in kinds() {
        let found = mean(&numbers, |number| _ = black_box(best_five(number)));
        let written = mean(&numbers, |number| best_five(number).stored().for_each(|form| _ = black_box(form)));
        let (worst, number) = worst(&numbers);
        let [one, two] = [1, 2].map(|threads| rate(&numbers, threads) / 1e6);
        println!("{name}: mean {found:.0} ns, with the texts {written:.0} ns, worst {worst:?} ({number})");
        println!("{name}: {one:.2} million numbers a second on one thread, {two:.2} on two");
    }
    Criterion::default().configure_from_args().final_summary();
}
