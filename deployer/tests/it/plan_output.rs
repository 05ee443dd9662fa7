//! Complete output of `plan` for typical changes, at three widths, plain and coloured; `docs/plan-output.md` shows the same.

use std::path::{Path, PathBuf};

use crate::support::program::{command, text, write};

const SPEC: &str = "\
project: shop
environment: dev
provider: { embedded: { speed: 1000000 } }
state: { directory: state }
tags: { application: shop }
tables:
  numbers:
    key: { partition: { id: S } }
functions:
  save:
    description: Saves what a caller has chosen
    package: save
    memory_mb: 256
    environment:
      TABLE_NAME: ${tables.numbers.name}
      GREETING: Hello
      API_KEY: { secret: SHOP_API_KEY }
    grants: { numbers: read }
  report:
    package: report
connect:
  alias: shop-dev
  deletion_protection: false
  functions: [save]
  flows:
    main: { file: flows/main.json }
api:
  stage: live
  api_key: {}
  routes:
    GET /numbers: { function: save, auth: api_key }
    GET /all: { function: save, auth: api_key }
";

const FLOW: &str = r#"{"Version": "2019-10-30", "StartAction": "hello", "Metadata": {}, "Actions": [
  {"Identifier": "hello", "Type": "MessageParticipant", "Parameters": {"Text": "Welcome to the shop."},
   "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
  {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}"#;

/// A change of the deployed project, and its section in the document.
struct Case {
    name: &'static str,
    title: &'static str,
    /// Texts of the spec or the flow and their replacements.
    edits: &'static [(&'static str, &'static str)],
    arguments: &'static [&'static str],
    /// Output of other tools for the same kind of change, with its source.
    others: &'static str,
}

const CASES: [Case; 10] = [
    Case { name: "creation", title: "A first deployment", edits: &[], arguments: &["plan"], others: "" },
    Case {
        name: "tag",
        title: "A tag",
        edits: &[("tags: { application: shop }", "tags: { application: shop, team: voice }")],
        arguments: &["plan"],
        others: TERRAFORM_TAG,
    },
    Case {
        name: "memory",
        title: "The memory and a long text of a function",
        edits: &[
            ("memory_mb: 256", "memory_mb: 512"),
            (
                "Saves what a caller has chosen",
                "Saves what a caller has chosen, with the time of the call, and answers with all that is saved so far",
            ),
        ],
        arguments: &["plan"],
        others: "",
    },
    Case {
        name: "policy_gains_write",
        title: "A grant that gains write permissions",
        edits: &[("numbers: read }", "numbers: read-write }")],
        arguments: &["plan"],
        others: CDK_BROADER,
    },
    Case {
        name: "route_opened",
        title: "A route that wants no key any more",
        edits: &[("numbers: { function: save, auth: api_key }", "numbers: { function: save, auth: none }")],
        arguments: &["plan"],
        others: "",
    },
    Case {
        name: "table_replaced",
        title: "Another key of a table",
        edits: &[("{ id: S }", "{ phone: S }")],
        arguments: &["plan"],
        others: TERRAFORM_REPLACE,
    },
    Case {
        name: "flow_text",
        title: "A sentence of a contact flow",
        edits: &[("Welcome to the shop.", "Welcome to the shop. Please hold the line.")],
        arguments: &["plan"],
        others: "",
    },
    Case {
        name: "environment",
        title: "A variable and a secret of a function",
        edits: &[("GREETING: Hello", "GREETING: Good morning"), ("SHOP_API_KEY", "SHOP_OTHER_KEY")],
        arguments: &["plan"],
        others: TERRAFORM_SECRET,
    },
    Case {
        name: "function_removed",
        title: "A function that goes",
        edits: &[("  report:\n    package: report\n", "")],
        arguments: &["plan"],
        others: "",
    },
    Case { name: "destroy", title: "Everything goes", edits: &[], arguments: &["plan", "--destroy"], others: CDK_RETAINS },
];

