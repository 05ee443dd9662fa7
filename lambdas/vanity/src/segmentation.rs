//! A segmentation: one way to write the end of a number with letters, packed for comparison.

/// Number of digits, counted from the right, that may become letters.
pub(crate) const WIDE: usize = 10;

/// Number of digits that are tried first.
pub(crate) const NEAR: usize = 7;

/// The last digits of a number. Places are counted from the right: place 0 is the last digit, and what starts at `right` has
/// `right - 1` digits after its first.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    digits: [u8; WIDE],
    len: usize,
    /// By place: length of the run of digits with letters from here to the right.
    letters: [u8; WIDE],
    /// By place: keys of four digits from here to the right, three bits each, the first highest.
    fours: [u16; WIDE],
}

impl Span {
    /// Creates the wide span of a national number in ASCII.
    pub(crate) fn new(national: &[u8]) -> Self {
        let len = national.len().min(WIDE);
        let mut span = Self { digits: [0; WIDE], len, letters: [0; WIDE], fours: [0; WIDE] };
        let (mut letters, mut four) = (0, 0);
        for (place, byte) in national.iter().rev().take(WIDE).enumerate() {
            let digit = byte - b'0';
            letters = if digit < 2 { 0 } else { letters + 1 };
            four = four >> 3 | u16::from(digit.wrapping_sub(2) & 7) << 9;
            span.digits[place] = digit;
            span.letters[place] = letters;
            span.fours[place] = four;
        }
        span
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the digit `place` places left of the last one.
    #[inline]
    pub(crate) fn digit(&self, place: usize) -> u8 {
        self.digits[place]
    }

    /// Returns the length of the run of digits with letters that starts at `right`.
    #[inline]
    pub(crate) fn letters_from(&self, right: usize) -> u8 {
        self.letters[right - 1]
    }

    /// Returns the keys of the four digits from `right` on; those of 0 and 1 are meaningless.
    #[inline]
    pub(crate) fn first_four(&self, right: usize) -> u16 {
        self.fours[right - 1]
    }
}

/// A text with the segmentation that determines its score.
///
/// `code` has three bits for each place: 0 keeps the digit, 1 to 4 select a letter of its key; digits sort before letters, so
/// comparing codes compares texts. `starts` has a bit where a word starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Segmentation {
    pub(crate) score: i32,
    pub(crate) code: u32,
    pub(crate) starts: u16,
}

impl Segmentation {
    /// Whether this is the better segmentation of the same text: more points, then fewer tokens, then the shorter first
    /// token.
    fn reads_better_than(&self, other: &Self) -> bool {
        let rank = |cut: &Self| (cut.score, u32::MAX - cut.starts.count_ones(), cut.starts);
        rank(self) > rank(other)
    }

    /// Whether this text is preferred to another text.
    fn ranks_above(&self, other: &Self) -> bool {
        (self.score, other.code) > (other.score, self.code)
    }
}

/// At most five texts, or as many as there is room for; best first, without duplicates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TopFive {
    segmentations: [Segmentation; 5],
    len: usize,
    capacity: usize,
    /// Minimum score that can change anything.
    least: i32,
}

impl TopFive {
    /// Creates an empty list with room for this many, one to five.
    pub(crate) fn with_room(room: usize) -> Self {
        Self { segmentations: [Segmentation::default(); 5], len: 0, capacity: room, least: i32::MIN }
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[Segmentation] {
        &self.segmentations[..self.len]
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn contains(&self, code: u32) -> bool {
        self.as_slice().iter().any(|cut| cut.code == code)
    }

    /// Whether a text of this score and code would change the list.
    #[inline]
    pub(crate) fn wants(&self, cut: &Segmentation) -> bool {
        cut.score > self.least
            || self.len < self.capacity
            || self.may_take(cut.score) && !self.segmentations[self.len - 1].ranks_above(cut)
    }

    /// Whether any text of this score could change the list.
    #[inline]
    pub(crate) fn may_take(&self, score: i32) -> bool {
        score >= self.least
    }

    /// Appends whatever the score, if there is room.
    pub(crate) fn push(&mut self, cut: Segmentation) {
        if self.len < self.capacity {
            self.segmentations[self.len] = cut;
            self.len += 1;
        }
    }

    /// Inserts in order of preference; a text that is already present keeps its better segmentation.
    ///
    /// This is exact although only so few are kept: a worse segmentation that removed an element is replaced by the better
    /// one of the same text, which would have removed it as well.
    pub(crate) fn offer(&mut self, cut: Segmentation) {
        if let Some(at) = self.as_slice().iter().position(|held| held.code == cut.code) {
            if !cut.reads_better_than(&self.segmentations[at]) {
                return;
            }
            self.segmentations.copy_within(at + 1..self.len, at);
            self.len -= 1;
        } else if self.len == self.capacity {
            self.len -= 1;
        }
        let mut at = self.len;
        while at > 0 && cut.ranks_above(&self.segmentations[at - 1]) {
            self.segmentations[at] = self.segmentations[at - 1];
            at -= 1;
        }
        self.segmentations[at] = cut;
        self.len += 1;
        if self.len == self.capacity {
            self.least = self.segmentations[self.len - 1].score;
        }
    }
}
