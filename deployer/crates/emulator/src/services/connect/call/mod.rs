//! The phone call (in work).
