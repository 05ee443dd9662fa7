// Runs a Node.js handler: speaks Lambda's Runtime API, as published (Lambda developer guide, "Using the Lambda runtime API for custom
// runtimes"), with Node's own modules only. What errors, logs and the context look like is what the guide documents for Node.js, and where
// it says nothing what the public client `aws-lambda-ric` 3.3.0 does.

import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { format, types } from "node:util";

const env = process.env;
const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(":");
const JSON_LOGS = env.AWS_LAMBDA_LOG_FORMAT === "JSON";
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
let requestId;
// What is done when nothing is left to wait for.
let whenIdle = () => {};
// Reports an error that no handler caught, then ends the process.
let uncaught = async () => {};

class RuntimeError extends Error {
  constructor(kind, message) {
    super(message);
    this.name = `Runtime.${kind}`;
  }
}

function send(method, target, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path: `/2018-06-01/runtime${target}`, headers, agent: false }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(parts).toString() }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

// What a thrown value says about itself. Its name, message and stack may be of any type, and reading them may throw: then the type is
// `handled`, as with the public client.
function described(error) {
  try {
    if (!types.isNativeError(error) && !(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
    const { name, message, stack } = error;
    if ([name, message, stack ?? ""].every((part) => typeof part === "string")) {
      return { errorType: name, errorMessage: message, trace: (stack ?? "").split("\n") };
    }
  } catch {
    // As if it had no texts.
  }
  return { errorType: "handled", errorMessage: "the error that was thrown has no readable name, message or stack" };
}

// `format`, which calls what an object brings for its own inspection.
function formatted(params) {
  try {
    return format(...params);
  } catch {
    return "<a value that cannot be shown>";
  }
}

function fail(target, error) {
  const shown = described(error);
  // A header takes no line breaks.
  const headers = { "Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": shown.errorType.replace(/[^\x20-\x7e]/g, "?") };
  return send("POST", target, JSON.stringify(shown), headers);
}

function write(level, params) {
  if (JSON_LOGS && LEVELS.indexOf(level) < LEVELS.indexOf(env.AWS_LAMBDA_LOG_LEVEL ?? "INFO")) return;
  const timestamp = new Date().toISOString();
  let line = `${timestamp}\t${requestId}\t${level}\t${formatted(params)}`;
  if (JSON_LOGS) {
    const error = params.find((param) => param instanceof Error);
    const shown = { timestamp, level, requestId, message: params.length === 1 && !error ? params[0] : formatted(params) };
    if (error) {
      const { trace: stackTrace, ...texts } = described(error);
      Object.assign(shown, texts, { stackTrace });
    }
    try {
      line = JSON.stringify(shown);
    } catch {
      line = JSON.stringify({ ...shown, message: formatted(params) });
    }
  }
  process.stdout.write(`${line}\n`);
}

function patchConsole() {
  const named = { trace: "TRACE", debug: "DEBUG", info: "INFO", log: "INFO", warn: "WARN", error: "ERROR" };
  for (const [name, level] of Object.entries(named)) console[name] = (...params) => write(level, params);
  console.fatal = (...params) => write("FATAL", params);
}

// Whether the nearest package.json calls `.js` files modules.
function isModule(directory) {
  for (let at = directory; ; at = path.dirname(at)) {
    const manifest = path.join(at, "package.json");
    if (existsSync(manifest)) {
      try {
        return JSON.parse(readFileSync(manifest)).type === "module";
      } catch {
        return false;
      }
    }
    if (at === path.dirname(at)) return false;
  }
}

async function loadModule(file) {
  const require = createRequire(`${file}.js`);
  const imported = (extension) => import(pathToFileURL(file + extension));
  if (existsSync(file)) {
    const loaded = require(file);
    if (loaded) return loaded;
  }
  if (existsSync(`${file}.js`)) return isModule(path.dirname(file)) ? imported(".js") : require(`${file}.js`);
  if (existsSync(`${file}.mjs`)) return imported(".mjs");
  if (existsSync(`${file}.cjs`)) return require(`${file}.cjs`);
  return require(path.basename(file));
}

async function load(written) {
  if (written.includes("..")) throw new RuntimeError("MalformedHandlerName", `'${written}' is not a valid handler name.`);
  const [, module, names] = path.basename(written).match(/^([^.]*)\.(.*)$/) ?? [];
  if (!names) throw new RuntimeError("MalformedHandlerName", "Bad handler");
  let loaded;
  try {
    loaded = await loadModule(path.resolve(env.LAMBDA_TASK_ROOT, path.dirname(written), module));
  } catch (error) {
    if (error instanceof SyntaxError) throw Object.assign(new RuntimeError("UserCodeSyntaxError", String(error)), { stack: error.stack });
    if (["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(error?.code)) throw new RuntimeError("ImportModuleError", String(error));
    throw error;
  }
  const handler = names.split(".").reduce((inner, name) => inner?.[name], loaded);
  if (!handler) throw new RuntimeError("HandlerNotFound", `${written} is undefined or not exported`);
  if (typeof handler !== "function") throw new RuntimeError("HandlerNotFound", `${written} is not a function`);
  // Lambda developer guide, "Define Lambda function handler in Node.js": no callbacks from Node.js 24 on.
  const version = Number(/nodejs(\d+)/.exec(env.AWS_EXECUTION_ENV ?? "")?.[1]);
  if (version >= 24 && handler.length >= 3) {
    throw new RuntimeError("CallbackHandlerDeprecated", "callback-based handlers are not supported from Node.js 24 on; return a promise");
  }
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const client = headers["lambda-runtime-client-context"];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    clientContext: client ? JSON.parse(client) : undefined,
    identity: undefined,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

// Calls the handler and resolves with its result. A handler without a promise has ended when it calls back, or when nothing is left to
// wait for.
function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    let called;
    whenIdle = () => (called ? called() : resolve(null));
    const callback = (error, result) => {
      called ??= () => (error ? reject(error) : resolve(result));
      if (error || !context.callbackWaitsForEmptyEventLoop) called();
    };
    context.succeed = (result) => resolve(result);
    context.fail = (error) => reject(error);
    context.done = (error, result) => (error ? reject(error) : resolve(result));
    const result = handler(event, context, callback);
    if (typeof result?.then === "function") result.then(resolve, reject);
  });
}

async function serve(handler) {
  for (;;) {
    const { headers, body } = await send("GET", "/invocation/next");
    requestId = headers["lambda-runtime-aws-request-id"];
    env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
    const target = `/invocation/${requestId}/`;
    uncaught = (error) => fail(`${target}error`, error);
    try {
      const result = await call(handler, JSON.parse(body), contextOf(headers));
      const text = JSON.stringify(result === undefined ? null : result) ?? "null";
      await send("POST", `${target}response`, text, { "Content-Type": "application/json" });
    } catch (error) {
      console.error("Invoke Error", error);
      await fail(`${target}error`, error);
    }
    whenIdle = () => {};
  }
}

async function end(error, kind, code) {
  console.error(kind, error);
  await uncaught(error).catch(() => {});
  process.exit(code);
}

process.on("uncaughtException", (error) => end(error, "Uncaught Exception", 129));
process.on("unhandledRejection", (reason) => {
  const error = Object.assign(new RuntimeError("UnhandledPromiseRejection", described(reason).errorMessage), { reason });
  end(error, "Unhandled Promise Rejection", 128);
});
process.on("beforeExit", () => whenIdle());
patchConsole();
globalThis.awslambda = {
  streamifyResponse() {
    throw new Error("the embedded AWS does not stream responses");
  },
};
uncaught = (error) => fail("/init/error", error);
try {
  const handler = await load(env._HANDLER);
  serve(handler).catch((error) => end(error, "Runtime Error", 1));
} catch (error) {
  end(error, "Init Error", 1);
}
