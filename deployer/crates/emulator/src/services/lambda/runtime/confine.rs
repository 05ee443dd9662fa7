//! Limits of a function's process, as far as the operating system supports them.
//!
//! On Linux: files by Landlock (kernel 5.13), TCP connections by Landlock (6.7), signals to other processes by Landlock (6.12),
//! other kinds of sockets by seccomp, and data segment size, file size and core dumps by resource limits. A Landlock domain and
//! a seccomp filter belong to a thread and are inherited by its children, so a thread restricts itself, starts the process and
//! ends: no code runs between fork and exec. On other systems there are no limits; `unenforced` reports that.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::process::{Child, Command};

/// Memory for data beyond the function's own size before an allocation fails: the memory monitor ends the process earlier,
/// unless it allocates faster than the monitor polls.
#[cfg(target_os = "linux")]
const DATA_MARGIN_MB: u64 = 512;
/// Maximum file size, in bytes: all of a function's default storage (Lambda quotas page: /tmp, 512 MB).
#[cfg(target_os = "linux")]
const MAX_FILE: u64 = 512 << 20;

/// Resources available to one process.
#[derive(Debug, Clone)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has these limits"))]
pub(super) struct Limits {
    /// Directory that it may read and execute.
    pub(super) code: PathBuf,
    /// Directories with its interpreter's libraries, which it may read and execute.
    pub(super) libraries: Vec<PathBuf>,
    /// Directory that it may read and write.
    pub(super) directory: PathBuf,
    /// TCP ports that it may connect to: the emulator and its own Runtime API.
    pub(super) ports: Vec<u16>,
    /// Memory size, in MB.
    pub(super) memory: u32,
}

/// Starts a process under limits.
///
/// # Errors
/// Returns the error of the operating system for the limits or the program.
pub(super) async fn spawn(mut command: Command, limits: Limits) -> io::Result<Child> {
    let runtime = tokio::runtime::Handle::current();
    let (done, started) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("starts-function".into()).spawn(move || {
        let _entered = runtime.enter();
        let child = system::restrict(&limits).and_then(|()| retry_while_busy(&mut command));
        // If the caller is gone, the child is killed when dropped.
        let _ = done.send(child.inspect(|child| system::limit_resources(child, &limits)));
    })?;
    started.await.unwrap_or_else(|_| Err(io::Error::other("the thread that starts functions ended early")))
}

/// Starts the command and retries while its file is busy: another thread's fork can briefly hold a just-written file open.
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

/// Returns the limits that this system does not enforce, as a clause; `None` if all are enforced.
pub fn unenforced() -> Option<String> {
    // A temporary thread applies the limits to itself.
    let attempt = std::thread::spawn(system::unenforced);
    attempt.join().unwrap_or_else(|_| Some("no limits: the attempt to set them failed".into()))
}

/// Memory in use by a process and its descendants, and peak memory of the process itself, in MB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) now: u64,
    pub(super) peak: u64,
}

/// Returns the memory of a process, if the system provides it (`/proc`).
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

/// Returns the memory in use by the descendants of a process, in MB.
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
    use std::path::{Path, PathBuf};

    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, NetPort, RestrictionStatus, Ruleset,
        RulesetAttr, RulesetCreatedAttr, Scope, path_beneath_rules,
    };
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    use seccompiler::{BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule};
    use tokio::process::Child;

    use super::{DATA_MARGIN_MB, Limits, MAX_FILE};

    /// Programs, libraries and the files they read at startup. No home directories and no system secrets.
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
    /// Devices without stored data.
    const DEVICES: &[&str] = &["/dev/full", "/dev/null", "/dev/random", "/dev/urandom", "/dev/zero"];
    /// Newest Landlock ABI used by the rules below; older kernels enforce the part they support.
    const NEWEST: ABI = ABI::V6;

    /// Restricts this thread and its children.
    pub(super) fn restrict(limits: &Limits) -> io::Result<()> {
        landlock(&limits.code, &limits.libraries, &limits.directory, &limits.ports).map_err(io::Error::other)?;
        if let Err(error) = filter() {
            // As with a kernel without Landlock, functions run, and `unenforced` reports the missing limit.
            tracing::warn!("functions may open sockets of every kind: {error}");
        }
        Ok(())
    }

    fn filter() -> Result<(), seccompiler::Error> {
        seccompiler::apply_filter(&sockets()?)
    }

    fn landlock(
        code: &Path,
        libraries: &[PathBuf],
        directory: &Path,
        ports: &[u16],
    ) -> Result<RestrictionStatus, landlock::RulesetError> {
        let read = AccessFs::from_read(NEWEST);
        Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(NEWEST))?
            .handle_access(AccessNet::from_all(ABI::V4))?
            .scope(Scope::from_all(NEWEST))?
            .create()?
            .add_rules(path_beneath_rules(READABLE, read))?
            .add_rules(path_beneath_rules([code], read))?
            .add_rules(path_beneath_rules(libraries, read))?
            .add_rules(path_beneath_rules(DEVICES, AccessFs::ReadFile | AccessFs::WriteFile))?
            .add_rules(path_beneath_rules([directory], AccessFs::from_all(NEWEST)))?
            .add_rules(ports.iter().map(|port| Ok::<_, landlock::RulesetError>(NetPort::new(*port, AccessNet::ConnectTcp))))?
            .restrict_self()
    }

    /// Returns a filter that allows only TCP over IP: Landlock covers neither datagrams nor Unix domain sockets (of a container
    /// engine, of a key agent), and `io_uring` creates sockets without the socket system call.
    fn sockets() -> Result<BpfProgram, seccompiler::Error> {
        let argument = |index, operator, value: i32| {
            SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value.unsigned_abs().into())
        };
        let is_not = |index, value| argument(index, SeccompCmpOp::Ne, value);
        // The low bits are the type, the others are flags (linux/net.h: SOCK_TYPE_MASK).
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

    /// Limits the resources of a just-started process; what it has already allocated remains.
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
        let status = landlock(nothing, &[], nothing, &[]);
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
