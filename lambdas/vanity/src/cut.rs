//! One way to write the end of a number with letters, packed for comparing.

/// How many digits, counted from the right, may become letters.
pub(crate) const WIDE: usize = 10;

/// How many of them are tried first.
pub(crate) const NEAR: usize = 7;

/// The last digits of a number, right-aligned: place 0 is the last digit.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    digits: [u8; WIDE],
    len: usize,
}

impl Span {
    /// The wide span of a national number given in ASCII.
    pub(crate) fn new(national: &[u8]) -> Self {
        let len = national.len().min(WIDE);
        let mut digits = [0; WIDE];
        let tail = &national[national.len() - len..];
        for (digit, byte) in digits[WIDE - len..].iter_mut().zip(tail) {
            *digit = byte - b'0';
        }
        Self { digits, len }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn digits(&self) -> &[u8] {
        &self.digits[WIDE - self.len..]
    }

    /// The digit `place` places left of the last one.
    pub(crate) fn digit(&self, place: usize) -> u8 {
        self.digits[WIDE - 1 - place]
    }
}

/// A text with the cut that scores it.
///
/// `code` has three bits for each place: 0 keeps the digit, 1 to 4 take a
/// letter of its key; digits sort before letters, so comparing codes compares
/// texts. `starts` has a bit where a word starts.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) score: i32,
    pub(crate) code: u32,
    pub(crate) starts: u16,
}

impl Cut {
    /// Whether this is the better cut of the same text: more points, then fewer
    /// tokens, then the shorter first token.
    fn reads_better_than(&self, other: &Self) -> bool {
        let rank = |cut: &Self| (cut.score, u32::MAX - cut.starts.count_ones(), cut.starts);
        rank(self) > rank(other)
    }

    /// Whether this text is chosen before another text.
    fn is_chosen_before(&self, other: &Self) -> bool {
        (self.score, other.code) > (other.score, self.code)
    }
}

/// At most five texts, best first, no text twice.
#[derive(Clone, Copy, Default)]
pub(crate) struct Five {
    cuts: [Cut; 5],
    len: usize,
}

impl Five {
    pub(crate) fn as_slice(&self) -> &[Cut] {
        &self.cuts[..self.len]
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn contains(&self, code: u32) -> bool {
        self.as_slice().iter().any(|cut| cut.code == code)
    }

    /// Whether a text of this score and code would change the five.
    #[inline]
    pub(crate) fn wants(&self, cut: &Cut) -> bool {
        self.may_take(cut.score) && (self.len < 5 || !self.cuts[4].is_chosen_before(cut))
    }

    /// Whether any text of this score could change the five.
    #[inline]
    pub(crate) fn may_take(&self, score: i32) -> bool {
        self.len < 5 || score >= self.cuts[4].score
    }

    /// Adds at the end, whatever the score, when there is room.
    pub(crate) fn push(&mut self, cut: Cut) {
        if self.len < 5 {
            self.cuts[self.len] = cut;
            self.len += 1;
        }
    }

    /// Adds in order of choice; a text met again keeps its better cut.
    ///
    /// Exact although only five are kept: a worse cut that pushed something out
    /// is beaten by its own better cut, which would have pushed it out as well.
    pub(crate) fn offer(&mut self, cut: Cut) {
        if let Some(at) = self.as_slice().iter().position(|held| held.code == cut.code) {
            if !cut.reads_better_than(&self.cuts[at]) {
                return;
            }
            self.cuts.copy_within(at + 1..self.len, at);
            self.len -= 1;
        } else if self.len == 5 {
            self.len = 4;
        }
        let at = self.as_slice().iter().position(|held| cut.is_chosen_before(held)).unwrap_or(self.len);
        self.cuts.copy_within(at..self.len, at + 1);
        self.cuts[at] = cut;
        self.len += 1;
    }
}
