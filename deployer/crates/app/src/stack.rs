//! The stack: everything that constructs have declared so far.

use std::cell::RefCell;
use std::fmt;
use std::panic::Location as Caller;
use std::rc::Rc;

use deployer_engine::{Address, Expr};
use deployer_resources::{Declare, Handle, Tags};
use deployer_stack::Settings;
use deployer_stack::assembly::{AddedResource, Assembly, Construct, Finding, Location, Override, Request, Severity, VERSION};
use serde_json::{Map, Value};

use crate::aspect::{Aspect, Resource};

/// The stack of one environment. A clone is another handle to the same stack.
#[derive(Clone)]
pub struct Stack {
    inner: Rc<Inner>,
    scope: Rc<Scope>,
}

struct Inner {
    request: Request,
    settings: Settings,
    assembly: RefCell<Assembly>,
    aspects: RefCell<Vec<Rc<dyn Aspect>>>,
}

/// What constructs are a part of.
#[derive(Debug, Default)]
struct Scope {
    path: String,
    /// The position that the constructs get; that of the call if absent.
    location: Option<Location>,
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stack({} {}, {:?})", self.inner.request.project, self.inner.request.environment, self.scope.path)
    }
}

impl Stack {
    pub(crate) fn new(request: Request) -> Self {
        let mut settings = Settings::new(&request.project, &request.environment, &request.account, &request.region);
        settings.tags = request.tags.clone();
        let assembly = Assembly { version: VERSION, ..Assembly::default() };
        let inner = Inner { request, settings, assembly: RefCell::new(assembly), aspects: RefCell::default() };
        Self { inner: Rc::new(inner), scope: Rc::default() }
    }

    /// Returns the project, environment, account and Region, and the names and tags that follow from them.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Returns the environment.
    pub fn environment(&self) -> &str {
        &self.inner.request.environment
    }

    /// Whether the environment is on the embedded AWS.
    pub fn is_embedded(&self) -> bool {
        self.inner.request.embedded
    }

    /// Groups what `build` declares: its constructs are below `name` in the tree, and errors in them point to the caller of this method.
    ///
    /// ```
    /// # use deployer_app::{App, Request, Table};
    /// # let app = App::new(Request::embedded("shop", "dev"));
    /// app.stack().scope("callers", |stack| Table::keyed_by(stack, "numbers", "id"));
    /// assert_eq!(app.assembly().constructs[0].path, "callers/numbers");
    /// ```
    #[track_caller]
    pub fn scope<T>(&self, name: &str, build: impl FnOnce(&Stack) -> T) -> T {
        build(&self.within(name, Caller::caller()))
    }

    /// Returns the stack for constructs below `name`, with the position of the caller.
    pub(crate) fn within(&self, name: &str, caller: &Caller<'_>) -> Self {
        let scope = Rc::new(Scope { path: self.path(name), location: Some(self.location(caller)) });
        Self { inner: Rc::clone(&self.inner), scope }
    }

    fn path(&self, name: &str) -> String {
        if self.scope.path.is_empty() { name.to_owned() } else { format!("{}/{name}", self.scope.path) }
    }

    /// Returns the position of a call: that of the scope, if there is one.
    pub(crate) fn location(&self, caller: &Caller<'_>) -> Location {
        self.scope.location.clone().unwrap_or_else(|| caller.into())
    }

    /// Adds a resource of any type with all of its properties: the lowest level, for what no other construct covers.
    ///
    /// The handle's methods are its outputs; a property that refers to one makes its resource wait for this one. A plan shows the resource
    /// under `address`. [`Settings::tags_of`] returns the tags that say to whom it belongs.
    ///
    /// ```
    /// use deployer_app::resources::{LogGroup, LogGroupProperties};
    /// use deployer_app::{Address, App, Request};
    ///
    /// let app = App::new(Request::embedded("shop", "dev"));
    /// let address = Address::new("log_group", "audit");
    /// let properties = LogGroupProperties {
    ///     name: app.stack().settings().name("audit"),
    ///     retention_days: Some(365),
    ///     deletion_protection: false,
    ///     tags: app.stack().settings().tags_of(&address),
    /// };
    /// app.stack().add::<LogGroup>(address, &properties);
    /// assert_eq!(app.graph().unwrap().nodes.len(), 1);
    /// ```
    #[track_caller]
    pub fn add<R: Declare>(&self, address: Address, properties: &R::Declared) -> Handle<R> {
        self.add_after(address, properties, [])
    }

    /// Adds a resource as [`Self::add`] does, which also waits for other ones.
    #[track_caller]
    pub fn add_after<R: Declare>(
        &self,
        address: Address,
        properties: &R::Declared,
        after: impl IntoIterator<Item = Address>,
    ) -> Handle<R> {
        let location = self.location(Caller::caller());
        let mut graph = deployer_engine::Graph::default();
        let handle = deployer_resources::declare::<R>(&mut graph, address.clone(), properties, after);
        self.construct(address.as_str().rsplit('.').next().unwrap_or_default(), R::TYPE, address.as_str(), &location);
        let earlier = self.inner.assembly.borrow().resources.get(&address).map(|added| added.location.clone());
        if let Some(earlier) = earlier {
            self.twice(address.as_str(), &earlier, location);
        } else if let Some(node) = graph.nodes.remove(&address) {
            let (type_name, properties, after) = (node.type_name, node.properties, node.depends_on);
            let added = AddedResource { type_name, properties, after, location };
            self.inner.assembly.borrow_mut().resources.insert(address, added);
        }
        handle
    }

