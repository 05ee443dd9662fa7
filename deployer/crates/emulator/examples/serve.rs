//! Serves an empty AWS account on a loopback port, for any client, until Ctrl-C: `cargo run --example serve -- 4566 [SPEED [DIRECTORY]]`.

use std::sync::Arc;

use deployer_emulator::server::{api, listener};
use deployer_emulator::{Emulator, Options, SystemClock};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().map_or(Ok(4566), |text| text.parse())?;
    let speed = arguments.next().map_or(Ok(1.0), |text| text.parse())?;
    let emulator = Emulator::open(Options {
        directory: arguments.next().map(Into::into),
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        clock: Arc::new(SystemClock),
        speed,
        seed: None,
        limits: Default::default(),
    })?;
    let apis = api::serve_apis(Arc::clone(&emulator), port + 1).await?;
    let listener = listener::listen(emulator, port).await?;
    println!("listening on http://{}, deployed APIs on https://{}", listener.address, apis.address);
    tokio::signal::ctrl_c().await?;
    listener.stop().await;
    Ok(())
}
