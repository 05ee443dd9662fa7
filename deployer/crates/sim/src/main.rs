//! The simulator's command line, for interactive use and CI.

mod work;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use sim::exhaustive::{Table, Workload};
use sim::fault::Fault;
use sim::measure::{self, MeasuredStack};
use sim::mutants::Mutant;
use sim::random;
use sim::scenario::{Scenario, Stats};
use sim::shrink::shrink;
use sim::specs::BaseSpec;

use work::parallel_map;

/// Runs the deployer against the embedded AWS in virtual time, with faults injected at any call, and checks the resulting resources.
#[derive(Parser)]
#[command(name = "sim")]
struct Args {
    #[command(subcommand)]
    mode: Option<Mode>,
    /// Number of random simulations to run.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// First seed.
    #[arg(long, global = true, default_value_t = 0)]
    from: u64,
    /// Use only this spec.
    #[arg(long, global = true, value_parser = spec)]
    spec: Option<BaseSpec>,
    /// Start no simulation after this many seconds.
    #[arg(long, global = true, value_name = "SECONDS")]
    time: Option<u64>,
    /// Number of simulations that run in parallel; by default the number of processors.
    #[arg(long, global = true)]
    threads: Option<usize>,
    /// Directory for failing simulations, shrunk to minimal ones.
    #[arg(long, global = true, value_name = "DIRECTORY")]
    save: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Mode {
    /// Inject every fault at every call of every workload, and print the table that the README quotes.
    Exhaustive {
        /// Use only every nth call, starting at a different one for each fault.
        #[arg(long, default_value_t = 1)]
        every: usize,
        /// Inject only this fault, by its name in scenario files.
        #[arg(long, value_parser = fault)]
        fault: Option<Fault>,
    },
    /// Run engines with one defect each, and print which simulation detected it.
    Broken {
        /// Maximum number of simulations for each defect.
        #[arg(long, default_value_t = 1000)]
        most: u64,
        /// Use only this defect, by its name in kebab case.
        #[arg(long, value_parser = defect)]
        only: Option<Mutant>,
    },
    /// Measure the commands without faults: calls, round trips, and the time of an apply compared to AWS's own delays.
    Measure {
        /// Print every call of the shipped stack.
        #[arg(long)]
        trace: bool,
        /// Factor by which AWS's delays are shortened in the trace; by default there are no delays.
        #[arg(long)]
        speed: Option<f64>,
        /// Number of seeds of latencies and stacks.
        #[arg(long, default_value_t = 1000)]
        makespans: u64,
    },
    /// Replay a scenario file, or the simulation of a seed, and print everything that happens.
    Replay {
        /// Scenario file, or seed.
        what: String,
    },
}

fn spec(name: &str) -> Result<BaseSpec, String> {
    named(name)
}

fn defect(name: &str) -> Result<Mutant, String> {
    named(name)
}

fn fault(name: &str) -> Result<Fault, String> {
    named(name)
}

fn named<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(name.into()).map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    let args = Args::parse();
    let deadline = args.time.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let good = match args.mode {
        None => seeds(args.from..args.from + args.seeds, args.spec, threads, deadline, args.save.as_deref()),
        Some(Mode::Exhaustive { every, fault }) => exhaustive(args.spec, every.max(1), fault, threads, deadline),
        Some(Mode::Broken { most, only }) => broken(args.from..args.from + most, args.spec, only, threads),
        Some(Mode::Measure { trace, speed, makespans }) => {
            measured(trace, speed, args.from..args.from + makespans, threads).map_err(|fault| eprintln!("{fault}")).is_ok()
        }
        Some(Mode::Replay { what }) => replay(&what, args.spec),
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn seeds(
    seeds: std::ops::Range<u64>,
    spec: Option<BaseSpec>,
    threads: usize,
    deadline: Option<Instant>,
    save: Option<&std::path::Path>,
) -> bool {
    let begun = Instant::now();
    let (mut tally, mut played, mut failed) = (Stats::default(), 0_u64, 0_u64);
    let work = |seed: u64| {
        let scenario = random::scenario_of(spec, seed);
        let (simulation, verdict) = scenario.execute(None);
        let failure = verdict.err().map(|violation| shrink(&scenario, violation, None));
        (seed, simulation.stats, failure)
    };
    parallel_map(seeds, threads, deadline, work, |(seed, part, failure)| {
        tally += part;
        played += 1;
        if let Some(smallest) = failure {
            failed += 1;
            reported(seed, &smallest, save);
        }
    });
    let Stats { runs, calls, faults } = tally;
    let seconds = begun.elapsed().as_secs();
    println!("{played} seeds, {runs} runs, {calls} calls, {faults} faults met, {failed} violations, {seconds} s");
    failed == 0 && played > 0
}

fn reported(seed: u64, smallest: &Scenario, save: Option<&std::path::Path>) {
    let found = smallest.found.as_ref().map(ToString::to_string).unwrap_or_default();
    let text = serde_json::to_string_pretty(smallest).unwrap_or_default();
    println!("seed {seed}: {found}\n{text}");
    if let Some(directory) = save {
        let invariant = smallest.found.as_ref().map_or("", |violation| violation.invariant.as_str());
        let path = directory.join(format!("{invariant}-{seed}.json"));
        if let Err(error) = std::fs::write(&path, text + "\n") {
            eprintln!("{}: {error}", path.display());
        }
    }
}

fn exhaustive(spec: Option<BaseSpec>, every: usize, fault: Option<Fault>, threads: usize, deadline: Option<Instant>) -> bool {
    let begun = Instant::now();
    let specs = BaseSpec::EVERY.into_iter().filter(|shipped| spec.is_none_or(|spec| spec == *shipped));
    let mut prepared = Vec::new();
    for workload in specs.flat_map(Workload::all) {
        let name = workload.name();
        match workload.prepare() {
            Ok(ready) => prepared.push(ready),
            Err(violation) => {
                println!("{name}, with nothing going wrong: {violation}");
                return false;
            }
        }
    }
    let points = prepared.iter().enumerate().flat_map(|(index, ready)| {
        let faults = Fault::ALL.into_iter().enumerate().filter(move |(_, other)| fault.is_none_or(|fault| fault == *other));
        faults.flat_map(move |(shift, fault)| {
            // A fault that applies to few calls is injected at each of them.
            let every = if fault == Fault::FailsAsync { 1 } else { every };
            let calls =
                (shift % every..ready.calls.len()).step_by(every).filter(move |call| fault.applies_to(ready.calls[*call]));
            calls.map(move |call| (index, call, fault))
        })
    });
    let mut points: Vec<_> = points.collect();
    // So that the points within the time limit are spread evenly.
    fastrand::Rng::with_seed(0).shuffle(&mut points);
    let (planned, mut visited, mut table) = (points.len(), 0_usize, Table::default());
    parallel_map(
        points,
        threads,
        deadline,
        |(index, call, fault)| (index, prepared[index].run_with_fault(call, fault, None)),
        |(index, point)| {
            let ready = &prepared[index];
            table.add(&ready.workload.name(), ready.calls.len(), &point);
            visited += 1;
            if let Some(violation) = &point.violation {
                println!("{}, call {}, {}: {violation}\n{}", ready.workload.name(), point.call, point.fault.name(), point.trace);
            }
        },
    );
    println!("{}", table.markdown());
    println!("{visited} of {planned} points visited, {} violations, {} s", table.failed(), begun.elapsed().as_secs());
    table.failed() == 0
}

fn broken(seeds: std::ops::Range<u64>, spec: Option<BaseSpec>, only: Option<Mutant>, threads: usize) -> bool {
    let most = seeds.end - seeds.start;
    println!("| engine | noticed by | simulation | of |\n|---|---|--:|--:|");
    let mut missed = 0;
    parallel_map(
        Mutant::ALL.into_iter().filter(|defect| only.is_none_or(|only| only == *defect)),
        threads,
        None,
        |defect| (defect, random::first_failure(spec, seeds.clone(), defect)),
        |(defect, found)| match found {
            Some((seed, violation)) => println!("| {} | {} | {seed} | {most} |", defect.name(), violation.invariant),
            None => {
                missed += 1;
                println!("| {} | **nothing** | | {most} |", defect.name());
            }
        },
    );
    missed == 0
}

fn measured(trace: bool, speed: Option<f64>, seeds: std::ops::Range<u64>, threads: usize) -> Result<(), String> {
    for with_connect in [false, true] {
        let subject = MeasuredStack::shipped(with_connect)?;
        if trace {
            print!("{}", measure::trace(&subject, speed)?);
            continue;
        }
        println!("{}: {} resources", subject.name, subject.wanted.graph.nodes.len());
        for cost in measure::costs(&subject)? {
            println!("  {:8} {:4} calls, {:3} round trips", cost.name, cost.calls, cost.depth);
        }
    }
    if trace {
        return Ok(());
    }
    let shipped = [MeasuredStack::shipped(false)?, MeasuredStack::shipped(true)?];
    for (name, number) in [("local without Connect", 0), ("local", 1), ("generated", 2)] {
        let subject = |seed| if let Some(subject) = shipped.get(number) { Ok(subject.clone()) } else { measure::generated(seed) };
        let mut ratios: Vec<(f64, u64)> = Vec::new();
        let mut failed = None;
        let work =
            |seed: u64| subject(seed).and_then(|subject| measure::makespan(&subject, seed)).map(|took| (took.ratio(), seed));
        parallel_map(seeds.clone(), threads, None, work, |ratio| match ratio {
            Ok(ratio) => ratios.push(ratio),
            Err(fault) => failed = Some(fault),
        });
        if let Some(fault) = failed {
            return Err(fault);
        }
        ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (median, worst) = (ratios[ratios.len() / 2].0, ratios[ratios.len() - 1]);
        println!(
            "{name}: {} seeds, apply takes {median:.3} of the critical path, at worst {:.3} (seed {})",
            ratios.len(),
            worst.0,
            worst.1
        );
    }
    Ok(())
}

fn replay(what: &str, spec: Option<BaseSpec>) -> bool {
    let scenario = match what.parse::<u64>() {
        Ok(seed) => random::scenario_of(spec, seed),
        Err(_) => match std::fs::read_to_string(what)
            .map_err(|error| error.to_string())
            .and_then(|text| serde_json::from_str::<Scenario>(&text).map_err(|error| error.to_string()))
        {
            Ok(scenario) => scenario,
            Err(error) => {
                eprintln!("{what}: {error}");
                return false;
            }
        },
    };
    let (simulation, verdict) = scenario.execute(None);
    print!("{}", simulation.trace);
    let verdict = verdict.map_err(|violation| println!("{violation}"));
    verdict.is_ok()
}
