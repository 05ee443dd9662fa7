//! `deployer graph`: draws the resources of a spec and what they depend on.

mod picture;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use deployer_engine::{Address, Graph};

use super::print;
use crate::failure::{Exit, Failure};
use crate::project::Project;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// What to write: `mermaid`, for Markdown; `dot`, for Graphviz; `svg`, a picture.
    #[arg(long, value_name = "FORMAT", default_value = "mermaid", hide_default_value = true)]
    format: Format,
    /// Draw only this resource, what it depends on and what depends on it.
    #[arg(long, value_name = "ADDRESS", value_parser = super::args::address)]
    of: Option<Address>,
    /// Also draw the dependencies that follow from others.
    #[arg(long)]
    all: bool,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Mermaid,
    Dot,
    Svg,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let project = Project::load(&args.env)?;
    let provider = &project.spec.provider;
    let graph = project.graph_in(provider.account().as_str(), provider.region().as_str())?;
    let mut stack = Stack::of(&graph)?;
    if let Some(address) = &args.of {
        if !stack.nodes.contains_key(address) {
            let failure = Failure::input(format!("--of {address}: the spec has no resource with this address"));
            return Err(failure.suggest(address.as_str(), stack.nodes.keys().map(Address::as_str)));
        }
        stack.keep_around(address);
    }
    if !args.all {
        stack.reduce();
    }
    let title = format!("{} {}", project.spec.project, project.spec.environment);
    let drawn = match args.format {
        Format::Mermaid => text::mermaid(&stack),
        Format::Dot => text::dot(&stack, &title),
        Format::Svg => picture::svg(&stack, &title),
    };
    match &args.out {
        Some(path) => std::fs::write(path, drawn).map_err(|error| Failure::io(path, error))?,
        None => print(&drawn)?,
    }
    Ok(Exit::Success)
}

/// A resource to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Drawn {
    type_name: String,
    dependencies: BTreeSet<Address>,
    /// Length of the longest chain of dependencies.
    depth: usize,
}

/// The resources to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stack {
    nodes: BTreeMap<Address, Drawn>,
}

impl Stack {
    fn of(graph: &Graph) -> Result<Self, Failure> {
        let mut nodes: BTreeMap<Address, Drawn> = BTreeMap::new();
        for address in graph.order()? {
            let dependencies = graph.dependencies(&address);
            let depth = dependencies.iter().filter_map(|on| nodes.get(on)).map(|on| on.depth + 1).max().unwrap_or_default();
            let type_name = graph.nodes.get(&address).map(|node| node.type_name.clone()).unwrap_or_default();
            nodes.insert(address, Drawn { type_name, dependencies, depth });
        }
        Ok(Self { nodes })
    }

    /// Returns everything that is reached from `start`.
    fn reached<'s>(start: &'s Address, next: impl Fn(&Address) -> Vec<&'s Address>) -> BTreeSet<&'s Address> {
        let (mut found, mut open) = (BTreeSet::from([start]), vec![start]);
        while let Some(address) = open.pop() {
            open.extend(next(address).into_iter().filter(|other| found.insert(other)));
        }
        found
    }

    fn dependencies(&self, address: &Address) -> Vec<&Address> {
        self.nodes.get(address).into_iter().flat_map(|node| &node.dependencies).collect()
    }

    fn dependents(&self, address: &Address) -> Vec<&Address> {
        self.nodes.iter().filter(|(_, node)| node.dependencies.contains(address)).map(|(other, _)| other).collect()
    }

    /// Keeps only the resource at `address`, its dependencies and its dependents.
    fn keep_around(&mut self, address: &Address) {
        let mut kept = Self::reached(address, |at| self.dependencies(at));
        kept.extend(Self::reached(address, |at| self.dependents(at)));
        let kept: BTreeSet<Address> = kept.into_iter().cloned().collect();
        self.nodes.retain(|at, _| kept.contains(at));
        self.nodes.values_mut().for_each(|node| node.dependencies.retain(|on| kept.contains(on)));
    }