const TERRAFORM_TAG: &str = "
Terraform prints a block like this for every resource that has the tag (sample from *How to Handle Resource Attribute Changes in Terraform*,
<https://oneuptime.com/blog/post/2026-02-23-terraform-resource-attribute-changes/view>):

```text
# aws_instance.web will be updated in-place
~ resource \"aws_instance\" \"web\" {
      id            = \"i-0abc123\"
    ~ tags          = {
        ~ \"Environment\" = \"staging\" -> \"production\"
          \"Name\"        = \"web-server\"
      }
  }
```
";

const CDK_BROADER: &str = "
`cdk deploy` asks before it broadens permissions too: `--require-approval broadening` prompts only where there are security-related changes
(<https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema.RequireApproval.html>). It decides by statements that are
added or removed, one row of a table each
(`@aws-cdk/cloudformation-diff`, <https://app.unpkg.com/@aws-cdk/cloudformation-diff@2.185.0/files/lib/iam/iam-changes.js>).
";

const TERRAFORM_REPLACE: &str = "
Terraform names the attribute, and does not say that data is lost (sample for an instance, from
<https://oneuptime.com/blog/post/2026-02-23-terraform-resource-attribute-changes/view>; for a table, its provider documents `hash_key` as
`Forces new resource`):

```text
# aws_instance.web must be replaced
-/+ resource \"aws_instance\" \"web\" {
    ~ ami           = \"ami-0c55b159cbfafe1f0\" -> \"ami-0new123456789\"  # forces replacement
    ~ id            = \"i-0abc123\" -> (known after apply)
      instance_type = \"t3.micro\"
  }
```
";

const TERRAFORM_SECRET: &str = "
Terraform hides the values as well, and shows no name where the whole attribute is sensitive (sample from
<https://gitlab.com/gitlab-org/terraform-provider-gitlab/-/issues/758>):

```text
  # gitlab_project_variable.terraform_version-project will be updated in-place
  ~ resource \"gitlab_project_variable\" \"terraform_version-project\" {
        id                = \"12345:TERRAFORM_VERSION:*\"
      ~ value             = (sensitive value)
        # (6 unchanged attributes hidden)
    }
```
";

const CDK_RETAINS: &str = "
`cdk destroy` leaves a table behind unless its `removalPolicy` is `DESTROY`
(<https://bobbyhadz.com/blog/cdk-delete-dynamodb-table>); here `deletion_protection` does that, and the plan names everything whose data goes.
";

const WIDTHS: [&str; 3] = ["60", "100", "160"];

struct Shop(tempfile::TempDir);

impl Shop {
    fn new() -> Self {
        let shop = Self(tempfile::tempdir().expect("a directory can be made"));
        shop.edit(&[]);
        // Nothing is invoked, and executables for the host's own processor are not inspected.
        for name in ["save", "report"] {
            write(shop.path(), &format!("built/host/{name}"), name);
        }
        shop
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes the project with these edits.
    fn edit(&self, edits: &[(&str, &str)]) {
        let (mut spec, mut flow) = (SPEC.to_owned(), FLOW.to_owned());
        for (old, new) in edits {
            assert!(spec.contains(old) || flow.contains(old), "{old}");
            spec = spec.replace(old, new);
            flow = flow.replace(old, new);
        }
        write(self.path(), "config/dev.yaml", spec);
        write(self.path(), "flows/main.json", flow);
    }

    /// Runs a command and returns its output on both streams and its exit code.
    fn run(&self, arguments: &[&str], settings: &[(&str, &str)]) -> (String, Option<i32>) {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--env", "dev"]);
        if !arguments.contains(&"--destroy") && arguments[0] != "destroy" {
            arguments.extend(["--functions", "built"]);
        }
        let mut command = command(self.path(), &arguments);
        command.env("SHOP_API_KEY", "first-value").env("SHOP_OTHER_KEY", "second-value").envs(settings.iter().copied());
        let output = command.output().expect("the program runs");
        (format!("{}{}", text(&output.stderr), text(&output.stdout)), output.status.code())
    }

    fn deployed() -> Self {
        let shop = Self::new();
        let (said, code) = shop.run(&["apply", "--yes"], &[]);
        assert_eq!(code, Some(0), "a first deployment needs no other flag: {said}");
        shop
    }

    fn plan(&self, case: &Case, width: &str, colour: bool) -> String {
        self.edit(case.edits);
        let colour = if colour { ("CLICOLOR_FORCE", "1") } else { ("NO_COLOR", "1") };
        let (said, code) = self.run(case.arguments, &[("COLUMNS", width), colour]);
        assert_eq!(code, Some(0), "{said}");
        assert!(!said.contains("-value"), "a secret value: {said}");
        without_ids(&said)
    }
}

/// Replaces the ids generated by the embedded AWS with constant ones.
fn without_ids(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut line = line.to_owned();
        if let Some((before, rest)) = line.split_once("deployment_id: \"")
            && let Some((_, behind)) = rest.split_once('"')
        {
            line = format!("{before}deployment_id: \"abc123\"{behind}");
        }
        for place in 0..line.len().saturating_sub(35) {
            if line.get(place..place + 36).is_some_and(is_uuid) {
                line.replace_range(place..place + 36, UUID);
            }
        }
        lines.push(line);
    }
    lines.join("\n")
}

const UUID: &str = "11111111-2222-4333-8444-555555555555";

fn is_uuid(text: &str) -> bool {
    let shaped = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.bytes().enumerate().all(shaped)
}

fn visible(text: &str) -> String {
    text.replace('\u{1b}', "␛")
}

fn stripped(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split('\u{1b}');
    out.push_str(parts.next().unwrap_or_default());
    parts.for_each(|part| out.push_str(part.split_once('m').map_or(part, |(_, rest)| rest)));
    out
}

fn columns(line: &str) -> usize {
    line.chars().count()
}

#[test]
fn typical_plans_are_as_recorded() {
    let (fresh, deployed) = (Shop::new(), Shop::deployed());
    let mut document = String::from(HEAD);
    for case in &CASES {
        let shop = if case.name == "creation" { &fresh } else { &deployed };
        let mut all = String::new();
        for width in WIDTHS {
            let plain = shop.plan(case, width, false);
            let limit: usize = width.parse().expect("a number");
            assert!(plain.lines().all(|line| columns(line) <= limit), "{width}: {plain}");
            assert!(!plain.contains('…'), "nothing is cut: {plain}");
            assert_eq!(stripped(&shop.plan(case, width, true)), plain, "colours change nothing else");
            all.push_str(&format!("===== {width} columns\n{plain}\n"));
            if width == "100" {
                let command = case.arguments.join(" ");
                document.push_str(&format!("\n## {}\n\n```text\n$ deployer {command} --env dev\n{plain}```\n", case.title));
                document.push_str(case.others);
            }
        }
        all.push_str(&format!("===== 100 columns, coloured\n{}", visible(&shop.plan(case, "100", true))));
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(case.name, all));
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/plan-output.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &document).expect("written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == document, "docs/plan-output.md is old: run UPDATE_DOCS=1 cargo test -p deployer --test it plan_output");
}

const HEAD: &str = "\
# What `deployer plan` prints

Written by a test from the program's own output at 100 columns, of a small project in the embedded AWS; `UPDATE_DOCS=1 cargo test -p deployer
--test it plan_output` renews it. Below it stands what other tools print for the same kind of change, where a public sample or a document
could be cited; where none was found, nothing is said of them.

Signs and groups: a line begins with `+`, `~`, `-/+`, `+/-` or `-`, which the first line explains. What belongs to one part of the spec stands
together: a function with its role, its log group and the permissions to invoke it. Nothing that differs is cut; long lines are wrapped at the
width of the terminal, or of `COLUMNS`, and in a pipe or a file they are not wrapped.
";

#[test]
fn yes_alone_approves_neither_broadening_nor_data_loss() {
    let shop = Shop::deployed();
    let state = || std::fs::read(shop.path().join("state/state.json")).expect("a state");
    let before = state();
    for (edit, flags) in [
        (("numbers: read }", "numbers: read-write }"), &["--approve-security"][..]),
        (("numbers: { function: save, auth: api_key }", "numbers: { function: save, auth: none }"), &["--approve-security"]),
        (("{ id: S }", "{ phone: S }"), &["--allow-data-loss", "table.numbers"]),
    ] {
        shop.edit(&[edit]);
        let other =
            if flags[0] == "--approve-security" { &["--allow-data-loss", "table.numbers"][..] } else { &["--approve-security"] };
        for more in [&[][..], other] {
            let (said, code) = shop.run(&[&["apply", "--yes"], more].concat(), &[]);
            assert_eq!(code, Some(3), "{edit:?} {more:?}: {said}");
            assert!(said.contains(&format!("to go on, add {}", flags.join(" "))), "{said}");
            assert_eq!(state(), before, "nothing was changed");
        }
    }
    let (said, code) = shop.run(&["apply", "--yes", "--allow-data-loss", "table.nobody"], &[]);
    assert!(code == Some(2) && said.contains("there is no resource with this address"), "{code:?} {said}");
    shop.edit(&[("numbers: read }", "numbers: read-write }"), ("{ id: S }", "{ phone: S }")]);
    let flags = ["apply", "--yes", "--approve-security", "--allow-data-loss", "table.numbers"];
    let (said, code) = shop.run(&flags, &[]);
    assert_eq!(code, Some(0), "{said}");
    // Narrower permissions need no approval, and a table that is removed from the spec again is replaced by name.
    shop.edit(&[("{ id: S }", "{ phone: S }")]);
    let (said, code) = shop.run(&["apply", "--yes"], &[]);
    assert_eq!(code, Some(0), "{said}");
    // The log group of a function goes with it.
    shop.edit(&[("{ id: S }", "{ phone: S }"), ("  report:\n    package: report\n", "")]);
    let (said, code) = shop.run(&["apply", "--yes"], &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("DELETES ITS LOG EVENTS"), "{said}");
    let (said, code) = shop.run(&["apply", "--yes", "--replace", "table.numbers"], &[]);
    assert_eq!(code, Some(0), "who names what is replaced has agreed: {said}");
    let (said, code) = shop.run(&["destroy", "--yes"], &[]);
    assert_eq!(code, Some(0), "destroy asks for nothing more: {said}");
}
