//! Validation of recordings for prompts: whether Amazon Connect can play a file.
//!
//! Connect accepts only WAV files of 8 kHz, one channel and μ-law, of less than 50 MB and less than five minutes
//! (administrator guide, "Flow block: Play prompt", requirements). Only the header is parsed, and nothing beyond the
//! available bytes is read.

/// Exclusive upper limit of the file size in bytes.
pub const MAX_RECORDING_BYTES: u64 = 50_000_000;
/// Exclusive upper limit of the duration in seconds.
const SECONDS: u64 = 5 * 60;
const RATE: u32 = 8_000;
/// Number of the μ-law codec (RFC 2361).
const MULAW: u16 = 7;
const CODECS: [(u16, &str); 7] =
    [(1, "PCM"), (2, "ADPCM"), (3, "floating point"), (6, "A-law"), (MULAW, "μ-law"), (0x11, "IMA ADPCM"), (0x55, "MP3")];
/// Codec number of the extensible format: the actual codec follows after the usual fields.
const EXTENSIBLE: u16 = 0xfffe;

/// Instructions for converting any recording.
pub const RECORDING_HELP: &str = "make one of it with `ffmpeg -i RECORDING -ar 8000 -ac 1 -c:a pcm_mulaw PROMPT.wav`";

/// A recording that Connect can play.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recording {
    /// Duration in seconds.
    pub seconds: f64,
}

/// Content of the chunk `fmt `.
struct Format {
    codec: u16,
    channels: u16,
    rate: u32,
    bits: u16,
}

/// Parses the header of a recording.
///
/// # Errors
/// Returns every reason why Connect cannot play it, in sentences.
pub fn parse_recording(bytes: &[u8]) -> Result<Recording, Vec<String>> {
    let (format, data) = chunks(bytes).map_err(|fault| vec![fault])?;
    let mut faults = format.faults();
    if bytes.len() as u64 >= MAX_RECORDING_BYTES {
        faults.push(format!("it has {} bytes; a prompt has less than {MAX_RECORDING_BYTES}", bytes.len()));
    }
    if data == 0 {
        faults.push("it holds no sound".to_owned());
    }
    // In another format the duration follows from the fields; without a valid format it is irrelevant.
    let a_second = u64::from(format.rate) * u64::from(format.channels) * u64::from(format.bits) / 8;
    if a_second > 0 && data >= SECONDS.saturating_mul(a_second) {
        faults.push(format!("it is {} s long; a prompt is shorter than {SECONDS} s", data / a_second));
    }
    let seconds = data as f64 / f64::from(RATE);
    if faults.is_empty() { Ok(Recording { seconds }) } else { Err(faults) }
}

impl Format {
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.codec != MULAW || self.bits != 8 {
            let known = CODECS.iter().find(|(number, _)| *number == self.codec);
            let codec = known.map_or_else(|| format!("codec {:#06x}", self.codec), |(_, name)| (*name).to_owned());
            faults.push(format!("its sound is {codec} of {} bits; a prompt is μ-law of 8 bits", self.bits));
        }
        if self.channels != 1 {
            faults.push(format!("it has {} channels; a prompt has one", self.channels));
        }
        if self.rate != RATE {
            faults.push(format!("it has {} samples a second; a prompt has {RATE}", self.rate));
        }
        faults
    }
}

/// Returns the format, and the number of bytes of sound.
fn chunks(bytes: &[u8]) -> Result<(Format, u64), String> {
    if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
        return Err("it is no WAV file: it does not begin with RIFF and WAVE".to_owned());
    }
    let mut format = None;
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((name, size, body)) = chunk(rest) {
        let held = body.len() as u64;
        if name == b"data" {
            let format = format.ok_or_else(|| "it is no good WAV file: its sound comes before its format".to_owned())?;
            // A program that writes into a pipe does not know the size beforehand.
            if size == u64::from(u32::MAX) {
                return Err("its header does not say how long it is, as of one that was written into a pipe".to_owned());
            }
            return match size <= held {
                true => Ok((format, size)),
                false => Err(format!("it is cut off: of {size} bytes of sound there are {held}")),
            };
        }
        if size > held {
            break;
        }
        if name == b"fmt " {
            format = Some(read_format(body.get(..usize::try_from(size).unwrap_or_default()).unwrap_or_default())?);
        }
        // Chunks begin at even offsets.
        let next = usize::try_from(size + size % 2).unwrap_or(usize::MAX);
        rest = body.get(next..).unwrap_or_default();
    }
    Err("it is no good WAV file: it has no sound in it, or is cut off".to_owned())
}