    /// Removes the dependencies that follow from others.
    fn reduce(&mut self) {
        let whole = self.clone();
        for node in self.nodes.values_mut() {
            let all = node.dependencies.clone();
            node.dependencies.retain(|on| {
                let others = all.iter().filter(|other| *other != on);
                !others.into_iter().any(|other| Stack::reached(other, |at| whole.dependencies(at)).contains(on))
            });
        }
    }

    /// Returns the pairs of a resource and one that it depends on.
    fn edges(&self) -> impl Iterator<Item = (&Address, &Address)> {
        self.nodes.iter().flat_map(|(address, node)| node.dependencies.iter().map(move |on| (address, on)))
    }
}

#[cfg(test)]
mod tests {
    use deployer_engine::Expr;
    use serde_json::json;

    use super::*;

    fn at(name: &str) -> Address {
        Address::new("thing", name)
    }

    /// Returns a graph from lines `a: b c`, a resource and what it depends on.
    fn stack(lines: &[&str]) -> Stack {
        let mut graph = Graph::default();
        for line in lines {
            let (name, on) = line.split_once(':').expect("a colon");
            graph.insert(at(name), "test.thing", Expr::from(json!({})), on.split_whitespace().map(at));
        }
        Stack::of(&graph).expect("no cycle")
    }

    #[test]
    fn reduction_keeps_what_is_reachable() {
        let whole = stack(&["a:", "b: a", "c: a b", "d: a c b", "e:"]);
        let mut reduced = whole.clone();
        reduced.reduce();
        let edges: Vec<String> = reduced.edges().map(|(from, to)| format!("{}{}", from.name(), to.name())).collect();
        assert_eq!(edges, ["ba", "cb", "dc"]);
        for address in whole.nodes.keys() {
            let reached = |stack: &Stack| -> BTreeSet<Address> {
                Stack::reached(address, |at| stack.dependencies(at)).into_iter().cloned().collect()
            };
            assert_eq!(reached(&whole), reached(&reduced));
        }
    }

    #[test]
    fn resource_is_drawn_with_both_directions() {
        let mut around = stack(&["a:", "b: a", "c: b", "d: a"]);
        around.keep_around(&at("b"));
        assert_eq!(around.nodes.keys().map(Address::name).collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn picture_has_every_resource_once_and_fits_its_frame() {
        let lines: Vec<String> =
            (0..40).map(|n| format!("n{n}: {}", if n > 8 { format!("n{} n{}", n / 2, n / 3) } else { String::new() })).collect();
        let stack = stack(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let svg = picture::svg(&stack, "a <b> & c");
        let document = roxmltree::Document::parse(&svg).expect("well-formed");
        let number = |node: roxmltree::Node<'_, '_>, name: &str| node.attribute(name).and_then(|text| text.parse::<f64>().ok());
        let width = number(document.root_element(), "width").expect("a width");
        let height = number(document.root_element(), "height").expect("a height");
        let boxes: Vec<_> =
            document.descendants().filter(|node| node.has_tag_name("rect") && node.attribute("rx").is_some()).collect();
        assert_eq!(boxes.len(), 40);
        let places: Vec<(f64, f64, f64, f64)> = boxes
            .iter()
            .map(|node| {
                let [x, y, w, h] = ["x", "y", "width", "height"].map(|name| number(*node, name).expect("a number"));
                (x, y, w, h)
            })
            .collect();
        for (index, (x, y, w, h)) in places.iter().enumerate() {
            assert!(*x >= 0.0 && *y >= 0.0 && x + w <= width && y + h <= height && width <= 1_300.0);
            let overlaps = |(a, b, c, d): &(f64, f64, f64, f64)| x < &(a + c) && a < &(x + w) && y < &(b + d) && b < &(y + h);
            assert!(!places[..index].iter().any(overlaps), "two boxes in one place");
        }
        assert_eq!(
            document.descendants().filter(|node| node.has_tag_name("path") && node.attribute("class") == Some("edge")).count(),
            stack.edges().count()
        );
    }
}
