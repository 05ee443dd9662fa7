//! The RSA key of requested certificates: *ring* signs with one and generates none. All certificates of a process share it, because
//! nobody but the servers of the embedded AWS ever has it, and one takes a second to generate.

use std::num::NonZeroU32;
use std::sync::LazyLock;

use crypto_bigint::{NonZero, U1024, U2048};
use crypto_primes::hazmat::SmallFactorsSieve;
use crypto_primes::{Flavor, is_prime};
use ring::rand::{SecureRandom, SystemRandom};
use yasna::models::ObjectIdentifier;
use yasna::{DERWriterSeq, construct_der};

const EXPONENT: u32 = 65_537;
const PRIME_BITS: NonZeroU32 = NonZeroU32::new(U1024::BITS).expect("above zero");

static KEY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    loop {
        if let Some(key) = generate() {
            return key;
        }
    }
});

/// Returns the key as a PKCS#8 document in DER.
pub(super) fn key() -> &'static Vec<u8> {
    &KEY
}

/// Returns a key of two random primes; `None` if they do not make one, and another attempt is needed.
fn generate() -> Option<Vec<u8>> {
    let (one, other) = (prime()?, prime()?);
    let (p, q) = if one > other { (one, other) } else { (other, one) };
    let less_one = |prime: &U1024| NonZero::new(prime.wrapping_sub(&U1024::ONE)).into_option();
    let (p_less, q_less) = (less_one(&p)?, less_one(&q)?);
    let modulus: U2048 = p.concatenating_mul(&q);
    let totient: U2048 = p_less.get().concatenating_mul(&q_less.get());
    let private: U2048 = U2048::from(EXPONENT).invert_mod(&NonZero::new(totient).into_option()?).into_option()?;
    let exponent = U1024::from(EXPONENT);
    let parts = [
        p,
        q,
        exponent.invert_mod(&p_less).into_option()?,
        exponent.invert_mod(&q_less).into_option()?,
        q.invert_mod(&NonZero::new(p).into_option()?).into_option()?,
    ];
    let numbers = sequence(&|writer| {
        writer.next().write_u32(0);
        writer.next().write_bigint_bytes(modulus.to_be_bytes().as_ref(), true);
        writer.next().write_u32(EXPONENT);
        writer.next().write_bigint_bytes(private.to_be_bytes().as_ref(), true);
        for part in &parts {
            writer.next().write_bigint_bytes(part.to_be_bytes().as_ref(), true);
        }
    });
    // RFC 5208, 5: version, algorithm (rsaEncryption), key.
    Some(sequence(&|writer| {
        writer.next().write_u32(0);
        writer.next().write_sequence(|writer| {
            writer.next().write_oid(&ObjectIdentifier::from_slice(&[1, 2, 840, 113_549, 1, 1, 1]));
            writer.next().write_null();
        });
        writer.next().write_bytes(&numbers);
    }))
}

fn sequence(members: &dyn Fn(&mut DERWriterSeq<'_>)) -> Vec<u8> {
    construct_der(|writer| writer.write_sequence(|writer| members(writer)))
}

/// Finds a prime of 1,024 bits with its two highest bits set, so that the product of two has 2,048 bits.
fn prime() -> Option<U1024> {
    let mut bytes = [0; U1024::BYTES];
    SystemRandom::new().fill(&mut bytes).ok()?;
    bytes[0] |= 0b1100_0000;
    bytes[U1024::BYTES - 1] |= 1;
    let mut candidates = SmallFactorsSieve::new(U1024::from_be_slice(&bytes), PRIME_BITS, false).ok()?;
    candidates.find(|candidate| is_prime(Flavor::Any, candidate))
}
