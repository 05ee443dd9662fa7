//! `deployer vanity`: computes vanity numbers without AWS.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, IsTerminal, Read, Write};

use serde_json::json;
use vanity::{Answer, Best, Caller, Status, VanityNumber};

use crate::failure::{Exit, Failure};

/// Compute the vanity numbers of phone numbers, with the library that the function uses.
///
/// Every number gets a result, including an invalid one, with a status: OK, NO_LETTERS (only 0 and 1 where letters could be), NO_CALLER_ID
/// (empty, or what networks send for a withheld number), INVALID_NUMBER. Exit code 2 if one was an INVALID_NUMBER.
///
/// A line of JSON is `{"id","status","vanity_numbers","ranked","words"}`: the forms as they are stored (ascending), the same best first,
/// and the words of each of the latter.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Phone numbers such as +18003569377; without any, one per line from standard input.
    #[arg(value_name = "NUMBER")]
    numbers: Vec<String>,
    /// Print one JSON object per line.
    #[arg(long)]
    json: bool,
}

/// Maximum number of bytes stored of a line; no number is nearly as long.
const LONGEST_LINE: usize = 256;

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let mut out = Out { to: BufWriter::with_capacity(1 << 16, io::stdout().lock()), json: args.json, answered: 0, invalid: 0 };
    let done = if args.numbers.is_empty() { out.lines(standard_input()) } else { out.arguments(&args.numbers) };
    match done.and_then(|()| out.to.flush()) {
        // The reader has closed the pipe.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Success),
        Err(error) => Err(Failure::new(format!("cannot read standard input or write standard output: {error}"))),
        Ok(()) => out.verdict(),
    }
}

fn standard_input() -> BufReader<impl Read> {
    let input = io::stdin();
    if input.is_terminal() {
        anstream::eprintln!("One phone number a line, such as +18003569377; Ctrl-D ends.");
    }
    BufReader::with_capacity(1 << 16, input.lock())
}

/// The output, with counts of the results.
struct Out<W: Write> {
    to: W,
    json: bool,
    answered: u64,
    invalid: u64,
}

impl<W: Write> Out<W> {
    fn arguments(&mut self, numbers: &[String]) -> io::Result<()> {
        numbers.iter().try_for_each(|number| self.answer(number))
    }

    /// Writes one result for each line. The output is buffered only while more lines are available, so that many are fast and a program
    /// that sends single lines gets each result immediately.
    fn lines(&mut self, mut input: BufReader<impl Read>) -> io::Result<()> {
        let mut line = Vec::new();
        while read_line(&mut input, &mut line)? {
            self.answer(&String::from_utf8_lossy(&line))?;
            if !input.buffer().contains(&b'\n') {
                self.to.flush()?;
            }
        }
        Ok(())
    }

    fn answer(&mut self, text: &str) -> io::Result<()> {
        let caller = Caller::read(Some(text));
        let answer = Answer::to(caller);
        self.answered += 1;
        self.invalid += u64::from(answer.status == Status::InvalidNumber);
        let id = shown(text.trim());
        let line = match caller {
            _ if self.json => in_json(&id, &answer),
            Caller::Invalid(reason) => format!("{id}  {}: {reason}", answer.status),
            _ => format!("{id}  {}", in_words(&answer)),
        };
        self.to.write_all(line.as_bytes())?;
        self.to.write_all(b"\n")
    }

    fn verdict(&self) -> Result<Exit, Failure> {
        if self.invalid == 0 {
            return Ok(Exit::Success);
        }
        let what = if self.invalid == 1 { "is not a phone number" } else { "are not phone numbers" };
        let failure = Failure::input(format!("{} of {} {what}", self.invalid, self.answered));
        Err(failure.help("write a number with its country code and nothing but digits, like +18005550100"))
    }
}

/// Reads one line without its end, at most [`LONGEST_LINE`] bytes of it; returns whether there was one.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let there = match input.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            there => there?,
        };
        let end = there.iter().position(|byte| *byte == b'\n');
        let part = &there[..end.unwrap_or(there.len())];
        line.extend_from_slice(&part[..part.len().min(LONGEST_LINE - line.len())]);
        any |= !there.is_empty();
        let (is_last, used) = (end.is_some() || there.is_empty(), part.len() + usize::from(end.is_some()));
        input.consume(used);
        if is_last {
            return Ok(any);
        }
    }
}

/// Returns an invalid number as it was given, shortened if it is long.
fn shown(text: &str) -> Cow<'_, str> {
    const MOST: usize = 64;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn in_json(id: &str, answer: &Answer) -> String {
    let best = answer.best.as_ref();
    let stored: Vec<String> = best.into_iter().flat_map(|best| best.stored()).map(|form| form.to_string()).collect();
    let ranked: Vec<VanityNumber> = best.into_iter().flat_map(Best::ranked).collect();
    let words: Vec<Vec<&str>> = ranked.iter().map(|form| form.words().collect()).collect();
    let ranked: Vec<&str> = ranked.iter().map(VanityNumber::as_str).collect();
    json!({"id": id, "status": answer.status.as_str(), "vanity_numbers": stored, "ranked": ranked, "words": words}).to_string()
}

