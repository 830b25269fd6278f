// `@runware/sdk-js` as its users call it: WebSocket only. Arguments: the URL, the key, seconds of patience.
// A call a line on stdin, an answer a line on stdout, as many at once as are sent.

import { createInterface } from "node:readline";
import { Runware } from "@runware/sdk-js";

const [url, apiKey, patience] = process.argv.slice(2);
let client;

const calls = {
  async connect() {
    client = await Runware.initialize({ apiKey, url, timeoutDuration: patience * 1000 });
  },
  remove({ image, ...task }) {
    return client.removeBackground({ model: "runware:109@1", inputs: { image }, ...task });
  },
  upload({ image }) {
    return client.imageUpload({ image });
  },
  store(task) {
    return client.mediaStorage(task);
  },
  async fetch({ task }) {
    return (await client.getResponse({ taskUUID: task }))[0];
  },
};

function asError(error) {
  const { code, message, parameter, taskUUID } = error?.error ?? { code: "Error", message: String(error?.message ?? error) };
  return { code, message, parameter, taskUUID };
}

async function answer(line) {
  const asked = JSON.parse(line);
  let told;
  try {
    told = { result: (await calls[asked.call](asked.with)) ?? null };
  } catch (error) {
    told = { error: asError(error) };
  }
  process.stdout.write(JSON.stringify({ id: asked.id, ...told }) + "\n");
}

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on("line", answer);
lines.on("close", () => process.exit(0));
