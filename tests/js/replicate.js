// An ordinary CouchDB client (PouchDB, its copies in memory). It reads one command a line from
// standard input and answers each with one line of JSON.
"use strict";

const PouchDB = require("pouchdb").plugin(require("pouchdb-adapter-memory"));
const readline = require("node:readline");

const [url, name, secret] = process.argv.slice(2);
const copies = new Map();
const running = new Map();

function remote(db) {
  return new PouchDB(`${url}/db/${db}`, { auth: { username: name, password: secret } });
}

function copy(db) {
  if (!copies.has(db)) {
    copies.set(db, new PouchDB(`copy-${db}`, { adapter: "memory" }));
  }
  return copies.get(db);
}

async function rows(db) {
  const found = await copy(db).allDocs({ include_docs: true });
  return found.rows.map((row) => row.doc);
}

const commands = {
  async pull({ db, batch = 100 }) {
    const done = await PouchDB.replicate(remote(db), copy(db), { batch_size: batch });
    return { ok: done.ok, read: done.docs_read, written: done.docs_written, errors: done.errors };
  },
  async push({ db, docs }) {
    await copy(db).bulkDocs(docs, { new_edits: false });
    const done = await PouchDB.replicate(copy(db), remote(db));
    return {
      ok: done.ok,
      written: done.docs_written,
      failures: done.doc_write_failures,
      errors: done.errors.map((one) => one.reason || String(one)),
    };
  },
  async live({ db }) {
    const feed = PouchDB.replicate(remote(db), copy(db), { live: true, retry: true });
    feed.on("error", () => {});
    running.set(db, feed);
    return {};
  },
  async wait({ db, count }) {
    for (;;) {
      const found = await copy(db).info();
      if (found.doc_count >= count) {
        return { count: found.doc_count };
      }
      await new Promise((done) => setTimeout(done, 20));
    }
  },
  async stop({ db }) {
    const feed = running.get(db);
    const ended = new Promise((done) => feed.on("complete", done));
    feed.cancel();
    await ended;
    return {};
  },
  async docs({ db }) {
    return { docs: await rows(db) };
  },
  async info({ db }) {
    return await remote(db).info();
  },
  async one({ db, id, options = {} }) {
    return { doc: await remote(db).get(id, options) };
  },
  async all({ db, options = {} }) {
    return await remote(db).allDocs(options);
  },
};

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { command, ...rest } = JSON.parse(line);
    let answer;
    try {
      answer = await commands[command](rest);
    } catch (problem) {
      answer = { problem: problem.reason || problem.message, status: problem.status };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
  process.exit(0);
}

main();
