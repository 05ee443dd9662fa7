// The page of `deployer local serve`. Every text from the server is untrusted: it becomes text nodes only.
const KEY = new URLSearchParams(location.search).get("key") ?? "1";
const $ = id => document.getElementById(id);
const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));
const INTERVAL = 1500;

// An element with children: texts, elements, or lists of them.
function make(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [property, value] of Object.entries(properties ?? {})) {
    property in element ? element[property] = value : element.setAttribute(property, value);
  }
  element.append(...children.flat());
  return element;
}

async function ask(path, parameters = {}, options = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined));
  const headers = { "x-deployer-page": KEY };
  const response = await fetch(`/_deployer/${path}?${query}`, { ...options, headers, cache: "no-store" });
  if (!response.ok) {
    const { message } = await response.json().catch(() => ({}));
    throw Object.assign(new Error(message ?? `status ${response.status}`), { status: response.status });
  }
  return response;
}
const read = async (path, parameters) => (await ask(path, parameters)).json();
const send = async (path, value) => (await ask(path, {}, { method: "POST", body: JSON.stringify(value) })).json();

// Sets the options of a selection and keeps what is chosen. `options`: pairs of value and label, or groups of them.
function offer(select, options, none) {
  const text = JSON.stringify(options);
  if (select.shown === text) return;
  select.shown = text;
  const chosen = select.value;
  const option = ([value, label]) => make("option", { value }, label);
  const made = options.map(one => Array.isArray(one) ? option(one) : make("optgroup", { label: one.label }, one.options.map(option)));
  select.replaceChildren(...made.length ? made : [option(["", none])]);
  if ([...select.options].some(one => one.value === chosen)) select.value = chosen;
  select.disabled = made.length === 0;
}

// Calls `draw` if the value has changed since the last time.
const drawn = new Map();
function draw(name, value, how) {
  const text = JSON.stringify(value ?? null);
  if (drawn.get(name) === text) return;
  drawn.set(name, text);
  how(value);
}

const more = list => list?.left_off ? ` (${list.left_off} more are not shown)` : "";
const clock = milliseconds => new Date(milliseconds).toISOString().slice(11, 23);

// ---- What there is

let state = null;
const place = { account: null, region: null };

async function refresh() {
  const group = $("group-choice").value || null, table = $("table-choice").value || null;
  try {
    state = await read("state", { ...place, table, group });
    alarm(null);
  } catch (error) {
    alarm(error.status ? `The state cannot be read: ${error.message}.` : "deployer local serve does not answer. It may have ended.");
    return;
  }
  show();
  // A table or a group that has just been chosen by default.
  if ((table ?? "") !== $("table-choice").value || (group ?? "") !== $("group-choice").value) {
    if ($("table-choice").value || $("group-choice").value) await refresh();
  }
}

function alarm(text) {
  if ($("alarm").textContent === (text ?? "")) return;
  $("alarm").textContent = text ?? "";
  $("alarm").hidden = !text;
}

function show() {
  $("place").textContent = `account ${state.account}, ${state.region}`;
  const accounts = state.accounts.entries;
  $("accounts").hidden = accounts.length < 2;
  offer($("account"), accounts.map(one => [`${one.account} ${one.region}`, `${one.account}, ${one.region}`]), "none");
  const instances = state.connect.entries;
  const named = instance => instance.alias ?? instance.id;
  const title = (instance, text) => instances.length > 1 ? `${text} (${named(instance)})` : text;

  const callable = flow => flow.type === "CONTACT_FLOW" && flow.published && !flow.archived;
  const numbers = instances.flatMap(one => one.numbers.entries.filter(number => number.flow_id).map(number =>
    [JSON.stringify({ to: number.number }), title(one, `${number.number}: ${number.flow}`)]));
  const own = instances.flatMap(one => one.flows.entries.filter(flow => callable(flow) && !flow.given).map(flow =>
    [JSON.stringify({ instance_id: one.id, contact_flow_id: flow.id }), title(one, flow.name)]));
  const given = instances.flatMap(one => one.flows.entries.filter(flow => callable(flow) && flow.given).map(flow =>
    [JSON.stringify({ instance_id: one.id, contact_flow_id: flow.id }), title(one, flow.name)]));
  const lines = [["Numbers", numbers], ["Flows", own], ["Flows of every instance", given]].filter(([, options]) => options.length);
  offer($("line"), lines.map(([label, options]) => ({ label, options })), "There is no flow yet.");
  lineChosen();

  const pictures = which => instances.flatMap(one => one.flows.entries.filter(which).map(flow =>
    [JSON.stringify([one.id, flow.id]), title(one, flow.name)]));
  const modules = instances.flatMap(one => one.modules.entries.map(module => [JSON.stringify([one.id, module.id]), title(one, module.name)]));
  const kinds = [["Flows", pictures(flow => !flow.given)], ["Modules", modules], ["Flows of every instance", pictures(flow => flow.given)]];
  offer($("flow-choice"), kinds.filter(([, options]) => options.length).map(([label, options]) => ({ label, options })), "There is no flow yet.");
  picture();

  offer($("table-choice"), state.tables.entries.map(table => [table.name, table.name]), "There is no table yet.");
  draw("items", state.items, showItems);
  const functions = state.functions.entries.map(one => one.log_group);
  const groups = state.log_groups.entries.map(group => group.name);
  const ours = groups.filter(name => functions.includes(name)), rest = groups.filter(name => !functions.includes(name));
  offer($("group-choice"), [...ours, ...rest].map(name => [name, name]), "There is no log group yet.");
  draw("events", state.events, showEvents);
  draw("calls", state.calls, showCalls);
  draw("stack", [state.connect, state.functions, state.tables, state.gateway, state.others], showStack);
}

