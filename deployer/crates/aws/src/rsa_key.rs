//! RSA keys of 2,048 bits, which *ring* can sign with but not generate.
//!
//! Primes are those of `crypto-primes` (FIPS 186-5, A.1.3, with its tests of Appendix B.3), from *ring*'s randomness. The code that loads
//! the key checks that its parts are consistent.

use std::num::NonZeroU32;

use crypto_bigint::{NonZero, U1024, U2048};
use crypto_primes::hazmat::SmallFactorsSieve;
use crypto_primes::{Flavor, is_prime};
use deployer_engine::{Error, Result};
use ring::rand::{SecureRandom, SystemRandom};
use yasna::models::ObjectIdentifier;
use yasna::{DERWriterSeq, construct_der};
use zeroize::Zeroizing;

/// A source of RSA keys: of PKCS#8 documents in DER.
pub type RsaKeys = fn() -> Result<Zeroizing<Vec<u8>>>;

const EXPONENT: u32 = 65_537;
const PRIME_BITS: NonZeroU32 = NonZeroU32::new(U1024::BITS).expect("above zero");

/// Generates an RSA key of 2,048 bits, which takes about a second of one core.
///
/// # Errors
/// `Local` when the operating system provides no randomness.
pub fn generate_rsa_key() -> Result<Zeroizing<Vec<u8>>> {
    loop {
        // Both primes are above 3/4 of their range, so their product has all 2,048 bits.
        if let Some(key) = from_primes(prime()?, prime()?) {
            return Ok(pkcs8(&key));
        }
    }
}

/// Finds a prime of 1,024 bits with its two highest bits set, starting at a random number.
fn prime() -> Result<U1024> {
    let failed = |error: &dyn std::fmt::Display| Error::local(format!("cannot generate an RSA key: {error}"));
    loop {
        let mut bytes = Zeroizing::new([0; U1024::BYTES]);
        SystemRandom::new().fill(&mut *bytes).map_err(|error| failed(&error))?;
        bytes[0] |= 0b1100_0000;
        bytes[U1024::BYTES - 1] |= 1;
        let start = U1024::from_be_slice(&*bytes);
        let mut candidates = SmallFactorsSieve::new(start, PRIME_BITS, false).map_err(|error| failed(&error))?;
        if let Some(prime) = candidates.find(|candidate| is_prime(Flavor::Any, candidate)) {
            return Ok(prime);
        }
    }
}

/// The numbers of a private key (RFC 8017, A.1.2).
struct Key {
    modulus: U2048,
    private_exponent: U2048,
    /// The primes p and q, d mod (p - 1), d mod (q - 1), and the inverse of q modulo p.
    parts: [U1024; 5],
}

/// Computes a key from two primes; returns `None` in the rare case that the exponent has no inverse for them.
fn from_primes(one: U1024, other: U1024) -> Option<Key> {
    let (p, q) = if one > other { (one, other) } else { (other, one) };
    let less_one = |prime: &U1024| NonZero::new(prime.wrapping_sub(&U1024::ONE)).into_option();
    let (p_less, q_less) = (less_one(&p)?, less_one(&q)?);
    let totient: U2048 = p_less.get().concatenating_mul(&q_less.get());
    let exponent = U1024::from(EXPONENT);
    Some(Key {
        modulus: p.concatenating_mul(&q),
        private_exponent: U2048::from(EXPONENT).invert_mod(&NonZero::new(totient).into_option()?).into_option()?,
        parts: [
            p,
            q,
            exponent.invert_mod(&p_less).into_option()?,
            exponent.invert_mod(&q_less).into_option()?,
            q.invert_mod(&NonZero::new(p).into_option()?).into_option()?,
        ],
    })
}

/// Writes the key as a PKCS#8 document (RFC 5208, 5; RFC 8017, A.1).
fn pkcs8(key: &Key) -> Zeroizing<Vec<u8>> {
    let sequence = |members: &dyn Fn(&mut DERWriterSeq<'_>)| {
        Zeroizing::new(construct_der(|writer| writer.write_sequence(|writer| members(writer))))
    };
    let private = sequence(&|writer| {
        let positive = |writer: &mut DERWriterSeq<'_>, number: &[u8]| writer.next().write_bigint_bytes(number, true);
        writer.next().write_u32(0);
        positive(writer, key.modulus.to_be_bytes().as_ref());
        writer.next().write_u32(EXPONENT);
        positive(writer, key.private_exponent.to_be_bytes().as_ref());
        for part in &key.parts {
            positive(writer, part.to_be_bytes().as_ref());
        }
    });
    sequence(&|writer| {
        writer.next().write_u32(0);
        writer.next().write_sequence(|writer| {
            writer.next().write_oid(&ObjectIdentifier::from_slice(&[1, 2, 840, 113_549, 1, 1, 1]));
            writer.next().write_null();
        });
        writer.next().write_bytes(&private);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};

    #[test]
    fn signature_of_a_new_key_verifies() {
        let key = RsaKeyPair::from_pkcs8(&generate_rsa_key().expect("a key")).expect("its parts belong together");
        assert_eq!(key.public().modulus_len(), 256);
        let mut signature = vec![0; 256];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), b"text", &mut signature).expect("signed");
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
        assert!(public.verify(b"text", &signature).is_ok());
        assert!(public.verify(b"other", &signature).is_err());
    }

    #[test]
    fn primes_are_of_full_length_and_odd() {
        let prime = prime().expect("a prime");
        assert_eq!(prime.bit_width(), 1_024);
        assert!(prime.bit_vartime(1_022) && prime.bit_vartime(0));
    }
}
