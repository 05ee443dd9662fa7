//! Every call of a workload meets every fault, one at a time.

use std::collections::BTreeMap;

use crate::broken::Defect;
use crate::fault::Fault;
use crate::invariants::Violation;
use crate::machine::Command;
use crate::scenario::{Checkpoint, Faults, Play, Tally};
use crate::specs::{Edit, Shipped, Wish};

/// What is done while something goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Workload {
    /// A spec is applied to an account that has nothing of it.
    Apply(Shipped),
    /// An applied spec is applied with one thing changed.
    Update(Shipped, Edit),
    /// An applied spec is destroyed.
    Destroy(Shipped),
}

impl Workload {
    /// What the table calls it.
    pub fn name(&self) -> String {
        match self {
            Self::Apply(spec) => format!("{}: apply", spec.name()),
            Self::Update(spec, edit) => format!("{}: {}", spec.name(), edit.name()),
            Self::Destroy(spec) => format!("{}: destroy", spec.name()),
        }
    }

    fn wish(&self) -> Wish {
        match self {
            Self::Apply(spec) | Self::Destroy(spec) => Wish::of(*spec),
            Self::Update(spec, edit) => Wish::of(*spec).with(*edit),
        }
    }

    fn is_destroy(&self) -> bool {
        matches!(self, Self::Destroy(_))
    }
}

/// One place where something went wrong, and what came of it.
#[derive(Debug, Clone)]
pub struct Point {
    /// The number of the call.
    pub call: usize,
    /// The fault it met.
    pub fault: Fault,
    /// What did not hold, if anything.
    pub violation: Option<Violation>,
    /// Everything that happened, if something did not hold.
    pub trace: String,
}

/// What visiting every point of a workload came to.
#[derive(Debug, Default)]
pub struct Visited {
    /// How many points each fault had.
    pub points: BTreeMap<Fault, usize>,
    /// The points where something did not hold.
    pub failed: Vec<Point>,
    /// How much was done.
    pub tally: Tally,
}

/// Visits every call of `workload` with each of `faults`. `every` visits only each so many-th call.
///
/// # Errors
/// If the workload fails even when nothing goes wrong.
pub fn visit(workload: &Workload, faults: &[Fault], every: usize, defect: Option<Defect>) -> Result<Visited, Violation> {
    let mut visited = Visited::default();
    let start = start(workload, &mut visited.tally)?;
    let command = command(workload)?;
    let mut calm = Play::go_on(&start, 0, None);
    calm.run(command.clone(), &Faults::new())?;
    let calls = calm.last_run;
    calm.conclude(&workload.wish(), workload.is_destroy())?;
    for call in (0..calls).step_by(every.max(1)) {
        for &fault in faults {
            let mut play = Play::go_on(&start, 1 + call as u64, defect);
            let verdict = play
                .run(command.clone(), &Faults::from([(call, fault)]))
                .map(drop)
                .and_then(|()| play.conclude(&workload.wish(), workload.is_destroy()));
            visited.tally += play.tally;
            *visited.points.entry(fault).or_default() += 1;
            if let Err(violation) = verdict {
                visited.failed.push(Point { call, fault, violation: Some(violation), trace: play.trace });
            }
        }
    }
    Ok(visited)
}

fn command(workload: &Workload) -> Result<Command, Violation> {
    let wanted = workload.wish().wanted().map_err(|fault| Violation::new("scenario", fault))?;
    Ok(if workload.is_destroy() { Command::Destroy(wanted) } else { Command::Apply(wanted) })
}

fn start(workload: &Workload, tally: &mut Tally) -> Result<Checkpoint, Violation> {
    let mut play = Play::begin(workload.wish().spec, 0, None);
    let (Workload::Update(spec, _) | Workload::Destroy(spec)) = workload else { return Ok(play.checkpoint()) };
    let wish = Wish::of(*spec);
    play.conclude(&wish, false)?;
    *tally += play.tally;
    Ok(play.checkpoint())
}