// A value of DynamoDB as a text: its type is left out where it is clear.
function attribute(value) {
  const [kind, content] = Object.entries(value)[0] ?? [];
  const plain = value => {
    const [kind, content] = Object.entries(value)[0] ?? [];
    if (kind === "L") return content.map(plain);
    if (kind === "M") return Object.fromEntries(Object.entries(content).map(([name, value]) => [name, plain(value)]));
    if (kind === "N") return Number.isSafeInteger(Number(content)) ? Number(content) : content;
    return kind === "NULL" ? null : content;
  };
  return kind === "S" || kind === "N" || kind === "B" ? content : JSON.stringify(plain(value));
}

function showItems(items) {
  const rows = items?.entries ?? [];
  $("items-said").textContent = !items ? "" : rows.length === 0 && !items.left_off ? "The table is empty." :
    `${rows.length} ${rows.length === 1 ? "item" : "items"}${more(items)}`;
  const names = new Set(items?.key ?? []);
  for (const row of rows) Object.keys(row).sort().forEach(name => names.add(name));
  const columns = [...names].slice(0, 20);
  const head = make("tr", {}, columns.map(name => make("th", { scope: "col" }, name)));
  const cell = (row, name) => make("td", {}, name in row ? attribute(row[name]) : "");
  $("items-frame").hidden = rows.length === 0;
  $("items").replaceChildren(make("thead", {}, head), make("tbody", {}, rows.map(row => make("tr", {}, columns.map(name => cell(row, name))))));
}

