//! The limits under which a function's process runs, as far as the operating system has them.
//!
//! On Linux: files by Landlock (kernel 5.13), TCP connections by Landlock (6.7), signals to others by Landlock (6.12), other kinds of
//! sockets by seccomp, and address space for data, file size and core dumps by resource limits. A Landlock domain and a seccomp filter
//! belong to a thread and are inherited by what it starts, so a thread restricts itself, starts the process and ends: no code runs
//! between fork and exec. Elsewhere there are no limits; `unenforced` says so.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::process::{Child, Command};

/// Memory for data beyond the function's own size before an allocation fails: the watch over the memory in use ends the process
/// earlier, except where it takes memory faster than anybody can watch.
#[cfg(target_os = "linux")]
const DATA_MARGIN_MB: u64 = 512;
/// The largest file, in bytes: all of the storage that a function has where nothing is configured (Lambda quotas page: /tmp, 512 MB).
#[cfg(target_os = "linux")]
const MAX_FILE: u64 = 512 << 20;

/// What one process may reach.
#[derive(Debug, Clone)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has these limits"))]
pub(super) struct Limits {
    /// Read and executed.
    pub(super) code: PathBuf,
    /// Read and written.
    pub(super) directory: PathBuf,
    /// TCP ports that it may connect to: the embedded AWS and its own Runtime API.
    pub(super) ports: Vec<u16>,
    /// Its size in MB.
    pub(super) memory: u32,
}

/// Starts a process under limits.
///
/// # Errors
/// What the operating system says, of the limits or of the program.
pub(super) async fn spawn(mut command: Command, limits: Limits) -> io::Result<Child> {
    let runtime = tokio::runtime::Handle::current();
    let (done, started) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("starts-function".into()).spawn(move || {
        let _entered = runtime.enter();
        let child = system::restrict(&limits).and_then(|()| retry_while_busy(&mut command));
        // Nobody waits any more: the child is killed when dropped.
        let _ = done.send(child.inspect(|child| system::limit_resources(child, &limits)));
    })?;
    started.await.unwrap_or_else(|_| Err(io::Error::other("the thread that starts functions ended early")))
}

/// Another thread's fork can hold a just-written file open for a moment; that passes.
fn retry_while_busy(command: &mut Command) -> io::Result<Child> {
    let mut attempts = 0;
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && attempts < 50 => {
                attempts += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
}

/// Returns which limits of functions this system does not enforce, as a clause; `None` when all of them are.
pub fn unenforced() -> Option<String> {
    // A thread tries it on itself and ends.
    let attempt = std::thread::spawn(system::unenforced);
    attempt.join().unwrap_or_else(|_| Some("no limits: the attempt to set them failed".into()))
}

/// The memory in use by a process and by what it has started, and the most that the process itself has used, in MB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) now: u64,
    pub(super) peak: u64,
}

/// Returns the memory of a process, where the system says (`/proc`).
pub(super) fn memory(pid: u32) -> Option<Memory> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()
    };
    let peak = kilobytes("VmHWM:")?;
    let own = kilobytes("VmRSS:")?;
    Some(Memory { now: own.div_ceil(1024) + children(pid, 0), peak: peak.div_ceil(1024) })
}

