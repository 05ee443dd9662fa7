//! The integration tests of the crate, in one executable: a module for each subject.

mod acm;
mod admission;
mod api_access;
mod apis;
mod bytes;
#[cfg(target_os = "linux")]
mod confined;
mod connect;
mod connect_call;
mod connect_exported;
mod connect_life;
mod connect_refusals;
mod connect_testing;
mod durable;
mod dynamodb_items;
mod dynamodb_pages;
mod dynamodb_tables;
mod expressions;
mod functions;
mod identity;
mod interpreters;
mod judged;
mod killed;
mod load;
mod logs;
#[cfg(target_os = "linux")]
mod orphans;
mod page;
mod phone;
mod regions;
mod replay;
mod route53;
mod s3;
mod support;
mod tagging;
mod two_judges;
mod well_formed;