function showEvents(events) {
  const rows = events?.entries ?? [];
  $("events-said").textContent = !events ? "" : rows.length === 0 && !events.left_off ? "Nothing has been logged." :
    `The last ${rows.length} of ${rows.length + events.left_off} events, times in UTC`;
  const list = $("events"), atEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 20;
  list.replaceChildren(...rows.map(row => make("li", {}, make("time", { dateTime: new Date(row.at).toISOString() }, clock(row.at)), row.message)));
  list.hidden = rows.length === 0;
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function showCalls(calls) {
  const others = calls.filter(one => one.id !== call?.id);
  $("calls").hidden = others.length === 0;
  $("call-list").replaceChildren(...others.map(one => {
    const text = `${clock(one.started).slice(0, 8)} ${one.from ?? "withheld"}${one.over ? "" : `, now at ${one.at?.action ?? "its start"}`}`;
    return make("li", {}, text, make("button", { type: "button", onclick: () => follow(one.id, false), "aria-label": `Show the call ${text}` }, "Show"));
  }));
  // A call that somebody else makes is followed, unless one is being followed.
  const live = others.find(one => !one.over && !one.keypad);
  if (live && (!call || call.over)) follow(live.id, false);
}

function showStack() {
  const list = entries => make("ul", {}, entries.map(text => make("li", {}, text)));
  const kind = (title, list_, text) => list_.entries.length === 0 ? [] :
    [make("p", { className: "kind" }, `${title}${more(list_)}`), list(list_.entries.map(text))];
  const same = text => text;
  const open = new Set([...document.querySelectorAll("#resources details[open]")].map(one => one.dataset.name));
  const first = $("resources").childElementCount === 0;
  const part = (name, parts, shown = true) => {
    const body = parts.flat(2);
    return body.length ? [make("details", { open: first ? shown : open.has(name), "data-name": name }, make("summary", {}, name), body)] : [];
  };
  const flow = one => `${one.name}, ${one.type}${one.given ? ", of every instance" : ""}${one.published ? "" : ", not published"}${one.archived ? ", archived" : ""}`;
  const own = list_ => ({ ...list_, entries: list_.entries.filter(one => !one.given) });
  const given = list_ => ({ entries: list_.entries.filter(one => one.given) });
  const instances = state.connect.entries.flatMap(one => part(`Connect instance ${one.alias ?? one.id} (${one.status})`, [
    kind("Numbers", one.numbers, number => `${number.number}: ${number.flow ?? "no flow"}`),
    kind("Flows", own(one.flows), flow),
    kind("Modules", one.modules, module => module.name),
    kind("Functions that flows may call", one.functions, same),
    one.resources.map(({ kind: plural, names }) => kind(plural[0].toUpperCase() + plural.slice(1), names, same)),
    part("Flows that come with every instance", [list(given(one.flows).entries.map(one => one.name))], false),
  ]));
  const functions = kind("Functions", state.functions, one => `${one.name}: ${one.runtime}, ${one.memory_mb} MB, ${one.timeout_seconds} s, ${one.state}`);
  const tables = kind("Tables", state.tables, one => `${one.name}: ${one.status}, key ${one.key.join(" and ")}${one.indexes.length ? `, indexes ${one.indexes.join(", ")}` : ""}, ${one.items} items`);
  const apis = state.gateway.apis.entries.flatMap(one => kind(`API ${one.name}, stages ${one.stages.join(", ") || "none"}`, one.routes,
    route => `${route.method} ${route.path}${route.function ? ` to ${route.function}` : ""}${route.api_key ? ", with an API key" : ""}${route.authorization === "NONE" ? "" : `, ${route.authorization}`}`));
  const domains = kind("Domains", state.gateway.domains, one => `${one.name}: ${one.status}`);
  const others = state.others.flatMap(({ kind: plural, names }) => kind(plural[0].toUpperCase() + plural.slice(1), names, same));
  const made = [instances, part("Functions and tables", [functions, tables]), part("APIs", [apis, domains]), part("More", [others])].flat();
  $("resources").replaceChildren(...made.length ? made : [make("p", {}, "There is nothing yet: deployer apply creates the stack.")]);
}

// ---- Pictures of flows

const DRAWN = { svg: ["width", "height", "viewBox"], g: ["data-action"], title: [], defs: [], marker: ["id", "viewBox", "refX", "refY", "markerWidth", "markerHeight", "orient"],
  rect: ["class", "x", "y", "width", "height", "rx"], path: ["class", "d", "marker-start"], text: ["class", "x", "y", "text-anchor"] };
const SVG = "http://www.w3.org/2000/svg";

// Copies of a drawing only the elements and attributes that drawings have.
function copied(node) {
  const allowed = DRAWN[node.localName];
  if (!allowed || node.namespaceURI !== SVG) return null;
  const copy = document.createElementNS(SVG, node.localName);
  for (const name of allowed) if (node.hasAttribute(name)) copy.setAttribute(name, node.getAttribute(name));
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) copy.append(child.data);
    else if (child.nodeType === Node.ELEMENT_NODE) copy.append(copied(child) ?? "");
  }
  return copy;
}

let pictured = null;
async function picture() {
  const choice = $("flow-choice").value;
  const frame = $("picture");
  const width = Math.max(300, Math.min(4000, frame.clientWidth));
  const instance = choice && state.connect.entries.find(one => one.id === JSON.parse(choice)[0]);
  const wanted = choice ? JSON.stringify([choice, width, place, tick >> 2]) : null;
  if (wanted === pictured) return mark();
  pictured = wanted;
  if (!choice || !instance) return frame.replaceChildren();
  const [instance_id, flow_id] = JSON.parse(choice);
  try {
    const text = await (await ask("flow", { ...place, instance: instance_id, flow: flow_id, width })).text();
    if (wanted !== pictured || frame.text === text) return mark();
    frame.text = text;
    const drawing = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    frame.replaceChildren(copied(drawing) ?? "This flow cannot be drawn.");
  } catch (error) {
    frame.text = null;
    frame.replaceChildren(`This flow cannot be drawn: ${error.message}.`);
  }
  mark();
}

// Number of readings of the state. At every fourth, the picture is read again: another flow may have been published.
let tick = 0;

