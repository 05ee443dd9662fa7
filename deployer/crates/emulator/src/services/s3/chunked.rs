//! Decodes bodies in `aws-chunked`: chunks with or without signatures, and a trailing checksum (API reference, "Signature calculations:
//! Transferring payload in multiple chunks" and "... with trailing headers").

use bytes::{Bytes, BytesMut};
use http::HeaderMap;

use super::invalid;
use crate::error::AwsError;

/// Returns the body without its framing; trailing headers become headers. Other bodies are returned unchanged.
///
/// Signatures of chunks are not verified.
pub(super) fn decode_body(headers: &mut HeaderMap, body: Bytes) -> Result<Bytes, AwsError> {
    let text = |headers: &HeaderMap, name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let payload = text(headers, "x-amz-content-sha256").unwrap_or_default();
    if !payload.starts_with("STREAMING-") {
        return Ok(body);
    }
    let (data, trailers) = chunks(&body)?;
    let length = text(headers, "x-amz-decoded-content-length").and_then(|length| length.parse::<usize>().ok());
    let length =
        length.ok_or_else(|| AwsError::new(411, "MissingContentLength", "You must provide the Content-Length HTTP header."))?;
    if length != data.len() {
        return Err(incomplete());
    }
    let announced = text(headers, "x-amz-trailer").unwrap_or_default();
    for name in announced.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let value = trailers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let header = value.and_then(|value| Some((http::HeaderName::try_from(name).ok()?, value.try_into().ok()?)));
        let (name, value) = header.ok_or_else(malformed_trailer)?;
        headers.insert(name, value);
    }
    strip_encoding(headers);
    Ok(data)
}

/// Removes `aws-chunked`, which is not part of the stored encoding.
fn strip_encoding(headers: &mut HeaderMap) {
    let Some(encoding) = headers.remove("content-encoding") else { return };
    let others: Vec<&str> =
        encoding.to_str().unwrap_or_default().split(',').map(str::trim).filter(|one| *one != "aws-chunked").collect();
    if let Ok(value) = others.join(",").try_into()
        && !others.is_empty()
    {
        headers.insert("content-encoding", value);
    }
}

/// Returns the IncompleteBody error (BC s3.PutObject, error table of the API reference).
fn incomplete() -> AwsError {
    invalid("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header.")
}

fn malformed_trailer() -> AwsError {
    invalid(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    )
}

type Trailers = Vec<(String, String)>;

fn chunks(body: &Bytes) -> Result<(Bytes, Trailers), AwsError> {
    let mut data = BytesMut::new();
    let mut rest: &[u8] = body;
    loop {
        let line = line(&mut rest).ok_or_else(incomplete)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| incomplete())?;
        if size == 0 {
            break;
        }
        let chunk = rest.get(..size).ok_or_else(incomplete)?;
        data.extend_from_slice(chunk);
        rest = rest[size..].strip_prefix(b"\r\n").ok_or_else(incomplete)?;
    }
    let mut trailers = Vec::new();
    while let Some(line) = line(&mut rest).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or_else(malformed_trailer)?;
        trailers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Ok((data.freeze(), trailers))
}

/// Returns the next line without its end, or `None` if there is no complete one.
fn line<'b>(rest: &mut &'b [u8]) -> Option<&'b str> {
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    let line = std::str::from_utf8(&rest[..end]).ok()?;
    *rest = &rest[end + 2..];
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(length: usize, trailer: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER".try_into().expect("a value"));
        headers.insert("content-encoding", "gzip,aws-chunked".try_into().expect("a value"));
        headers.insert("x-amz-decoded-content-length", length.into());
        if !trailer.is_empty() {
            headers.insert("x-amz-trailer", trailer.try_into().expect("a value"));
        }
        headers
    }

    #[test]
    fn chunks_are_joined_and_trailers_become_headers() {
        let mut headers = headers(9, "x-amz-checksum-crc32");
        let body =
            Bytes::from_static(b"5\r\nhello\r\n4;chunk-signature=ab\r\n you\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
        assert_eq!(decode_body(&mut headers, body).expect("a body"), "hello you");
        assert_eq!(
            (&headers["x-amz-checksum-crc32"], &headers["content-encoding"]),
            (&"AAAAAA==".try_into().expect("a value"), &"gzip".try_into().expect("a value"))
        );
    }

    #[test]
    fn truncated_body_is_rejected() {
        let whole = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
        // Only the last line end may be missing: nothing can come after it.
        for length in 0..whole.len() - 2 {
            let cut = Bytes::copy_from_slice(&whole[..length]);
            assert!(decode_body(&mut headers(5, "x-amz-checksum-crc32"), cut).is_err(), "{length}");
        }
        assert!(decode_body(&mut headers(6, ""), Bytes::from_static(whole)).is_err(), "another length was announced");
    }
}
