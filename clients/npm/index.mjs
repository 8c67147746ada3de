// Starts an emulator from a test and drives its control API. No dependencies; types are in index.d.ts.
//
// The program is the one that CINCHY_EMULATOR names, else `cinchy-emulator` on PATH.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A call of the control API, or a refused token request, that was answered otherwise than hoped. */
export class CinchyError extends Error {
  constructor(call, status, body) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    super(`${call} was answered ${status}: ${body?.detail ?? text}`);
    this.name = 'CinchyError';
    this.status = status;
    this.body = body;
  }
}

/** One platform: that of an emulator, or an instance of it. */
export class Cinchy {
  constructor({ url, controlToken, ready = {} }) {
    this.url = url.replace(/\/+$/, '');
    this.ready = ready;
    this.controlToken = controlToken;
    this.clock = new Clock(this);
  }

  /** A platform that runs already, by its web address. */
  static connect(url, { controlToken } = {}) {
    return new Cinchy({ url, controlToken });
  }

  /** A call of the control API: `control('POST', 'reset')`. Gives its JSON, its text, or undefined. */
  async control(method, path, body, { accept = [] } = {}) {
    const headers = {};
    let payload;
    if (typeof body === 'string') {
      headers['content-type'] = 'application/yaml';
      payload = body;
    } else if (body !== undefined) {
      headers['content-type'] = 'application/json';
      payload = JSON.stringify(body);
    }
    if (this.controlToken) headers.authorization = `Bearer ${this.controlToken}`;
    const answer = await fetch(`${this.url}/_emulator/${path}`, { method, headers, body: payload });
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get('content-type') ?? '');
    const result = isJson ? JSON.parse(text) : text || undefined;
    if (!answer.ok && !accept.includes(answer.status)) {
      throw new CinchyError(`${method} /_emulator/${path}`, answer.status, result);
    }
    return result;
  }

  /** What runs: version, database, URLs, clock, counts. */
  info() {
    return this.control('GET', 'info');
  }

  /** Back to the base seed: data, clock, faults, journal, sessions. */
  async reset() {
    await this.control('POST', 'reset');
  }

  /** Applies a seed, YAML text or an object; `mode` is `merge` or `replace`. */
  seed(seed, { mode = 'merge' } = {}) {
    return this.control('POST', `seed?mode=${mode}`, seed);
  }

  /** A token for a user, without a password: `token('my-app', 'ann', { defect: 'expired' })`. */
  async token(client, user, options = {}) {
    const answer = await this.control('POST', 'tokens', { client, user, ...options });
    return answer.access_token ?? answer.id_token ?? answer.token;
  }

  /** A saved query or another path, with a bearer token. */
  fetch(path, { token, headers, ...rest } = {}) {
    const all = new Headers(headers);
    if (token) all.set('authorization', `Bearer ${token}`);
    return fetch(this.url + path, { ...rest, headers: all });
  }

  /** A fault to order: `await cinchy.fault('401-once').on('/API/HR/*').add()`. */
  fault(name) {
    return new Fault(this, name);
  }

  /** All faults, with how often each was applied. */
  async faults() {
    return (await this.control('GET', 'faults')).faults;
  }

  /** Takes all faults back. */
  async clearFaults() {
    await this.control('DELETE', 'faults');
  }

  /** Requests that were answered: `await cinchy.journal({ path: '/API/HR/*' }).expect(2).within('5s')`. */
  journal(filter = {}) {
    return new Journal(this, filter);
  }

  /** Takes, restores and compares snapshots by name. */
  async snapshot(name) {
    await this.control('PUT', `snapshots/${encodeURIComponent(name)}`);
  }

  async restore(name) {
    await this.control('POST', `snapshots/${encodeURIComponent(name)}/restore`);
  }

  diff(before, after = 'live') {
    return this.control('GET', `snapshots/${encodeURIComponent(before)}/diff/${encodeURIComponent(after)}`);
  }

  /** Another platform of the same emulator, with data, keys, clock, faults and journal of its own. */
  async instance(name) {
    await this.control('PUT', `instances/${encodeURIComponent(name)}`, undefined, { accept: [409] });
    const root = this.url.split('/i/')[0];
    return new Cinchy({ url: `${root}/i/${name}`, controlToken: this.controlToken, ready: this.ready });
  }

  /** Why a user may or may not: `explain({ user: 'eve', domain: 'HR', query: 'Employees' })`. */
  explain(question) {
    return this.control('POST', 'explain', question);
  }
}

