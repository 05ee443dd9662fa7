//! Prints the best five vanity numbers of each number in the arguments, best first.

fn main() {
    for argument in std::env::args().skip(1) {
        match vanity::Number::parse(&argument) {
            Ok(number) => {
                println!("{number}");
                for form in vanity::best_five(&number).ranked() {
                    println!("  {form}  {:<18} {:?}", form.display(), form.score());
                }
            }
            Err(reason) => eprintln!("{argument}: {reason}"),
        }
    }
}
