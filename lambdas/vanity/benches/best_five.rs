//! Benchmarks of the search for the best five vanity numbers: `cargo bench -p vanity`.
//!
//! Each iteration of the Criterion part takes the next number of a fixed sample, so its mean is the mean over the sample,
//! including other load on the machine. The figures printed after it are also valid on a machine with other load: the mean
//! with every block of the sample at its fastest of several passes; the slowest number, for seven digits of all ten million,
//! at its fastest of many measurements; and the throughput of one thread and of two, in numbers per second of CPU time.

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group};
use vanity::{Number, best_five};

/// Number of samples of each kind, the same in every run.
const SAMPLE: u64 = 200_000;
/// Number of the slowest numbers that are measured again, and number of these measurements: enough to include a number that
/// was interrupted at its first measurement, and not to lose a slow one.
const SUSPECTS: usize = 50_000;
const LOOKS: usize = 25;
/// Number of ten-digit numbers among which the slowest is searched; with seven digits, all.
const MANY: u64 = 10_000_000;
const RUNS: usize = 15;
/// Number of passes of a thread over the sample, to run for about a second.
const ROUNDS: usize = 15;
/// Number of calls that are timed at once: long enough to measure and short enough to stay undisturbed.
const BLOCK: usize = 1_000;

/// A function that derives the text of a number from a counter.
type Kind = fn(u64) -> String;

/// Numbers by kind; `near` has only seven digits that can be letters.
const KINDS: [(&str, Kind, Kind); 3] = [
    ("seven digits", |at| near(mixed(at)), near),
    ("ten digits", |at| format!("+1{:010}", mixed(at) % 10_000_000_000), |at| format!("+1{:010}", mixed(at) % 10_000_000_000)),
    ("ten digits, all with letters", |at| lettered(mixed(at)), |at| lettered(mixed(at))),
];

fn near(last: u64) -> String {
    format!("+1110{:07}", last % 10_000_000)
}

fn lettered(mixed: u64) -> String {
    let digits: String = (0..10).map(|place| char::from(b'2' + (mixed >> (3 * place) & 7) as u8)).collect();
    format!("+1{digits}")
}

fn sample(kind: Kind) -> Vec<Number> {
    (0..SAMPLE).map(|at| parsed(kind, at)).collect()
}

fn parsed(kind: Kind, at: u64) -> Number {
    Number::parse(&kind(at)).expect("a number")
}

/// Spreads a counter over all numbers (splitmix64).
fn mixed(at: u64) -> u64 {
    let step = (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let step = (step ^ step >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let step = (step ^ step >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    step ^ step >> 31
}

fn means(criterion: &mut Criterion) {
    for (name, kind, _) in KINDS {
        let numbers = sample(kind);
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

/// Returns the mean time in nanoseconds. Each pass covers the whole sample, so that no block is repeated while it is in the
/// processor's caches.
fn mean(numbers: &[Number], what: impl Fn(&Number)) -> f64 {
    let mut fastest = vec![Duration::MAX; numbers.len().div_ceil(BLOCK)];
    for _ in 0..RUNS {
        for (block, fastest) in numbers.chunks(BLOCK).zip(&mut fastest) {
            let started = Instant::now();
            block.iter().for_each(|number| what(black_box(number)));
            *fastest = started.elapsed().min(*fastest);
        }
    }
    fastest.iter().sum::<Duration>().as_secs_f64() * 1e9 / numbers.len() as f64
}

/// Returns the slowest of many numbers, each with its fastest measurement.
fn worst(kind: Kind) -> (Duration, Number) {
    let mut suspects = Vec::with_capacity(2 * SUSPECTS);
    for at in 0..MANY {
        let number = parsed(kind, at);
        suspects.push((time(&number), number));
        if suspects.len() == suspects.capacity() {
            suspects.select_nth_unstable_by_key(SUSPECTS, |(time, _)| std::cmp::Reverse(*time));
            suspects.truncate(SUSPECTS);
        }
    }
    // One measurement per number and pass, so that no number is repeated while it is in the processor's caches.
    for _ in 0..LOOKS {
        suspects.iter_mut().for_each(|(fastest, number)| *fastest = time(number).min(*fastest));
    }
    suspects.into_iter().max().expect("numbers")
}

fn time(number: &Number) -> Duration {
    let started = Instant::now();
    black_box(best_five(black_box(number)));
    started.elapsed()
}

/// Returns the numbers per second with this many threads at once, each on its own core. CPU time of the threads counts, not
/// the time they wait for other programs. The fastest of several runs.
fn rate(numbers: &[Number], threads: usize) -> f64 {
    let thread = || {
        let started = ran();
        for _ in 0..ROUNDS {
            numbers.iter().for_each(|number| _ = black_box(best_five(black_box(number))));
        }
        (numbers.len() * ROUNDS) as f64 / ran().saturating_sub(started).as_secs_f64()
    };
    let run = || {
        std::thread::scope(|scope| {
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(thread)).collect();
            running.into_iter().map(|thread| thread.join().expect("no panic")).sum()
        })
    };
    (0..3).map(|_| run()).fold(0.0, f64::max)
}

/// Returns the CPU time of this thread, to a hundredth of a second (Linux, `proc_pid_stat`: user and system time are the 14th
/// and 15th field); elsewhere the elapsed time.
fn ran() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let passed = START.get_or_init(Instant::now).elapsed();
    let Ok(text) = std::fs::read_to_string("/proc/thread-self/stat") else { return passed };
    // The second field is the program's name, which may contain anything.
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

criterion_group!(benches, means);

fn main() {
    benches();
    // `cargo test --benches` only checks that everything runs.
    if std::env::args().all(|argument| argument != "--bench") {
        return;
    }
    for (name, kind, every) in KINDS {
        let numbers = sample(kind);
        let found = mean(&numbers, |number| _ = black_box(best_five(number)));
        let written = mean(&numbers, |number| best_five(number).stored().for_each(|form| _ = black_box(form)));
        let (worst, number) = worst(every);
        let [one, two] = [1, 2].map(|threads| rate(&numbers, threads) / 1e6);
        println!("{name}: mean {found:.0} ns, with the texts {written:.0} ns, worst {worst:?} ({number})");
        println!("{name}: {one:.2} million numbers a second on one core, {two:.2} on two");
    }
    Criterion::default().configure_from_args().final_summary();
}
