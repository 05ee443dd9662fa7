//! Lists of objects and of their versions, with paging.

use std::collections::BTreeSet;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::store::{Object, Version};
use super::{NAMESPACE, State, bucket, existing, invalid, request, xml};
use crate::error::AwsError;
use crate::request::Request;
use crate::response::{Response, xml_escape};

/// Maximum page size. S3 returns up to 1,000 and may return fewer; short pages expose clients that read one page only.
const PAGE: usize = 100;

/// Characters that `encoding-type=url` does not encode.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b'*');

/// Parameters that both lists share.
struct ListParameters<'c> {
    prefix: &'c str,
    delimiter: &'c str,
    most: usize,
    encoded: bool,
}

impl<'c> ListParameters<'c> {
    fn of(call: &'c Request) -> Result<Self, AwsError> {
        let most = match call.query("max-keys").map(str::parse::<i64>) {
            None => 1000,
            Some(Ok(most @ 0..=0x7fff_ffff)) => usize::try_from(most).unwrap_or(usize::MAX).min(1000),
            _ => return Err(invalid("InvalidArgument", "Argument maxKeys must be an integer between 0 and 2147483647")),
        };
        let encoded = match call.query("encoding-type") {
            None => false,
            Some("url") => true,
            Some(_) => return Err(invalid("InvalidArgument", "Invalid Encoding Method specified in Request")),
        };
        let text = |name| call.query(name).unwrap_or_default();
        Ok(Self { prefix: text("prefix"), delimiter: text("delimiter"), most, encoded })
    }

    fn page(&self) -> usize {
        self.most.min(PAGE)
    }

    /// Encodes a key for the response.
    fn key(&self, key: &str) -> String {
        match self.encoded {
            true => utf8_percent_encode(key, PLAIN).to_string(),
            false => xml_escape(key),
        }
    }

    /// Returns the common prefix of a key: up to the first delimiter after the prefix.
    fn group<'k>(&self, key: &'k str) -> Option<&'k str> {
        let rest = key.get(self.prefix.len()..).filter(|_| !self.delimiter.is_empty())?;
        let at = rest.find(self.delimiter)?;
        key.get(..self.prefix.len() + at + self.delimiter.len())
    }

    fn header(&self, bucket: &str) -> String {
        let mut header =
            format!("<Name>{bucket}</Name><Prefix>{}</Prefix><MaxKeys>{}</MaxKeys>", self.key(self.prefix), self.most);
        if !self.delimiter.is_empty() {
            let _ = write!(header, "<Delimiter>{}</Delimiter>", self.key(self.delimiter));
        }
        if self.encoded {
            header.push_str("<EncodingType>url</EncodingType>");
        }
        header
    }

    fn groups(&self, groups: &BTreeSet<&str>) -> String {
        groups.iter().map(|group| format!("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", self.key(group))).collect()
    }
}

/// Lists objects (API reference, ListObjectsV2).
pub(super) fn objects(state: &State, call: &Request) -> Result<Response, AwsError> {
    let bucket = existing(state, call)?;
    let asked = ListParameters::of(call)?;
    if call.query("list-type") != Some("2") {
        return Err(invalid("InvalidArgument", "Invalid List Type specified in Request"));
    }
    let after = match call.query("continuation-token") {
        Some(token) => {
            Some(opened(token).ok_or_else(|| invalid("InvalidArgument", "The continuation token provided is incorrect"))?)
        }
        None => call.query("start-after").map(str::to_owned),
    };
    let owner = (call.query("fetch-owner") == Some("true")).then(|| bucket::owner(&call.context.account));
    let (mut entries, mut groups, mut taken, mut last, mut more) = (String::new(), BTreeSet::new(), 0, String::new(), false);
    for key in bucket.objects.keys().filter(|key| key.starts_with(asked.prefix)) {
        let Some((version, object)) = bucket.current(key) else { continue };
        let group = asked.group(key);
        // A common prefix sorts after its own name: a token that names it skips all its keys.
        let passed = after.as_deref().is_some_and(|after| group.unwrap_or(key) <= after);
        if passed || group.is_some_and(|group| groups.contains(group)) {
            continue;
        }
        if taken == asked.page() {
            more = asked.most > 0;
            break;
        }
        taken += 1;
        last = group.unwrap_or(key).to_owned();
        match group {
            Some(group) => drop(groups.insert(group)),
            None => entries.push_str(&entry("Contents", &asked, key, version, Some(object), "", owner.as_deref())),
        }
    }
    let mut head = asked.header(call.path("Bucket"));
    let _ = write!(head, "<KeyCount>{taken}</KeyCount><IsTruncated>{more}</IsTruncated>");
    if let Some(token) = call.query("continuation-token") {
        let _ = write!(head, "<ContinuationToken>{}</ContinuationToken>", xml_escape(token));
    }
    if let Some(start) = call.query("start-after") {
        let _ = write!(head, "<StartAfter>{}</StartAfter>", asked.key(start));
    }
    if more {
        let _ = write!(head, "<NextContinuationToken>{}</NextContinuationToken>", URL_SAFE_NO_PAD.encode(last));
    }
    Ok(xml(format!("<ListBucketResult xmlns=\"{NAMESPACE}\">{head}{entries}{}</ListBucketResult>", asked.groups(&groups))))
}

