// Written by `UPDATE_DOCS=1 cargo test -p deployer-flow --test it builder` from the declarations in `src/actions/`.

//! The actions of the builder: a struct and a function for each form of an action type.

mod a_to_c;
mod d_to_l;
mod m_to_t;
mod options;
pub mod slots;
mod u_to_z;

pub use a_to_c::*;
pub use d_to_l::*;
pub use m_to_t::*;
pub use options::*;
pub use u_to_z::*;
