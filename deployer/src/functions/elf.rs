//! Validation of a function's executable before its upload: Lambda accepts a wrong one and fails only at invocation.

use std::path::Path;

use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64};
use object::read::elf::{FileHeader, SectionHeader};
use object::{Endianness, FileKind};

use super::target::{RUNTIME_GLIBC_VERSION, Target};
use crate::failure::Failure;

/// Rejects an executable that the target cannot run. For this machine every executable made by cargo is valid.
pub(crate) fn check(path: &Path, binary: &[u8], target: Target) -> Result<(), Failure> {
    if target == Target::Host {
        return Ok(());
    }
    let refuse = |what: String, help: &str| Err(Failure::new(format!("{}: {what}", path.display())).help(help.to_owned()));
    let (wanted, name) = if target == Target::LambdaArm { (EM_AARCH64, "arm64") } else { (EM_X86_64, "x86_64") };
    if !matches!(FileKind::parse(binary), Ok(FileKind::Elf64)) {
        return refuse("is not a 64-bit Linux executable".into(), "build on Linux, or install cargo-zigbuild");
    }
    let Ok((machine, versions)) = facts(binary) else {
        return refuse("its ELF headers cannot be read".into(), "build it again: cargo clean -p the package");
    };
    if machine != wanted {
        return refuse(
            format!("is compiled for another processor than {name}"),
            "set `architecture` of the function to this machine's, or install a cross-compiler: `pip install ziglang` and `cargo install cargo-zigbuild`",
        );
    }
    match versions.into_iter().filter(|version| *version > parse(RUNTIME_GLIBC_VERSION).unwrap_or_default()).max() {
        None => Ok(()),
        Some((major, minor)) => refuse(
            format!("needs glibc {major}.{minor}, but the runtime provided.al2023 has {RUNTIME_GLIBC_VERSION}"),
            "install a cross-compiler that links against the older one: `pip install ziglang` and `cargo install cargo-zigbuild`",
        ),
    }
}

/// Returns the machine type, and every glibc version that the executable requires of the dynamic linker.
fn facts(binary: &[u8]) -> object::Result<(object::elf::Machine, Vec<(u32, u32)>)> {
    let header = FileHeader64::<Endianness>::parse(binary)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, binary)?;
    let mut versions = Vec::new();
    for section in sections.iter() {
        let Some((mut needs, strings)) = section.gnu_verneed(endian, binary)? else { continue };
        let strings = sections.strings(endian, binary, strings)?;
        while let Some((_, mut auxiliaries)) = needs.next()? {
            while let Some(auxiliary) = auxiliaries.next()? {
                let name = auxiliary.name(endian, strings)?;
                versions.extend(std::str::from_utf8(name).ok().and_then(|name| parse(name.strip_prefix("GLIBC_")?)));
            }
        }
    }
    Ok((header.e_machine(endian), versions))
}

fn parse(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own_binary() -> Vec<u8> {
        std::fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn executable_for_another_processor_is_rejected() {
        let failure = check(Path::new("x"), &own_binary(), Target::LambdaArm).unwrap_err();
        assert!(failure.to_string().contains("another processor than arm64"), "{failure}");
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn executable_requiring_newer_glibc_is_rejected() {
        let mut binary = own_binary();
        // Renames every version in this binary's requirements to one that does not exist yet.
        let name = b"GLIBC_2.34";
        let at = binary.windows(name.len()).position(|window| window == name).expect("linked against glibc 2.34 or newer");
        binary[at..at + name.len()].copy_from_slice(b"GLIBC_2.99");
        let failure = check(Path::new("x"), &binary, Target::LambdaX86).unwrap_err();
        assert!(failure.to_string().contains("needs glibc 2.99"), "{failure}");
    }

    #[test]
    fn what_is_no_executable_is_refused() {
        for bytes in [&b""[..], b"#!/bin/sh", b"\x7fELF"] {
            assert!(check(Path::new("x"), bytes, Target::LambdaX86).is_err());
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn truncated_executable_is_rejected_without_panic() {
        let binary = own_binary();
        for length in (0..4096.min(binary.len())).step_by(7) {
            let _ = check(Path::new("x"), &binary[..length], Target::LambdaX86);
        }
    }
}
