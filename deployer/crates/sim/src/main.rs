//! The simulator, by hand.

use clap::Parser;
use sim::exhaustive::{Workload, visit};
use sim::fault::Fault;
use sim::specs::Shipped;

#[derive(Parser)]
struct Args {
    #[arg(long, default_value_t = 1)]
    every: usize,
    #[arg(long)]
    trace: bool,
    #[arg(long)]
    fault: Option<usize>,
}

fn main() {
    let args = Args::parse();
    let faults: Vec<Fault> = match args.fault {
        Some(f) => vec![Fault::ALL[f]],
        None => Fault::ALL.to_vec(),
    };
    for workload in [Workload::Apply(Shipped::Dev), Workload::Destroy(Shipped::Dev)] {
        let start = std::time::Instant::now();
        match visit(&workload, &faults, args.every, None) {
            Err(violation) => println!("{}: {violation}", workload.name()),
            Ok(visited) => {
                println!("{}: {:?} {:?} {:?}", workload.name(), visited.points, visited.tally, start.elapsed());
                for point in visited.failed {
                    println!("  call {} {:?}: {}", point.call, point.fault, point.violation.unwrap());
                    if args.trace {
                        println!("{}", point.trace);
                    }
                }
            }
        }
    }
}