/** An emulator that this process started. */
export class Emulator extends Cinchy {
  /**
   * Starts one on a free port and waits until it is seeded.
   * `seed`: files; `database`: a URL; `args`: further options of `serve`; `program`: another binary.
   */
  static async start({ seed = [], database, args = [], env = {}, program, timeout = 30_000 } = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'cinchy-client-'));
    const locator = join(folder, 'locator.json');
    const command = program ?? process.env.CINCHY_EMULATOR ?? 'cinchy-emulator';
    const all = ['serve', '--listen', '127.0.0.1:0', '--locator', locator];
    for (const file of [seed].flat()) all.push('--seed', file);
    if (database) all.push('--database', database);
    const child = spawn(command, [...all, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...env },
    });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-16_384);
    });
    let ended;
    child.on('error', (error) => {
      ended = `${command} could not be started (${error.message}); set CINCHY_EMULATOR to the program`;
    });
    child.on('exit', (code, signal) => {
      ended ??= `${command} ended early (${code ?? signal}): ${errors}`;
    });
    // A test that ends by process.exit takes it along.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    try {
      const deadline = Date.now() + timeout;
      for (;;) {
        if (ended) throw new Error(ended);
        const text = await readFile(locator, 'utf8').catch(() => '');
        if (text) {
          const emulator = new Emulator({ url: '', ready: JSON.parse(text) });
          emulator.url = emulator.ready.url.replace(/\/+$/, '');
          const at = args.indexOf('--control-token');
          if (at >= 0) emulator.controlToken = args[at + 1];
          // The child alone keeps no test process alive.
          child.unref();
          child.stderr.unref();
          Object.defineProperty(emulator, 'process', { value: { child, kill, folder } });
          return emulator;
        }
        if (Date.now() > deadline) throw new Error(`${command} was not ready in ${timeout} ms: ${errors}`);
        await sleep(20);
      }
    } catch (error) {
      kill();
      process.off('exit', kill);
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Stops it, and waits until it is gone. */
  async stop() {
    const { child, kill, folder } = this.process;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.ref();
      child.kill('SIGTERM');
      const timer = setTimeout(kill, 5_000);
      await gone;
      clearTimeout(timer);
    }
    process.off('exit', kill);
    await rm(folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    await this.stop();
  }
}

/** The clock of a platform; tokens, sessions, lock-outs and GETDATE() go by it. */
export class Clock {
  #cinchy;

  constructor(cinchy) {
    this.#cinchy = cinchy;
  }

  /** `advance('1h')`, `advance('PT15M')` */
  advance(by) {
    return this.#cinchy.control('PUT', 'clock', { advance: by });
  }

  /** Stops it at a time, or at the present one. */
  freeze(at = true) {
    return this.#cinchy.control('PUT', 'clock', { freeze: at instanceof Date ? at.toISOString() : at });
  }

  /** Lets it run with the machine's again. */
  real() {
    return this.#cinchy.control('DELETE', 'clock');
  }

  async now() {
    return new Date((await this.#cinchy.control('GET', 'clock')).now);
  }
}

/** A fault in the making; `add` orders it. */
export class Fault {
  #cinchy;
  #fault;

  constructor(cinchy, name) {
    this.#cinchy = cinchy;
    this.#fault = { name, match: {} };
  }

  #set(part) {
    Object.assign(this.#fault, part);
    return this;
  }

  #effect(part) {
    const effect = this.#fault.effect;
    return this.#set({ effect: typeof effect === 'object' ? { ...effect, ...part } : part });
  }

  /** A glob over the path. */
  on(path) {
    this.#fault.match.path = path;
    return this;
  }

  /** Only requests with these: `{ method, user, client, query }`. */
  for(match) {
    Object.assign(this.#fault.match, match);
    return this;
  }

  times(times) {
    return this.#set({ times });
  }

  /** Until it is deleted. */
  always() {
    return this.#set({ times: null });
  }

  every(every) {
    return this.#set({ every });
  }

  skip(skip) {
    return this.#set({ skip });
  }

  status(status, body, headers) {
    return this.#effect({ status, ...(body === undefined ? {} : { body }), ...(headers ? { headers } : {}) });
  }

  delay(delay) {
    return this.#effect({ delay });
  }

  /** `before_headers`, `after_headers` or `mid_body` */
  drop(drop) {
    return this.#effect({ drop });
  }

  throttle(throttle) {
    return this.#effect({ throttle });
  }

  add() {
    return this.#cinchy.control('POST', 'faults', this.#fault);
  }
}

/** Requests that were answered. */
export class Journal {
  #cinchy;
  #filter;

  constructor(cinchy, filter) {
    this.#cinchy = cinchy;
    this.#filter = filter;
  }

  #query(more = {}) {
    const pairs = Object.entries({ ...this.#filter, ...more }).filter(([, value]) => value !== undefined);
    return new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  }

  async entries() {
    return (await this.#cinchy.control('GET', `journal?${this.#query()}`)).entries;
  }

  async clear() {
    await this.#cinchy.control('DELETE', 'journal');
  }

  /** Waits for so many: `expect(2).within('5s')`; `expect(0)` fails when one comes. Gives the entries. */
  expect(count) {
    return {
      within: async (timeout) => {
        const question = this.#query({ count, timeout });
        const page = await this.#cinchy.control('GET', `journal/await?${question}`, undefined, { accept: [408, 409] });
        const met = count === 0 ? page.entries.length === 0 : page.entries.length >= count;
        if (!met) {
          const came = page.entries.map((e) => `\n  ${e.method} ${e.path} -> ${e.status} ${e.reason ?? ''}`);
          throw new Error(`expected ${count} within ${timeout}, came ${page.entries.length}:${came.join('')}`);
        }
        return page.entries;
      },
    };
  }
}

/**
 * Ties an emulator to the hooks of a test runner: started before all tests, reset after each, stopped after all.
 * Gives an object whose `cinchy` is there when the first test begins.
 */
export function fixture({ beforeAll, afterEach, afterAll }, options) {
  const holder = { cinchy: undefined };
  beforeAll(async () => {
    holder.cinchy = await Emulator.start(options);
  });
  afterEach(() => holder.cinchy.reset());
  afterAll(() => holder.cinchy?.stop());
  return holder;
}