fn in_words(answer: &Answer) -> String {
    let forms: Vec<String> = answer.best.iter().flat_map(Best::ranked).map(|form| form.display()).collect();
    if forms.is_empty() { answer.status.to_string() } else { forms.join("  ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn answers(input: &[u8], json: bool) -> (Vec<String>, Result<Exit, Failure>) {
        let mut out = Out { to: Vec::new(), json, answered: 0, invalid: 0 };
        out.lines(BufReader::with_capacity(16, input)).expect("memory can be read and written");
        let text = String::from_utf8(out.to.clone()).expect("answers are text");
        (text.lines().map(str::to_owned).collect(), out.verdict())
    }

    #[test]
    fn every_line_has_one_answer_whatever_it_holds() {
        let input = b"+18003569377\r\n\n  +12010101010 \n\xff\xfe\nanonymous\n911\n+12010000002";
        let (lines, verdict) = answers(input, true);
        let lines: Vec<serde_json::Value> = lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let statuses: Vec<&str> = lines.iter().map(|line| line["status"].as_str().expect("a text")).collect();
        let expected = ["OK", "NO_CALLER_ID", "NO_LETTERS", "INVALID_NUMBER", "NO_CALLER_ID", "INVALID_NUMBER", "OK"];
        assert_eq!(statuses, expected);
        assert_eq!(lines[6]["ranked"], json!(["+1201000000A", "+1201000000B", "+1201000000C"]));
        let failure = verdict.expect_err("two are no numbers");
        assert_eq!((failure.exit, failure.message.as_str()), (Exit::BadInput, "2 of 7 are not phone numbers"));
    }

    #[test]
    fn json_line_has_both_orders_and_ranked_words() {
        let (lines, verdict) = answers(b"+18003569377\n", true);
        assert_eq!(verdict.ok(), Some(Exit::Success));
        let expected = concat!(
            r#"{"id":"+18003569377","status":"OK","#,
            r#""vanity_numbers":["+18003LOWERS","+1800ELMYEPS","+1800FLOWER7","+1800FLOWERR","+1800FLOWERS"],"#,
            r#""ranked":["+1800FLOWERS","+1800FLOWERR","+18003LOWERS","+1800ELMYEPS","+1800FLOWER7"],"#,
            r#""words":[["FLOWERS"],["FLOW","ERR"],["LOWERS"],["ELM","YEPS"],["FLOWER"]]}"#
        );
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn text_shows_best_first_and_why_invalid() {
        let (lines, _) = answers(b"+18003569377\n18003569377\n+12010101010\n", false);
        assert!(lines[0].starts_with("+18003569377  1-800-FLOWERS  1-800-FLOW-ERR  "), "{}", lines[0]);
        assert_eq!(
            lines[1],
            "18003569377  INVALID_NUMBER: not an E.164 phone number: it does not start with +; write it like +18005550100"
        );
        assert_eq!(lines[2], "+12010101010  NO_LETTERS");
    }

    #[test]
    fn endless_line_is_not_kept_in_memory() {
        let mut line = Vec::new();
        let mut input = BufReader::new(io::repeat(b'1').take(5_000_000).chain(Cursor::new("\n+12010000002\n")));
        assert!(read_line(&mut input, &mut line).expect("readable"));
        assert_eq!((line.len(), line.capacity() < 1_000), (LONGEST_LINE, true));
        assert!(read_line(&mut input, &mut line).expect("readable"));
        assert_eq!(line, b"+12010000002");
        assert!(!read_line(&mut input, &mut line).expect("readable"));
    }

    #[test]
    fn shown_invalid_number_is_short() {
        let (lines, _) = answers(&[b'7'; 1_000], true);
        assert!(lines[0].len() < 200, "{}", lines[0]);
    }

    /// A reader that returns its parts one by one, and examines the output before it returns the next.
    struct Slowly<'a>(Vec<&'a [u8]>);

    impl Read for Slowly<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some(part) = (!self.0.is_empty()).then(|| self.0.remove(0)) else { return Ok(0) };
            into[..part.len()].copy_from_slice(part);
            Ok(part.len())
        }
    }

    /// A writer that counts how often it is flushed.
    #[derive(Default)]
    struct Flushes(usize);

    impl Write for Flushes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0 += 1;
            Ok(())
        }
    }

    #[test]
    fn results_are_buffered_only_while_lines_are_available() {
        let mut out = Out { to: Flushes::default(), json: true, answered: 0, invalid: 0 };
        let input = Slowly(vec![b"+12010000002\n+12010000003\n+1201", b"0000004\n", b"+12010000005"]);
        out.lines(BufReader::new(input)).expect("memory can be read and written");
        assert_eq!((out.answered, out.to.0), (4, 3));
    }
}