// Shows where the followed call is, and where it was.
function mark() {
  const choice = $("flow-choice").value;
  const current = choice && state ? JSON.parse(choice)[1] : null;
  const isHere = position => position && current && position.flow.split(":").some(part => part.endsWith(`/${current}`));
  const seen = new Set((call?.path ?? []).filter(isHere).map(position => position.action));
  const here = isHere(call?.at) && !call.over ? call.at.action : null;
  for (const group of document.querySelectorAll("#picture g[data-action]")) {
    const action = group.getAttribute("data-action");
    group.setAttribute("class", action === here ? "here" : seen.has(action) ? "seen" : "");
    if (action === here && group.parentNode.at !== here) {
      group.parentNode.at = here;
      const frame = $("picture"), box = group.getBoundingClientRect(), around = frame.getBoundingClientRect();
      frame.scrollTop += box.top + box.height / 2 - around.top - around.height / 2;
      frame.scrollLeft += box.left + box.width / 2 - around.left - around.width / 2;
    }
  }
  const where = call?.at ? `${call.at.name}: ${call.at.action}` : "";
  $("block").textContent = !call || !call.at ? "\u200b" : call.over ? `The call ended in ${where}` : `The call is in ${where}`;
}

// ---- Calls

let call = null;

function status(text) {
  if ($("said").textContent !== text) $("said").textContent = text;
}

function line(text, kind) {
  const list = $("transcript");
  list.append(make("li", { className: kind ?? "" }, text));
  list.scrollTop = list.scrollHeight;
}

function enable() {
  const own = call && !call.over && call.own;
  const asked = own && call.asked;
  $("hang-up").disabled = !own;
  $("call").disabled = Boolean(own);
  for (const button of document.querySelectorAll("#keypad button")) button.disabled = !own;
  $("nothing").disabled = !asked;
}

async function begin(event) {
  event.preventDefault();
  if (call?.own && !call.over) return;
  const chosen = $("line").value ? JSON.parse($("line").value) : {};
  const from = $("from").value.trim() || null;
  const to = chosen.to ?? $("to").value.trim();
  status("Ringing…");
  // A browser speaks only after somebody has pressed something: the first time counts.
  silence();
  try {
    const { id } = await send("calls", { to, from, ...chosen });
    follow(id, true);
  } catch (error) {
    status(`The call cannot be made: ${error.message}.`);
  }
}

// Follows a call from its beginning to its end.
async function follow(id, own) {
  silence();
  const mine = call = { id, own, at: null, path: [], over: false, asked: false, keys: [], ends: 0, next: 0 };
  $("transcript").replaceChildren();
  $("after").hidden = true;
  $("flow-log").replaceChildren();
  status(own ? "The call begins." : "A call that another program makes.");
  enable();
  while (call === mine && !mine.over) {
    let answer;
    try {
      answer = await read(`calls/${id}`, { after: mine.next });
    } catch (error) {
      if (call === mine) ended(mine, `The call is lost: ${error.message}.`);
      return;
    }
    if (call !== mine) return;
    mine.next = answer.next;
    for (const event of answer.events) happened(mine, event);
    mark();
    if (answer.over && !mine.over) ended(mine, "The call is over.");
  }
}

function happened(mine, event) {
  const [kind, value] = typeof event === "string" ? [event] : Object.entries(event)[0];
  if (kind === "at") {
    mine.at = value;
    mine.path.push(value);
    showFlowOf(value);
    return;
  }
  mine.asked = false;
  if (kind === "heard") {
    // What was pressed for an earlier prompt is not for a later one.
    mine.keys = [];
    line(value);
    status("Listen.");
    if (mine.own) speak(value);
  } else if (kind === "key") {
    mine.asked = true;
    if (mine.own) awaitKey(mine, value);
    else status("The caller is to press a key.");
  } else if (kind === "pressed") {
    line(value, "own");
  } else if (kind === "silence") {
    line("no key", "own");
  } else if (kind === "hung_up") {
    line("hangs up", "own");
  } else if (kind === "refused") {
    ended(mine, `The call cannot be made: ${value}.`);
  } else if (kind === "done") {
    for (const one of value.functions.entries) line(`${one.function.split(":function:").pop()} returned ${JSON.stringify(one.response)}`, "function");
    showFlowLog(value.log);
    ended(mine, `The call is over: ${value.outcome}.`);
  }
  enable();
}

function showFlowLog(log) {
  $("after").hidden = log.entries.length === 0 && !log.left_off;
  $("after").open = true;
  $("flow-log").replaceChildren(...log.entries.map(entry =>
    make("li", {}, make("time", {}, String(entry.Timestamp ?? "").slice(11, 23)), `${entry.ContactFlowModuleType ?? ""} ${entry.Identifier ?? ""}: ${entry.Results ?? ""} ${JSON.stringify(entry.Parameters ?? {})}`)));
  if (log.left_off) $("flow-log").append(make("li", {}, `${log.left_off} more entries are in the log group of the instance.`));
}