/// Returns name, size as written, and all following bytes.
fn chunk(bytes: &[u8]) -> Option<(&[u8], u64, &[u8])> {
    Some((bytes.get(..4)?, u64::from(number(bytes, 4)?), bytes.get(8..)?))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

fn read_format(body: &[u8]) -> Result<Format, String> {
    let read = || {
        let codec = match short(body, 0)? {
            EXTENSIBLE => short(body, 24)?,
            codec => codec,
        };
        Some(Format { codec, channels: short(body, 2)?, rate: number(body, 4)?, bits: short(body, 14)? })
    };
    read().ok_or_else(|| format!("it is no good WAV file: its format has only {} bytes", body.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a WAV file in this format; the sound is silence.
    fn wav(codec: u16, channels: u16, rate: u32, bits: u16, data: u32) -> Vec<u8> {
        let block = channels * bits.div_ceil(8);
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
        bytes.extend(18u32.to_le_bytes());
        bytes.extend([codec, channels].map(u16::to_le_bytes).concat());
        bytes.extend([rate, rate * u32::from(block)].map(u32::to_le_bytes).concat());
        bytes.extend([block, bits, 0].map(u16::to_le_bytes).concat());
        bytes.extend(b"fact\x04\0\0\0");
        bytes.extend(data.to_le_bytes());
        bytes.extend(b"data");
        bytes.extend(data.to_le_bytes());
        bytes.extend(vec![0xff; data as usize]);
        let size = u32::try_from(bytes.len() - 8).expect("small");
        bytes[4..8].copy_from_slice(&size.to_le_bytes());
        bytes
    }

    fn good() -> Vec<u8> {
        wav(MULAW, 1, RATE, 8, 4_000)
    }

    #[test]
    fn valid_recordings_are_accepted_with_their_duration() {
        assert_eq!(parse_recording(&good()), Ok(Recording { seconds: 0.5 }));
        assert_eq!(parse_recording(&wav(MULAW, 1, RATE, 8, 299 * 8_000)).map(|one| one.seconds.round()), Ok(299.0));
    }

    #[test]
    fn other_formats_are_rejected_with_all_reasons() {
        let faults =
            |codec, channels, rate, bits, data| parse_recording(&wav(codec, channels, rate, bits, data)).expect_err("refused");
        let wrong = faults(1, 2, 44_100, 16, 4_000);
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(
            wrong[0].contains("PCM of 16 bits") && wrong[1].contains("2 channels") && wrong[2].contains("44100"),
            "{wrong:?}"
        );
        assert!(faults(6, 1, RATE, 8, 8)[0].contains("A-law"));
        assert!(faults(0x1234, 1, RATE, 8, 8)[0].contains("codec 0x1234"));
        assert_eq!(faults(MULAW, 1, RATE, 8, 0), ["it holds no sound"]);
        assert_eq!(faults(MULAW, 1, RATE, 8, 300 * 8_000), ["it is 300 s long; a prompt is shorter than 300 s"]);
    }

    #[test]
    fn broken_files_are_reported() {
        let said = |bytes: &[u8]| parse_recording(bytes).expect_err("refused").join("; ");
        assert!(said(b"ID3\x04 an MP3 file").contains("RIFF"));
        assert!(said(b"").contains("RIFF"));
        let mut piped = good();
        let at = piped.windows(4).position(|four| four == b"data").expect("there");
        piped[at + 4..at + 8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(said(&piped).contains("pipe"));
        let whole = good();
        assert!(said(&whole[..whole.len() - 1]).contains("of 4000 bytes of sound there are 3999"));
    }

    #[test]
    fn truncated_or_corrupt_headers_are_rejected_without_panic() {
        let whole = good();
        for end in 0..whole.len() {
            assert!(parse_recording(&whole[..end]).is_err(), "the first {end} bytes");
        }
        for at in 0..62 {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = whole.clone();
                changed[at] = byte;
                drop(parse_recording(&changed));
            }
        }
    }

    #[test]
    fn extensible_codec_is_recognised() {
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
        bytes.extend(40u32.to_le_bytes());
        bytes.extend([EXTENSIBLE, 1].map(u16::to_le_bytes).concat());
        bytes.extend([RATE, RATE].map(u32::to_le_bytes).concat());
        bytes.extend([1u16, 8, 22, 8].map(u16::to_le_bytes).concat());
        bytes.extend(4u32.to_le_bytes());
        bytes.extend(MULAW.to_le_bytes());
        bytes.extend(b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
        bytes.extend(b"data\x08\0\0\0--------");
        assert_eq!(parse_recording(&bytes), Ok(Recording { seconds: 0.001 }));
    }
}