fn opened(token: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}

/// Lists versions (API reference, ListObjectVersions): by key, the latest version of each first.
pub(super) fn versions(state: &State, call: &Request) -> Result<Response, AwsError> {
    let bucket = existing(state, call)?;
    let asked = ListParameters::of(call)?;
    let (key_marker, version_marker) = (call.query("key-marker").unwrap_or_default(), call.query("version-id-marker"));
    let version_marker = version_marker.filter(|marker| !marker.is_empty());
    if version_marker.is_some() && key_marker.is_empty() {
        return Err(invalid("InvalidArgument", "A version-id marker cannot be specified without a key marker."));
    }
    let owner = bucket::owner(&call.context.account);
    let (mut entries, mut groups, mut taken, mut last, mut more) =
        (String::new(), BTreeSet::new(), 0, (String::new(), String::new()), false);
    'all: for (key, versions) in bucket.objects.iter().filter(|(key, _)| key.starts_with(asked.prefix)) {
        let group = asked.group(key);
        if group.is_some_and(|group| groups.contains(group)) {
            continue;
        }
        let passed = match version_marker {
            Some(marker) if key == key_marker => {
                versions.values().rev().position(|version| version.id == marker).map_or(0, |at| at + 1)
            }
            _ if group.unwrap_or(key) <= key_marker => continue,
            _ => 0,
        };
        for (age, version) in versions.values().rev().enumerate().skip(passed) {
            if taken == asked.page() {
                more = asked.most > 0;
                break 'all;
            }
            taken += 1;
            if let Some(group) = group {
                groups.insert(group);
                last = (group.to_owned(), String::new());
                continue 'all;
            }
            last = (key.clone(), version.id.clone());
            let name = if version.object.is_some() { "Version" } else { "DeleteMarker" };
            let extra = format!("<VersionId>{}</VersionId><IsLatest>{}</IsLatest>", version.id, age == 0);
            entries.push_str(&entry(name, &asked, key, version, version.object.as_ref(), &extra, Some(&owner)));
        }
    }
    let mut head = asked.header(call.path("Bucket"));
    let _ = write!(head, "<KeyMarker>{}</KeyMarker>", asked.key(key_marker));
    let _ = write!(head, "<VersionIdMarker>{}</VersionIdMarker>", xml_escape(version_marker.unwrap_or_default()));
    let _ = write!(head, "<IsTruncated>{more}</IsTruncated>");
    if more {
        let _ = write!(head, "<NextKeyMarker>{}</NextKeyMarker>", asked.key(&last.0));
        if !last.1.is_empty() {
            let _ = write!(head, "<NextVersionIdMarker>{}</NextVersionIdMarker>", last.1);
        }
    }
    Ok(xml(format!("<ListVersionsResult xmlns=\"{NAMESPACE}\">{head}{entries}{}</ListVersionsResult>", asked.groups(&groups))))
}

fn entry(
    name: &str,
    asked: &ListParameters<'_>,
    key: &str,
    version: &Version,
    object: Option<&Object>,
    extra: &str,
    owner: Option<&str>,
) -> String {
    let mut entry = format!(
        "<{name}><Key>{}</Key>{extra}<LastModified>{}</LastModified>",
        asked.key(key),
        request::iso_date(version.modified)
    );
    if let Some(object) = object {
        let _ = write!(
            entry,
            "<ETag>{}</ETag><ChecksumAlgorithm>{}</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>{}</Size><StorageClass>STANDARD</StorageClass>",
            xml_escape(&object.etag),
            object.checksum.0.name(),
            object.bytes.0.len()
        );
    }
    if let Some(owner) = owner {
        let _ = write!(entry, "<Owner><ID>{owner}</ID></Owner>");
    }
    let _ = write!(entry, "</{name}>");
    entry
}