    /// Sets a property of a resource after everything else has been declared, whatever construct declared the resource.
    ///
    /// `path` is the property as plans show it, with dots: `tracing`, `tags.team`. [`Self::override_with_output`] sets one to an output of
    /// another resource.
    ///
    /// ```
    /// # use deployer_app::{Address, App, Function, Request};
    /// # let app = App::new(Request::embedded("shop", "dev"));
    /// Function::cargo(app.stack(), "convert");
    /// app.stack().override_property(Address::new("log_group", "convert"), "retention_days", 7);
    /// # app.graph().unwrap();
    /// ```
    #[track_caller]
    pub fn override_property(&self, address: Address, path: &str, value: impl Into<Value>) {
        self.override_expr(address, path, Expr::Value(value.into()), Caller::caller());
    }

    /// Sets a property to an output of a resource, such as `handle.arn()`: its resource then waits for that one.
    #[track_caller]
    pub fn override_with_output(&self, address: Address, path: &str, output: impl Into<Expr>) {
        self.override_expr(address, path, output.into(), Caller::caller());
    }

    fn override_expr(&self, address: Address, path: &str, value: Expr, caller: &Caller<'_>) {
        let change = Override { address, path: path.to_owned(), value, location: self.location(caller) };
        self.inner.assembly.borrow_mut().overrides.push(change);
    }

    /// Lets an aspect visit every resource of the stack once all of it has been declared.
    pub fn aspect(&self, aspect: impl Aspect + 'static) {
        self.inner.aspects.borrow_mut().push(Rc::new(aspect));
    }

    /// Adds a tag to every resource of the stack that takes tags, as `tags` of the spec does.
    pub fn tag(&self, key: &str, value: &str) {
        let tag = (key.to_owned(), value.to_owned());
        self.aspect(move |resource: &mut Resource<'_>| resource.tag(&tag.0, &tag.1));
    }

    /// Returns the tags of a resource: those of the environment, and those that say to whom it belongs.
    pub fn tags_of(&self, address: &Address) -> Tags {
        self.inner.settings.tags_of(address)
    }

    pub(crate) fn aspects(&self) -> Vec<Rc<dyn Aspect>> {
        self.inner.aspects.borrow().clone()
    }

    pub(crate) fn request(&self) -> &Request {
        &self.inner.request
    }

    pub(crate) fn declared(&self) -> Assembly {
        self.inner.assembly.borrow().clone()
    }

    pub(crate) fn find(&self, finding: Finding) {
        self.inner.assembly.borrow_mut().findings.push(finding);
    }

    /// Records a construct.
    pub(crate) fn construct(&self, name: &str, kind: &str, declares: &str, location: &Location) {
        let construct =
            Construct { path: self.path(name), kind: kind.to_owned(), declares: declares.to_owned(), location: location.clone() };
        self.inner.assembly.borrow_mut().constructs.push(construct);
    }

    /// Reports that something is declared a second time.
    pub(crate) fn twice(&self, what: &str, earlier: &Location, location: Location) {
        self.find(Finding {
            severity: Severity::Error,
            rule: "declared-twice".to_owned(),
            subject: what.to_owned(),
            message: format!("`{what}` is declared twice; it stands already in {earlier}"),
            help: Some("give one of them another name, or pass on the first one".to_owned()),
            location,
        });
    }

    /// Returns the position at which the value at this path was set.
    pub(crate) fn position(&self, path: &str) -> Option<Location> {
        self.inner.assembly.borrow().positions.get(path).cloned()
    }

    /// Changes the value at a path of the sections; maps on the way are added. Records the position, unless the path has one.
    pub(crate) fn change(&self, path: &[String], location: &Location, change: impl FnOnce(&mut Value)) {
        let mut assembly = self.inner.assembly.borrow_mut();
        let Assembly { sections, positions, .. } = &mut *assembly;
        let mut at: &mut Map<String, Value> = sections;
        let Some((last, above)) = path.split_last() else { return };
        for step in above {
            let below = at.entry(step.clone()).or_insert_with(|| Value::Object(Map::new()));
            if !below.is_object() {
                *below = Value::Object(Map::new());
            }
            let Value::Object(members) = below else { return };
            at = members;
        }
        change(at.entry(last.clone()).or_insert(Value::Null));
        positions.insert(path.join("."), location.clone());
    }

    /// Adds the content of a flow or document, such as `flows/main`, and returns the path at which the deployer finds it.
    pub(crate) fn content(&self, name: String, content: Value) -> String {
        let path = deployer_stack::assembly::content_path(&self.inner.request.environment, &name);
        self.inner.assembly.borrow_mut().contents.insert(name, content);
        path
    }
}