function ended(mine, text) {
  mine.over = true;
  mine.asked = false;
  line(text, "end");
  status(text);
  enable();
  mark();
  refresh();
}

function showFlowOf(position) {
  const id = position.flow.split("/").pop().split(":")[0];
  const choice = [...$("flow-choice").options].find(one => one.value && JSON.parse(one.value)[1] === id);
  if (choice && $("flow-choice").value !== choice.value) {
    $("flow-choice").value = choice.value;
    picture();
  }
}

// Waits until the prompt has been spoken, then for the flow's own time; then no key was pressed.
async function awaitKey(mine, limit) {
  const turn = ++mine.ends;
  const current = () => call === mine && !mine.over && mine.asked && mine.ends === turn;
  if (mine.keys.length) return void press(mine.keys.shift());
  status("Press a key.");
  await spoken();
  for (let left = limit; current(); left -= 200) {
    if ($("patient").checked) {
      status("Press a key.");
      left = limit;
    } else if (left <= 0) {
      return void act(mine, "silence");
    } else {
      status(`Press a key within ${Math.ceil(left / 1000)} s.`);
    }
    await pause(200);
  }
}

async function act(mine, what) {
  mine.asked = false;
  enable();
  silence();
  try {
    await send(`calls/${mine.id}`, what);
  } catch (error) {
    if (error.status !== 409 && call === mine) status(`The key was not received: ${error.message}.`);
  }
}

function press(key) {
  if (!call?.own || call.over) return;
  // Keys are sent one by one; those that come sooner than they are asked for wait.
  if (call.asked) act(call, { press: key });
  else if (call.keys.length < 20) call.keys.push(key);
}

// ---- Speech

let speaking = [];

function canSpeak() {
  return $("speak").checked && "speechSynthesis" in window;
}

// What is spoken is not read out by a screen reader as well.
function voice() {
  $("transcript").setAttribute("aria-live", canSpeak() ? "off" : "polite");
}

// Queues a sentence. Its end is awaited for no longer than speaking it takes: a browser without voices never reports it.
function speak(text) {
  if (!canSpeak()) return;
  const utterance = new SpeechSynthesisUtterance(text);
  const end = new Promise(done => {
    utterance.onend = utterance.onerror = done;
  });
  const voices = speechSynthesis.getVoices().length;
  speaking.push({ end, most: voices ? 2000 + 120 * text.length : 0 });
  speechSynthesis.speak(utterance);
}

async function spoken() {
  const queue = speaking;
  const most = queue.reduce((sum, one) => sum + one.most, 0);
  await Promise.race([Promise.all(queue.map(one => one.end)), pause(most)]);
}

function silence() {
  speaking = [];
  if ("speechSynthesis" in window) speechSynthesis.cancel();
}

// ---- Controls

function lineChosen() {
  const chosen = $("line").value ? JSON.parse($("line").value) : {};
  $("to").parentElement.hidden = Boolean(chosen.to);
  if (!call?.own || call.over) $("call").disabled = !$("line").value;
}

const NAMES = { "*": "star", "#": "hash" };
for (const key of "123456789*0#") {
  $("keypad").append(make("button", { type: "button", disabled: true, onclick: () => press(key), "aria-label": NAMES[key] ?? key }, key));
}
$("dial").addEventListener("submit", begin);
$("line").addEventListener("change", lineChosen);
$("hang-up").addEventListener("click", () => {
  if (call?.own && !call.over) act(call, "hang_up");
});
$("nothing").addEventListener("click", () => {
  if (call?.own && call.asked) act(call, "silence");
});
$("speak").addEventListener("change", () => {
  if (!$("speak").checked) silence();
  voice();
});
voice();
$("flow-choice").addEventListener("change", picture);
$("table-choice").addEventListener("change", refresh);
$("group-choice").addEventListener("change", refresh);
$("account").addEventListener("change", () => {
  [place.account, place.region] = $("account").value.split(" ");
  for (const name of ["table-choice", "group-choice"]) $(name).value = "";
  refresh();
});
document.addEventListener("keydown", event => {
  const typed = event.target.matches("input:not([type=checkbox]), select, textarea");
  if (typed || event.ctrlKey || event.metaKey || event.altKey || !/^[0-9*#]$/.test(event.key)) return;
  if (!call?.own || call.over) return;
  event.preventDefault();
  press(event.key);
});
new ResizeObserver(() => state && picture()).observe($("picture"));

(async () => {
  for (;;) {
    // A page that nobody sees asks for nothing; a call goes on.
    if (!document.hidden) {
      await refresh();
      tick = (tick + 1) % 1e6;
    }
    await pause(INTERVAL);
  }
})();