/// Returns the memory in use by the children of a process and theirs, in MB.
fn children(pid: u32, depth: u8) -> u64 {
    if depth > 8 {
        return 0;
    }
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    let pids: Vec<u32> =
        lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect();
    let resident = |pid: u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()
    };
    pids.into_iter().map(|pid| resident(pid).unwrap_or_default().div_ceil(1024) + children(pid, depth + 1)).sum()
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::BTreeMap;
    use std::io;
    use std::path::Path;

    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, NetPort, RestrictionStatus, Ruleset,
        RulesetAttr, RulesetCreatedAttr, Scope, path_beneath_rules,
    };
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    use seccompiler::{BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule};
    use tokio::process::Child;

    use super::{DATA_MARGIN_MB, Limits, MAX_FILE};

    /// Programs, libraries and what they read at their start. Nothing of a user's home, no secret of the system's.
    const READABLE: &[&str] = &[
        "/bin",
        "/sbin",
        "/lib",
        "/lib32",
        "/lib64",
        "/usr",
        "/nix/store",
        "/gnu/store",
        "/etc/alternatives",
        "/etc/ca-certificates",
        "/etc/gai.conf",
        "/etc/group",
        "/etc/host.conf",
        "/etc/hosts",
        "/etc/ld.so.cache",
        "/etc/ld.so.conf",
        "/etc/ld.so.conf.d",
        "/etc/localtime",
        "/etc/nsswitch.conf",
        "/etc/passwd",
        "/etc/pki",
        "/etc/resolv.conf",
        "/etc/ssl",
        "/etc/timezone",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/stat",
        "/proc/sys/vm",
        "/sys/devices/system/cpu",
        "/sys/kernel/mm/transparent_hugepage",
    ];
    /// Devices that hold nothing.
    const DEVICES: &[&str] = &["/dev/full", "/dev/null", "/dev/random", "/dev/urandom", "/dev/zero"];
    /// The newest interface that the rules below know; of an older kernel what it has.
    const NEWEST: ABI = ABI::V6;

    /// Restricts this thread and whatever it starts.
    pub(super) fn restrict(limits: &Limits) -> io::Result<()> {
        landlock(&limits.code, &limits.directory, &limits.ports).map_err(io::Error::other)?;
        if let Err(error) = filter() {
            // As a kernel without Landlock: functions run, and `unenforced` says that they are not limited.
            tracing::warn!("functions may open sockets of every kind: {error}");
        }
        Ok(())
    }

    fn filter() -> Result<(), seccompiler::Error> {
        seccompiler::apply_filter(&sockets()?)
    }

    fn landlock(code: &Path, directory: &Path, ports: &[u16]) -> Result<RestrictionStatus, landlock::RulesetError> {
        let read = AccessFs::from_read(NEWEST);
        Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(NEWEST))?
            .handle_access(AccessNet::from_all(ABI::V4))?
            .scope(Scope::from_all(NEWEST))?
            .create()?
            .add_rules(path_beneath_rules(READABLE, read))?
            .add_rules(path_beneath_rules([code], read))?
            .add_rules(path_beneath_rules(DEVICES, AccessFs::ReadFile | AccessFs::WriteFile))?
            .add_rules(path_beneath_rules([directory], AccessFs::from_all(NEWEST)))?
            .add_rules(ports.iter().map(|port| Ok::<_, landlock::RulesetError>(NetPort::new(*port, AccessNet::ConnectTcp))))?
            .restrict_self()
    }

    /// Only TCP over IP: Landlock knows neither datagrams nor sockets with a path (of a container engine, of an agent with keys), and
    /// `io_uring` makes sockets without the system call for them.
    fn sockets() -> Result<BpfProgram, seccompiler::Error> {
        let argument = |index, operator, value: i32| {
            SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value.unsigned_abs().into())
        };
        let is_not = |index, value| argument(index, SeccompCmpOp::Ne, value);
        // The type's low bits; the others are flags (linux/net.h: SOCK_TYPE_MASK).
        let has_type = |value| argument(1, SeccompCmpOp::MaskedEq(0xf), value);
        let mut rules = vec![
            SeccompRule::new(vec![is_not(0, libc::AF_INET)?, is_not(0, libc::AF_INET6)?])?,
            SeccompRule::new(vec![is_not(2, 0)?, is_not(2, libc::IPPROTO_TCP)?])?,
        ];
        for other in (0..=0xf).filter(|kind| *kind != libc::SOCK_STREAM) {
            rules.push(SeccompRule::new(vec![has_type(other)?])?);
        }
        let denied = BTreeMap::from([(libc::SYS_socket, rules), (libc::SYS_io_uring_setup, Vec::new())]);
        let target = std::env::consts::ARCH.try_into()?;
        let error = SeccompAction::Errno(libc::EACCES.unsigned_abs());
        Ok(SeccompFilter::new(denied, SeccompAction::Allow, error, target)?.try_into()?)
    }

    /// Limits a process that has just begun: what it has taken by then it keeps.
    pub(super) fn limit_resources(child: &Child, limits: &Limits) {
        let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) else { return };
        let data = (u64::from(limits.memory) + DATA_MARGIN_MB) << 20;
        for (resource, most) in [(Resource::Data, data), (Resource::Fsize, MAX_FILE), (Resource::Core, 0)] {
            // A process that has ended needs no limits.
            if let Err(error) = prlimit(Some(pid), resource, Rlimit { current: Some(most), maximum: Some(most) }) {
                tracing::debug!(%error, "a function's resources are not limited");
            }
        }
    }

    pub(super) fn unenforced() -> Option<String> {
        let nothing = Path::new("/dev/null");
        let status = landlock(nothing, nothing, &[]);
        let missing = match status.map(|status| status.landlock) {
            Ok(LandlockStatus::Available { effective_abi, .. }) => match effective_abi {
                ABI::Unsupported => Some("files, network"),
                ABI::V1 | ABI::V2 | ABI::V3 => Some("network (Landlock of this kernel is older than 6.7)"),
                ABI::V4 | ABI::V5 => Some("signals to other processes (Landlock of this kernel is older than 6.12)"),
                _ => None,
            },
            _ => Some("files, network (this kernel has no Landlock, or it is switched off)"),
        };
        let sockets = filter().is_err().then_some("sockets other than TCP (this system has no seccomp)");
        let missing: Vec<&str> = missing.into_iter().chain(sockets).collect();
        (!missing.is_empty()).then(|| format!("no limits for {}", missing.join(", ")))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;

    use tokio::process::Child;

    use super::Limits;

    pub(super) fn restrict(_: &Limits) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn limit_resources(_: &Child, _: &Limits) {}

    pub(super) fn unenforced() -> Option<String> {
        Some("no limits for files, network and memory (only Linux has them)".into())
    }
}
